#include <sys/resource.h>

#include <chrono>

#include "base/json.h"
#include "base/system.h"
#include "net/server_fixture.h"
#include "net/zip_fixture.h"

namespace rapport::net {
namespace {

const std::string kGet = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

std::string post(const std::string& body, const std::string& fields = "") {
  return "POST /p HTTP/1.1\r\nHost: a\r\n" + fields +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

template <class Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 2000; ++i) {
    if (condition()) return true;
    SystemClock().sleep(millis(2));
  }
  return false;
}

ServerOptions impatient() {
  ServerOptions options;
  options.header_time = millis(100);
  options.body_time = millis(200);
  options.idle_time = millis(400);
  return options;
}

TEST(Server, AnswersOneRequestAfterTheOtherOnOneConnection) {
  RunningServer server;
  RawClient client(server->port());
  for (int i = 0; i < 3; ++i) {
    const std::string answer = client.exchange(post("body" + std::to_string(i)));
    EXPECT_EQ(answer,
              "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nPOST /p body" + std::to_string(i));
  }
  EXPECT_EQ(server.metrics.counter("rapport_http_requests_total", "Requests read whole.").value(),
            3u);
  EXPECT_EQ(server.connections(), 1);
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  RunningServer server;
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += post(std::to_string(i));
  RawClient client(server->port());
  client.send(bytes);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(body_of(client.receive()), "POST /p " + std::to_string(i));
  }
}

TEST(Server, ServesOneOfAConnectionsRequestsAtATime) {
  EchoService service;
  std::vector<Respond> waiting;
  std::atomic<int> most{0};
  bool answering = false;
  service.on_serve = [&](HttpRequest, Respond respond) {
    EXPECT_FALSE(answering) << "serve() called from within the answer to another request";
    waiting.push_back(std::move(respond));
    most = std::max<int>(most, static_cast<int>(waiting.size()));
  };
  service.on_after_reads = [&] {
    answering = true;
    for (auto& respond : std::exchange(waiting, {})) respond({});
    answering = false;
  };
  RunningServer server({}, service);
  RawClient client(server->port());
  std::string bytes;
  for (int i = 0; i < 20; ++i) bytes += kGet;
  client.send(bytes);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(status_of(client.receive()), 200);
  EXPECT_EQ(most, 1);
}

TEST(Server, SharesOneAfterReadsAmongRequestsThatAreReady) {
  EchoService service;
  std::vector<Respond> staged;
  service.on_serve = [&](HttpRequest, Respond respond) { staged.push_back(std::move(respond)); };
  service.on_after_reads = [&] {
    SystemClock().sleep(millis(5));  // as a disk would
    for (auto& respond : std::exchange(staged, {})) respond({200, {}, "done"});
  };
  RunningServer server({}, service);
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&] {
      RawClient client(server->port());
      for (int i = 0; i < 20; ++i) EXPECT_EQ(body_of(client.exchange(post("x"))), "done");
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(service.serves, 320);
  EXPECT_LT(service.rounds, 120);
}

TEST(Server, CallsAfterReadsAlsoWhenWorkNeverStops) {
  EchoService service;
  RunningServer server({}, service);
  std::function<void()> endless = [&] { server->post(endless); };
  server->post(endless);
  EXPECT_EQ(status_of(RawClient(server->port()).exchange(kGet)), 200);
  EXPECT_TRUE(eventually([&] { return service.rounds == 1; }));
  server->stop();
  server.join();
}

TEST(Server, TakesAnswersFromOtherThreads) {
  EchoService service;
  std::vector<std::thread> workers;
  service.on_serve = [&](HttpRequest request, Respond respond) {
    workers.emplace_back([request = std::move(request), respond = std::move(respond)] {
      SystemClock().sleep(millis(2));
      respond({200, {}, request.body});
    });
  };
  {
    RunningServer server({}, service);
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 50; ++i) clients.push_back(std::make_unique<RawClient>(server->port()));
    for (int i = 0; i < 50; ++i) clients[i]->send(post(std::to_string(i)));
    for (int i = 0; i < 50; ++i) EXPECT_EQ(body_of(clients[i]->receive()), std::to_string(i));
  }
  for (auto& worker : workers) worker.join();
}

TEST(Server, DropsAnswersThatComeAfterItsEnd) {
  EchoService service;
  std::vector<Respond> kept;
  service.on_serve = [&](HttpRequest, Respond respond) { kept.push_back(std::move(respond)); };
  {
    RunningServer server({}, service);
    RawClient client(server->port());
    client.send(kGet);
    ASSERT_TRUE(eventually([&] { return service.rounds == 1; }));
  }
  kept.at(0)({200, {}, "late"});
}

TEST(Server, DropsAnswersToClientsThatHaveGone) {
  EchoService service;
  std::vector<Respond> kept;
  service.on_serve = [&](HttpRequest, Respond respond) { kept.push_back(std::move(respond)); };
  RunningServer server({}, service);
  {
    RawClient client(server->port());
    client.send(kGet);
    ASSERT_TRUE(eventually([&] { return service.rounds == 1; }));
  }
  kept.at(0)({200, {}, std::string(1 << 20, 'x')});
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
}

TEST(Server, Answers500WhenTheServiceForgets) {
  EchoService service;
  service.on_serve = [](HttpRequest, Respond) {};
  RunningServer server({}, service);
  EXPECT_EQ(status_of(RawClient(server->port()).exchange(kGet)), 500);
}

TEST(Server, ClosesWithoutAnswerWhenTheStatusIsZero) {
  EchoService service;
  service.on_serve = [](HttpRequest request, Respond respond) {
    respond({request.target == "/lost" ? 0 : 200, {}, "kept"});
  };
  RunningServer server({}, service);
  RawClient lost(server->port());
  lost.send("GET /lost HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(lost.receive_to_end(), "");
  EXPECT_TRUE(lost.closed_by_server());
  EXPECT_EQ(status_of(RawClient(server->port()).exchange(kGet)), 200);
}

TEST(Server, AnswersHeadWithoutBody) {
  RunningServer server;
  RawClient client(server->port());
  client.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.receive(false), "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n");
  EXPECT_EQ(body_of(client.exchange(kGet)), "GET /x ");
}

TEST(Server, KeepsAnHttp10ConnectionOnlyWhenAsked) {
  RunningServer server;
  RawClient plain(server->port());
  plain.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_NE(plain.receive_to_end().find("Connection: close\r\n"), std::string::npos);
  RawClient keeping(server->port());
  const std::string keep = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  EXPECT_NE(keeping.exchange(keep).find("Connection: keep-alive\r\n"), std::string::npos);
  EXPECT_EQ(status_of(keeping.exchange(keep)), 200);
}

TEST(Server, SendsLongAnswersToSlowReaders) {
  EchoService service;
  const std::string large(8 << 20, 'x');
  service.on_serve = [&](HttpRequest, Respond respond) { respond({200, {}, large}); };
  RunningServer server({}, service);
  RawClient client(server->port());
  for (int i = 0; i < 2; ++i) {
    client.send(kGet);
    SystemClock().sleep(millis(20));
    EXPECT_EQ(body_of(client.receive()), large);
  }
}

TEST(Server, SaysContinueBeforeABodyIsSent) {
  RunningServer server;
  RawClient client(server->port());
  const std::string head =
      "POST /p HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
  EXPECT_EQ(client.exchange(head), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(body_of(client.exchange("hello")), "POST /p hello");
  EXPECT_EQ(body_of(client.exchange(head + "hello")), "POST /p hello");
}

TEST(Server, RefusesALongBodyInsteadOfSayingContinue) {
  RunningServer server;
  RawClient client(server->port());
  const std::string answer = client.exchange(
      "POST /p HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2000000\r\n\r\n");
  EXPECT_EQ(status_of(answer), 413);
}

void expect_problem(const std::string& answer, int status, const std::string& code) {
  EXPECT_EQ(status_of(answer), status) << answer;
  EXPECT_NE(answer.find("Content-Type: application/problem+json\r\n"), std::string::npos);
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
  const auto problem = parse_json(body_of(answer));
  ASSERT_TRUE(problem.ok()) << answer;
  EXPECT_EQ(problem->integer("status"), status);
  EXPECT_EQ(problem->text("code"), code);
  EXPECT_GT(problem->text("detail").size(), 10u);
  EXPECT_GT(problem->text("title").size(), 3u);
}

TEST(Server, RefusesWithAProblemDocumentAndCloses) {
  RunningServer server;
  const struct {
    std::string bytes;
    int status;
    std::string code;
  } cases[] = {
      {"GET /" + std::string(20'000, 'x'), 431, "header_too_large"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", 413, "body_too_large"},
      {"GET /\n\n", 400, "bad_request"},
      {post("x", "Content-Length: 2\r\n"), 400, "bad_request"},
      {post("x", "Content-Encoding: br\r\n"), 415, "unsupported_coding"},
      {post("x", "Transfer-Encoding: chunked\r\n"), 400, "bad_request"},
  };
  for (const auto& refused : cases) {
    RawClient client(server->port());
    client.send(refused.bytes);
    expect_problem(client.receive(), refused.status, refused.code);
    EXPECT_TRUE(client.closed_by_server());
  }
  EXPECT_EQ(server.refused("bad_request"), 3u);
  EXPECT_EQ(server.refused("header_too_large"), 1u);
  EXPECT_EQ(server.echo().serves, 0);
}

TEST(Server, LetsAClientThatSendsTooMuchReadItsRefusal) {
  RunningServer server;
  RawClient client(server->port());
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n";
  EXPECT_TRUE(client.send(head + std::string(8'000'000, 'x')));
  expect_problem(client.receive(), 413, "body_too_large");
}

TEST(Server, DecodesBodiesAndRefusesBombs) {
  RunningServer server;
  RawClient client(server->port());
  const std::string coded = "Content-Encoding: gzip\r\n";
  EXPECT_EQ(body_of(client.exchange(post(gzip("hello"), coded))), "POST /p hello");
  expect_problem(client.exchange(post(gzip(std::string(64 << 20, '\0')), coded)), 413,
                 "body_too_large");
}

TEST(Server, Answers408ToASlowHeadAndASlowBody) {
  RunningServer server(impatient());
  RawClient slow_head(server->port());
  slow_head.send("GET / HTTP/1.1\r\nHo");
  RawClient slow_body(server->port());
  slow_body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  expect_problem(slow_head.receive(), 408, "header_timeout");
  expect_problem(slow_body.receive(), 408, "body_timeout");
  EXPECT_TRUE(slow_head.closed_by_server());
}

TEST(Server, DoesNotLetSingleBytesStretchTheTimeOfAHead) {
  RunningServer server(impatient());
  RawClient client(server->port());
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(1000, 'x');
  size_t sent = 0;
  while (sent < head.size() && server.refused("header_timeout") == 0) {
    client.send(head.substr(sent++, 1));
    SystemClock().sleep(millis(5));
  }
  EXPECT_LT(sent, head.size());
  expect_problem(client.receive(), 408, "header_timeout");
}

TEST(Server, ClosesIdleConnectionsWithoutAWord) {
  RunningServer server(impatient());
  RawClient silent(server->port());
  RawClient used(server->port());
  EXPECT_EQ(status_of(used.exchange(kGet)), 200);
  EXPECT_EQ(silent.receive_to_end(), "");
  EXPECT_EQ(used.receive_to_end(), "");
  EXPECT_TRUE(silent.closed_by_server() && used.closed_by_server());
}

TEST(Server, ServesOthersWhileManyClientsAreSlow) {
  RunningServer server;
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 300; ++i) {
    slow.push_back(std::make_unique<RawClient>(server->port()));
    slow.back()->send(i % 2 == 0 ? "GET / HT"
                                 : "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1");
  }
  RawClient client(server->port());
  for (int i = 0; i < 50; ++i) EXPECT_EQ(status_of(client.exchange(kGet)), 200);
}

TEST(Server, TurnsAwayConnectionsOverTheLimit) {
  ServerOptions options;
  options.max_connections = 2;
  RunningServer server(options);
  RawClient one(server->port()), two(server->port());
  EXPECT_EQ(status_of(one.exchange(kGet)), 200);
  EXPECT_EQ(status_of(two.exchange(kGet)), 200);
  RawClient three(server->port());
  const std::string answer = three.receive();
  expect_problem(answer, 503, "connections");
  EXPECT_NE(answer.find("Retry-After: 1\r\n"), std::string::npos);
  one.close();
  ASSERT_TRUE(eventually([&] { return server.connections() == 1; }));
  EXPECT_EQ(status_of(RawClient(server->port()).exchange(kGet)), 200);
}

TEST(Server, BoundsTheBodiesItKeepsHalfRead) {
  ServerOptions options;
  options.max_kept_bytes = 1'500'000;
  RunningServer server(options);
  const std::string most =
      "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + std::string(900'000, 'x');
  RawClient one(server->port());
  one.send(most);
  RawClient two(server->port());
  two.send(most);
  ASSERT_TRUE(eventually([&] { return server.refused("memory") == 1; }));
  one.send(std::string(100'000, 'x'));
  two.send(std::string(100'000, 'x'));
  EXPECT_EQ(status_of(one.receive()) + status_of(two.receive()), 200 + 503);
  EXPECT_EQ(status_of(RawClient(server->port()).exchange(post(std::string(900'000, 'x')))), 200);
}

TEST(Server, WaitsWhenDescriptorsAreUsedUp) {
  RunningServer server;
  RawClient first(server->port());
  EXPECT_EQ(status_of(first.exchange(kGet)), 200);
  RawClient late;  // has its descriptor already
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(late.fd());
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  late.connect(server->port());
  late.send(kGet);
  SystemClock().sleep(millis(350));
  const uint64_t pauses = server.refused("descriptors");
  EXPECT_EQ(status_of(first.exchange(kGet)), 200);
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_GE(pauses, 2u);
  EXPECT_LE(pauses, 50u);  // thousands when it spins
  EXPECT_EQ(status_of(late.receive()), 200);
}

TEST(Server, DrainFinishesRequestsUnderWay) {
  EchoService service;
  std::mutex mutex;
  std::vector<Respond> waiting;
  service.on_serve = [&](HttpRequest, Respond respond) {
    const std::lock_guard lock(mutex);
    waiting.push_back(std::move(respond));
  };
  RunningServer server({}, service);
  RawClient served(server->port()), half_sent(server->port()), idle(server->port());
  served.send(kGet);
  half_sent.send(kGet.substr(0, 10));
  ASSERT_TRUE(eventually([&] { return service.rounds == 1 && server.connections() == 3; }));
  server->drain(seconds(10));
  EXPECT_TRUE(idle.closed_by_server());
  EXPECT_FALSE(RawClient(server->port()).connected());
  half_sent.send(kGet.substr(10));
  ASSERT_TRUE(eventually([&] { return service.rounds == 2; }));
  EXPECT_FALSE(server.ended);
  for (auto& respond : std::exchange(waiting, {})) respond({200, {}, "done"});
  for (RawClient* client : {&served, &half_sent}) {
    const std::string answer = client->receive();
    EXPECT_EQ(body_of(answer), "done");
    EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
    client->close();
  }
  server.join();
  EXPECT_TRUE(server.ended);
}

TEST(Server, DrainServesClientsItHasNotAcceptedYet) {
  EchoService service;
  std::atomic<bool> blocked{true};
  RunningServer server({}, service);
  server->post([&] {
    while (blocked) SystemClock().sleep(millis(1));
  });
  server->drain(seconds(5));
  RawClient client(server->port());
  client.send(kGet);
  blocked = false;
  EXPECT_EQ(status_of(client.receive()), 200);
}

// L5
TEST(Server, DrainCutsNoRequestOfBusyClients) {
  for (int round = 0; round < 5; ++round) {
    RunningServer server;
    std::atomic<int> cut{0}, answered{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        RawClient client(server->port());
        while (client.connected()) {
          client.send(kGet);
          const std::string answer = client.receive();
          if (answer.empty()) ++cut;
          if (answer.empty() || answer.find("Connection: close") != std::string::npos) return;
          ++answered;
        }
      });
    }
    ASSERT_TRUE(eventually([&] { return answered > 100; }));
    server->drain(seconds(5));
    for (auto& thread : threads) thread.join();
    server.join();
    EXPECT_EQ(cut, 0);
  }
}

TEST(Server, DrainEndsAtItsLimit) {
  EchoService service;
  std::vector<Respond> kept;
  service.on_serve = [&](HttpRequest, Respond respond) { kept.push_back(std::move(respond)); };
  RunningServer server({}, service);
  RawClient client(server->port());
  client.send(kGet);
  ASSERT_TRUE(eventually([&] { return service.rounds == 1; }));
  server->drain(millis(150));
  server.join();
  EXPECT_EQ(client.receive(), "");
}

TEST(Server, RunsPostedWorkOnItsThread) {
  RunningServer server;
  std::atomic<bool> same{false};
  std::thread::id posted;
  server->post([&] { posted = std::this_thread::get_id(); });
  server->post([&] { same = posted == std::this_thread::get_id(); });
  EXPECT_TRUE(eventually([&] { return same.load(); }));
  EXPECT_NE(posted, std::this_thread::get_id());
}

TEST(Server, SaysThatAPortIsTaken) {
  RunningServer server;
  EchoService service;
  Metrics metrics;
  ServerOptions options;
  options.port = server->port();
  const auto second = Server::listen(options, service, metrics);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, Code::kConflict);
  EXPECT_NE(second.error().message.find(std::to_string(options.port)), std::string::npos);
  options.address = "not-an-address";
  EXPECT_EQ(Server::listen(options, service, metrics).error().code, Code::kInvalid);
}

}  // namespace
}  // namespace rapport::net
