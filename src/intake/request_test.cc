#include "intake/request.h"

#include <gtest/gtest.h>

namespace rapport::intake {
namespace {

const Micros kReceived = parse_time("2026-03-02T09:00:00Z").value();

Result<std::vector<Reading>> read(Call call, std::string_view body, IntakeOptions options = {}) {
  PhoneBook phones("");
  return read_request(call, body, kReceived, options, phones);
}

TEST(Request, IsRefusedWholeOnlyWhenItIsNoRequestAtAll) {
  const struct {
    Call call;
    std::string_view body, where;
  } cases[] = {
      {Call::kBatch, "", "0"},
      {Call::kBatch, R"({"batch":[}])", "10"},
      {Call::kBatch, "[]", "body"},
      {Call::kBatch, "{}", "batch"},
      {Call::kBatch, R"({"batch":{}})", "batch"},
      {Call::kBatch, R"({"batch":null})", "batch"},
      {Call::kTrack, "\"x\"", "body"},
      {Call::kTrack, R"({"event":"x","event":"y"})", ""},
      {Call::kTrack, "{\"event\":\"\xff\"}", ""},
  };
  for (const auto& c : cases) {
    const auto request = read(c.call, c.body);
    ASSERT_FALSE(request) << c.body;
    EXPECT_EQ(request.error().code, Code::kInvalid);
    if (!c.where.empty()) {
      EXPECT_EQ(request.error().where, c.where) << c.body;
    }
  }
}

TEST(Request, HoldsTheLimitsOfABatch) {
  std::string body = R"({"batch":[)";
  for (int i = 0; i < 2500; ++i) body += "1,";
  EXPECT_EQ(read(Call::kBatch, body + "1]}").error().code, Code::kTooLarge);
  body.back() = ']';
  EXPECT_EQ(read(Call::kBatch, body + "}")->size(), 2500u);

  const std::string large = R"({"batch":[],"x":")" + std::string(500 * 1024, 'x') + "\"}";
  const auto request = read(Call::kBatch, large);
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().code, Code::kTooLarge);
  EXPECT_NE(request.error().message.find("512000"), std::string::npos);
}

TEST(Request, GivesGoodAndBadCallsOfABatchInTheirOrder) {
  const auto request = read(Call::kBatch, R"({"batch":[
      {"type":"identify","userId":"u1","messageId":"m1"},
      {"type":"track","userId":"u1","messageId":"m2"},
      5,
      {"type":"page","userId":"u1"}],
      "sentAt":"2026-03-02T08:00:00Z","context":{"locale":"de"}})");
  ASSERT_TRUE(request);
  ASSERT_EQ(request->size(), 4u);
  const auto& all = *request;
  EXPECT_TRUE(all[0].call);
  EXPECT_EQ(all[0].call->event.context.text("locale"), "de");
  EXPECT_EQ(all[1].call.error().where, "batch[1].event");
  EXPECT_EQ(all[1].message_id, "m2");
  EXPECT_EQ(all[1].raw,
            R"({"type":"track","userId":"u1","messageId":"m2","context":{"locale":"de"},)"
            R"("sentAt":"2026-03-02T08:00:00Z","receivedAt":"2026-03-02T09:00:00.000000Z"})");
  EXPECT_EQ(all[2].call.error().where, "batch[2]");
  EXPECT_EQ(all[2].raw, "5");
  EXPECT_TRUE(all[3].call);
}

std::string identify_of(size_t bytes) {
  const std::string frame = R"({"userId":"u1","messageId":"m1","traits":{"x":""}})";
  std::string body = frame;
  body.insert(frame.size() - 3, bytes - frame.size(), 'x');
  return body;
}

TEST(Request, RefusesCallsOver32KiBAndKeepsTheirBeginning) {
  EXPECT_TRUE(read(Call::kIdentify, identify_of(32 * 1024))->front().call);
  const auto request = read(Call::kIdentify, identify_of(32 * 1024 + 1));
  ASSERT_TRUE(request);
  const Reading& reading = request->front();
  ASSERT_FALSE(reading.call);
  EXPECT_EQ(reading.call.error().code, Code::kTooLarge);
  EXPECT_NE(reading.call.error().message.find("32769"), std::string::npos);
  EXPECT_EQ(reading.message_id, "m1");
  EXPECT_EQ(reading.raw, identify_of(32 * 1024 + 1).substr(0, 4096));
  // White space does not count.
  EXPECT_TRUE(read(Call::kIdentify, std::string(5000, ' ') + identify_of(32 * 1024))->front().call);
}

TEST(Request, CountsWhatTheBatchAddsToEachCall) {
  const std::string body = R"({"context":{"x":")" + std::string(33 * 1024, 'x') +
                           R"("},"batch":[{"type":"page","userId":"u1"}]})";
  const auto request = read(Call::kBatch, body);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->front().call.error().where, "batch[0]");
  EXPECT_LT(request->front().raw.size(), 100u);
}

TEST(Request, ReadsACallAgainAtTheTimeItFirstCame) {
  Json call = parse_json(R"({"type":"page","userId":"u1","timestamp":"2026-03-01T00:00:00Z",
      "sentAt":"2026-03-01T00:00:10Z","receivedAt":"2026-03-01T01:00:00Z"})")
                  .value();
  PhoneBook phones("");
  auto again = read_again(call, kReceived, {}, phones);
  ASSERT_TRUE(again.call);
  EXPECT_EQ(again.call->event.at, parse_time("2026-03-01T00:59:50Z").value());
  call.set("receivedAt", "2027-01-01T00:00:00Z");  // not later than now
  EXPECT_EQ(read_again(call, kReceived, {}, phones).call->event.at, kReceived - seconds(10));
}

TEST(Request, ClientsCannotSayWhenTheirCallsCame) {
  const auto request = read(Call::kPage, R"({"userId":"u1","receivedAt":"2020-01-01T00:00:00Z"})");
  EXPECT_EQ(request->front().call->event.at, kReceived);
}

}  // namespace
}  // namespace rapport::intake
