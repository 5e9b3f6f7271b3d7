#include "net/curl_transport.h"

#include <cstdlib>

#include "base/system.h"
#include "net/server_fixture.h"
#include "net/zip_fixture.h"

namespace rapport::net {
namespace {

TransportOptions local() {
  TransportOptions options;
  options.allowed_networks = {"127.0.0.0/8"};
  return options;
}

std::string url(RunningServer& server, const std::string& path) {
  return "http://127.0.0.1:" + std::to_string(server->port()) + path;
}

TEST(CurlTransport, CarriesRequestAndAnswer) {
  EchoService service;
  HttpRequest seen;
  service.on_serve = [&](HttpRequest request, Respond respond) {
    seen = std::move(request);
    respond({201, {{"X-Answer", "yes"}}, "answer"});
  };
  RunningServer server({}, service);
  const auto transport = make_curl_transport(local());
  const auto answer = transport->send(
      {"PATCH", url(server, "/a?b=c"), {{"X-One", "1"}, {"X-Empty", ""}}, "body", ""});
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(header(answer->headers, "x-answer"), "yes");
  EXPECT_EQ(answer->body, "answer");
  EXPECT_EQ(seen.method, "PATCH");
  EXPECT_EQ(seen.target, "/a?b=c");
  EXPECT_EQ(seen.body, "body");
  EXPECT_EQ(header(seen.headers, "x-one"), "1");
  EXPECT_EQ(header(seen.headers, "expect"), "");
  EXPECT_EQ(header(seen.headers, "content-type"), "");
  EXPECT_EQ(header(seen.headers, "user-agent"), "Rapport");
}

TEST(CurlTransport, SpeaksEveryMethod) {
  RunningServer server;
  const auto transport = make_curl_transport(local());
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE", "QUERY"}) {
    for (const char* body : {"", "x"}) {
      const auto answer = transport->send({method, url(server, "/"), {}, body, ""});
      ASSERT_TRUE(answer.ok()) << method;
      EXPECT_EQ(answer->body, std::string(method) + " / " + body);
    }
  }
  const auto answer = transport->send({"HEAD", url(server, "/"), {}, "", ""});
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->body, "");
}

TEST(CurlTransport, KeepsConnectionsAlive) {
  RunningServer server;
  const auto transport = make_curl_transport(local());
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(transport->send({"GET", url(server, "/"), {}, "", ""}).ok());
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST(CurlTransport, WorksFromManyThreads) {
  RunningServer server;
  const auto transport = make_curl_transport(local());
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        const auto answer = transport->send({"POST", url(server, "/"), {}, std::to_string(t), ""});
        ASSERT_TRUE(answer.ok());
        EXPECT_EQ(answer->body, "POST / " + std::to_string(t));
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

// S5: however the address is written, none reaches the server.
TEST(CurlTransport, RefusesToConnectToAddressesThatAreNotPublic) {
  RunningServer server;
  const auto transport = make_curl_transport({});
  const std::string port = std::to_string(server->port());
  const std::string hosts[] = {
      "127.0.0.1",
      "localhost",
      "127.1",
      "0x7f.1",
      "0177.0.0.1",
      "2130706433",
      "0x7f000001",
      "[::1]",
      "[::ffff:127.0.0.1]",
      "[::ffff:7f00:1]",
      "0.0.0.0",
      "0",
      "[::]",
      "127.0.0.1.",
      "localhost.",
      "user@127.0.0.1",
      "example.com@127.0.0.1",
      "[64:ff9b::7f00:1]",
      "[fe80::1%25lo]",
      "%31%32%37.0.0.1",
  };
  for (const std::string& host : hosts) {
    const auto answer = transport->send({"GET", "http://" + host + ":" + port + "/", {}, "", ""});
    EXPECT_FALSE(answer.ok()) << host;
  }
  const auto answer = transport->send({"GET", "http://localhost:" + port + "/", {}, "", ""});
  EXPECT_EQ(answer.error().code, Code::kForbidden);
  EXPECT_EQ(answer.error().retryable, Retryable::kNo);
  EXPECT_NE(answer.error().message.find("setting allowed_networks"), std::string::npos);
  EXPECT_TRUE(answer.error().message.find("127.0.0.1") != std::string::npos ||
              answer.error().message.find("::1") != std::string::npos);
  EXPECT_EQ(server.connections(), 0);
  EXPECT_EQ(server.echo().serves, 0);
}

TEST(CurlTransport, FollowsNoRedirect) {
  EchoService service;
  service.on_serve = [](HttpRequest, Respond respond) {
    respond({302, {{"Location", "http://169.254.169.254/"}}, ""});
  };
  RunningServer server({}, service);
  const auto answer = make_curl_transport(local())->send({"GET", url(server, "/"), {}, "", ""});
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 302);
  EXPECT_EQ(service.serves, 1);
}

TEST(CurlTransport, IgnoresProxiesOfTheEnvironment) {
  RunningServer server;
  ASSERT_EQ(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
  const auto answer = make_curl_transport(local())->send({"GET", url(server, "/"), {}, "", ""});
  unsetenv("http_proxy");
  EXPECT_TRUE(answer.ok());
}

TEST(CurlTransport, RefusesOtherSchemesAndHeaderInjection) {
  const auto transport = make_curl_transport(local());
  for (const char* target : {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "",
                             "http://", "127.0.0.1:1/x y"}) {
    EXPECT_FALSE(transport->send({"GET", target, {}, "", ""}).ok()) << target;
  }
  EXPECT_EQ(transport->send({"GET", "file:///etc/passwd", {}, "", ""}).error().code,
            Code::kInvalid);
  const Headers injected[] = {{{"X", "a\r\nY: b"}}, {{"X\r\nY", "a"}}, {{"X: Y", "a"}}};
  for (const Headers& headers : injected) {
    EXPECT_EQ(transport->send({"GET", "http://127.0.0.1:1/", headers, "", ""}).error().code,
              Code::kInvalid);
  }
}

TEST(CurlTransport, ReportsTimeoutsAndRefusedConnections) {
  EchoService service;
  std::vector<Respond> kept;
  service.on_serve = [&](HttpRequest, Respond respond) { kept.push_back(std::move(respond)); };
  RunningServer server({}, service);
  TransportOptions options = local();
  options.total_time = millis(150);
  const auto transport = make_curl_transport(options);
  const auto late = transport->send({"GET", url(server, "/?secret=1"), {}, "", ""});
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, Code::kTimeout);
  EXPECT_EQ(late.error().retryable, Retryable::kYes);
  EXPECT_EQ(late.error().message.find("secret"), std::string::npos);
  const auto closed = transport->send({"GET", "http://127.0.0.1:1/", {}, "", ""});
  ASSERT_FALSE(closed.ok());
  EXPECT_EQ(closed.error().code, Code::kIo);
  EXPECT_EQ(closed.error().retryable, Retryable::kYes);
}

TEST(CurlTransport, BoundsAnswersAlsoAfterDecompression) {
  EchoService service;
  HttpResponse response;
  service.on_serve = [&](HttpRequest, Respond respond) { respond(response); };
  RunningServer server({}, service);
  TransportOptions options = local();
  options.max_answer_bytes = 100'000;
  const auto transport = make_curl_transport(options);
  auto size_of_answer = [&](HttpResponse given) -> int64_t {
    response = std::move(given);
    const auto answer = transport->send({"GET", url(server, "/"), {}, "", ""});
    if (answer.ok()) return static_cast<int64_t>(answer->body.size());
    EXPECT_EQ(answer.error().code, Code::kTooLarge);
    return -1;
  };
  const Headers packed = {{"Content-Encoding", "gzip"}};
  EXPECT_EQ(size_of_answer({200, {}, std::string(100'000, 'x')}), 100'000);
  EXPECT_EQ(size_of_answer({200, {}, std::string(100'001, 'x')}), -1);
  EXPECT_EQ(size_of_answer({200, packed, gzip(std::string(100'000, 'x'))}), 100'000);
  EXPECT_EQ(size_of_answer({200, packed, gzip(std::string(32 << 20, 'x'))}), -1);
}

// Answers the first request of each connection; reads the next one whole and closes without a word.
class AnswersOnce {
 public:
  AnswersOnce() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~AnswersOnce() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  int port = 0;
  std::atomic<int> whole{0};  // requests with their body

 private:
  // Every body here is "body", or there is none.
  bool read_one(int client) {
    std::string in;
    char buffer[4096];
    for (;;) {
      const size_t head = in.find("\r\n\r\n");
      const bool bodiless = in.find("Content-Length: 4") == in.npos;
      if (head != in.npos && (bodiless || in.size() == head + 8)) break;
      const ssize_t got = ::recv(client, buffer, sizeof buffer, 0);
      if (got <= 0) return false;
      in.append(buffer, static_cast<size_t>(got));
    }
    ++whole;
    return true;
  }
  void run() {
    for (;;) {
      const int client = ::accept(listener_, nullptr, nullptr);
      if (client < 0) return;
      constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
      if (read_one(client) && ::send(client, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL) > 0)
        read_one(client);
      ::close(client);
    }
  }
  int listener_;
  std::thread thread_;
};

// C8: what may have been acted on is not sent a second time behind our back.
TEST(CurlTransport, NeverSendsAgainByItself) {
  for (const char* method : {"POST", "PATCH", "PUT"}) {
    AnswersOnce server;
    const auto transport = make_curl_transport(local());
    const std::string target = "http://127.0.0.1:" + std::to_string(server.port) + "/";
    ASSERT_TRUE(transport->send({method, target, {}, "body", ""}).ok());
    const auto second = transport->send({method, target, {}, "body", ""});
    ASSERT_FALSE(second.ok()) << method;
    EXPECT_EQ(second.error().code, Code::kIo);
    EXPECT_EQ(second.error().message, "127.0.0.1 closed the connection without an answer.");
    EXPECT_EQ(server.whole, 2) << method;
  }
  // Without a body each has a connection of its own, which libcurl does not try again.
  RunningServer server;
  const auto transport = make_curl_transport(local());
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(transport->send({"POST", url(server, "/"), {}, "", ""}).ok());
  EXPECT_EQ(server.connections(), 3);
}

}  // namespace
}  // namespace rapport::net
