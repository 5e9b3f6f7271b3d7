#include "main/commands/event_sender.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <sstream>

#include "testing/fakes.h"

namespace rapport {
namespace {

struct Answers {
  std::deque<Result<HttpResponse>> next;  // then all is well
  std::vector<HttpRequest> requests;
};

class FakeServer final : public Transport {
 public:
  explicit FakeServer(Answers& answers) : answers_(answers) {}
  Result<HttpResponse> send(const HttpRequest& request) override {
    answers_.requests.push_back(request);
    if (!answers_.next.empty()) {
      auto answer = std::move(answers_.next.front());
      answers_.next.pop_front();
      return answer;
    }
    const Json body = parse_json(request.body).value();
    const size_t n = body.find("batch")->as_array().size();
    last_ += n;
    return HttpResponse{200,
                        {},
                        fmt::format("{{\"stored\":{},\"repeated\":0,\"quarantined\":0,"
                                    "\"sequence\":{}}}",
                                    n, last_)};
  }

 private:
  Answers& answers_;
  uint64_t last_ = 0;
};

class EventSenderTest : public testing::Test {
 protected:
  Result<void> send(const std::string& text) {
    std::istringstream lines(text);
    return sender_.send_lines(lines);
  }
  const Json call(size_t request, size_t i) {
    return parse_json(answers_.requests.at(request).body).value().find("batch")->as_array().at(i);
  }
  static std::string line(int n) {
    return fmt::format("{{\"type\":\"track\",\"userId\":\"u\",\"event\":\"e{}\"}}\n", n);
  }
  static HttpResponse busy(std::string seconds) {
    return {429, {{"Retry-After", std::move(seconds)}}, "{}"};
  }

  Answers answers_;
  ManualClock clock_;
  ApiClient api_{"http://server/", "secret", std::make_unique<FakeServer>(answers_)};
  EventSender sender_{api_, clock_, [](const EventSender::Sums&) {}};
};

TEST_F(EventSenderTest, SendsAllLinesInBatchesOfAHundred) {
  std::string text;
  for (int i = 0; i < 250; ++i) text += line(i) + (i % 7 == 0 ? "\n" : "");
  ASSERT_TRUE(send(text).ok());
  ASSERT_EQ(answers_.requests.size(), 3u);
  EXPECT_EQ(answers_.requests[0].target, "http://server/v1/batch");
  EXPECT_EQ(header(answers_.requests[0].headers, "Authorization"), "Bearer secret");
  EXPECT_EQ(call(2, 49).text("event"), "e249");
  EXPECT_EQ(sender_.sums().sent, 250u);
  EXPECT_EQ(sender_.sums().stored, 250u);
  EXPECT_EQ(sender_.sums().sequence, 250u);
}

// The same file again: the same ids. Equal lines at different places: different ones.
TEST_F(EventSenderTest, GivesMessageIdsThatStayTheSame) {
  ASSERT_TRUE(send(line(1) + line(1) + "{\"type\":\"page\",\"messageId\":\"mine\"}").ok());
  Answers again;
  ApiClient api("http://server", "", std::make_unique<FakeServer>(again));
  EventSender sender(api, clock_, [](const EventSender::Sums&) {});
  std::istringstream lines(line(1) + line(1));
  ASSERT_TRUE(sender.send_lines(lines).ok());
  const Json second = parse_json(again.requests[0].body).value();
  const std::string first_id(call(0, 0).text("messageId"));
  EXPECT_FALSE(first_id.empty());
  EXPECT_NE(first_id, call(0, 1).text("messageId"));
  EXPECT_EQ(first_id, second.at_path("batch.0")->text("messageId"));
  EXPECT_EQ(call(0, 2).text("messageId"), "mine");
}

TEST_F(EventSenderTest, WaitsAsLongAsTheServerSays) {
  answers_.next.push_back(busy("7"));
  answers_.next.push_back(io_error("connection lost"));
  const Micros start = clock_.now();
  ASSERT_TRUE(send(line(1)).ok());
  EXPECT_EQ(answers_.requests.size(), 3u);
  EXPECT_EQ(answers_.requests[0].body, answers_.requests[2].body);
  EXPECT_GE(clock_.now() - start, seconds(7));
  EXPECT_LT(clock_.now() - start, seconds(10));
}

TEST_F(EventSenderTest, GivesUpInTheEnd) {
  for (int i = 0; i < 50; ++i) answers_.next.push_back(busy("1"));
  const auto sent = send(line(1));
  ASSERT_FALSE(sent.ok());
  EXPECT_EQ(sent.error().code, Code::kOverloaded);
  EXPECT_EQ(answers_.requests.size(), 20u);
}

TEST_F(EventSenderTest, NamesTheLineThatIsNoCall) {
  const auto sent = send(line(1) + "\n[1]\n");
  ASSERT_FALSE(sent.ok());
  EXPECT_EQ(sent.error().where, "line 3");
  const auto broken = send("{\"a\":");
  ASSERT_FALSE(broken.ok());
  EXPECT_TRUE(broken.error().message.starts_with("line 1: ")) << broken.error().message;
}

TEST_F(EventSenderTest, DoesNotRepeatWhatIsRefused) {
  answers_.next.push_back(HttpResponse{
      401,
      {},
      "{\"detail\":\"this key is not valid\",\"status\":401,\"code\":\"unauthenticated\"}"});
  const auto sent = send(line(1));
  ASSERT_FALSE(sent.ok());
  EXPECT_EQ(sent.error().code, Code::kUnauthenticated);
  EXPECT_NE(sent.error().message.find("this key is not valid"), std::string::npos);
  EXPECT_NE(sent.error().message.find("--key"), std::string::npos);
  EXPECT_EQ(answers_.requests.size(), 1u);
}

}  // namespace
}  // namespace rapport
