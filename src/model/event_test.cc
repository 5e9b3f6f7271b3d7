#include "model/event.h"

#include <gtest/gtest.h>

#include <string>

namespace rapport::model {
namespace {

Digest16 digest_of(uint8_t first) {
  Digest16 digest{};
  for (size_t i = 0; i < digest.size(); ++i) digest[i] = static_cast<uint8_t>(first + i);
  return digest;
}

Event full_event() {
  Event event;
  event.type = "message.sent";
  event.message_id = "m-1";
  event.at = {1772442000123456};
  event.identities = {{IdentifierKind::kExternalId, "u\"1\"", {17}},
                      {IdentifierKind::kEmail, "ana@acme.example", {18}},
                      {IdentifierKind::kPhone, "+4930123456", {19}},
                      {IdentifierKind::kAnonymousId, "d-1", {20}}};
  event.bindings = {{digest_of(1), {17}, {0}}, {digest_of(200), {20}, {17}}};
  event.properties.set("text", "Grüße\n\u2028 \\ 😀").set("score", 0.1).set("big", INT64_MAX);
  event.properties.set("none", nullptr).set("list", Json(Json::Array{Json(1), Json("a")}));
  event.context.set("ip", "203.0.113.7");
  return event;
}

void expect_same_body(const Event& a, const Event& b) {
  EXPECT_EQ(a.origin, b.origin);
  EXPECT_EQ(a.type, b.type);
  EXPECT_EQ(a.message_id, b.message_id);
  EXPECT_EQ(a.at, b.at);
  EXPECT_EQ(a.identities, b.identities);
  EXPECT_EQ(a.bindings, b.bindings);
  EXPECT_EQ(a.properties, b.properties);
  EXPECT_EQ(a.context, b.context);
}

TEST(EventBody, ComesBackAsItWas) {
  const Event event = full_event();
  Event back;
  back.sequence = {5};
  back.type = "left from before";
  back.properties.set("left", "from before");
  const auto decoded = decode_body(encode_body(event), back);
  ASSERT_TRUE(decoded) << decoded.error().message;
  expect_same_body(event, back);
  EXPECT_EQ(back.sequence, Sequence{5}) << "the envelope is not the body's";
}

TEST(EventBody, OfAnEmptyEventClearsWhatWasThere) {
  Event event;
  event.type = "tick";
  event.origin = Origin::kServer;
  Event back = full_event();
  ASSERT_TRUE(decode_body(encode_body(event), back));
  expect_same_body(event, back);
}

// Bytes that logs hold. They may never change: a reader of today must read every log there is.
constexpr std::string_view kGolden[] = {
    R"({"v":1,"t":"contact.identified","m":"m-2","a":1772442000000000,"i":[["x","u1",17],["e","ana@acme.example",18],["p","+4930123456",19],["a","d-1",20]],"b":[["AQIDBAUGBwgJCgsMDQ4PEA",17,0],["yMnKy8zNzs_Q0dLT1NXW1w",20,17]],"p":{"email":"Ana@Acme.example","n":1.5},"c":{"library":{"name":"analytics-node"}}})",
    R"({"v":1,"t":"contact.aliased","m":"m-3","a":1,"i":[["x","u1",17],["a","d-1",20]],"p":{"previous_id":"d-1"}})",
    R"({"v":1,"t":"account.grouped","m":"m-4","a":1,"i":[["x","u1",17]],"p":{"group_id":"g1","name":"Acme"}})",
    R"({"v":1,"t":"page.viewed","m":"m-5","a":1,"i":[["a","d-1",20]],"p":{"name":"Pricing"}})",
    R"({"v":1,"t":"screen.viewed","m":"m-6","a":1,"i":[["a","d-1",20]],"p":{"name":"Home"}})",
    R"({"v":1,"t":"conversation.started","m":"m-7","a":1,"p":{"conversation_id":"c1"}})",
    R"({"v":1,"t":"conversation.ended","m":"m-8","a":1,"p":{"conversation_id":"c1"}})",
    R"({"v":1,"t":"conversation.escalated","m":"m-9","a":1,"p":{"conversation_id":"c1"}})",
    R"({"v":1,"t":"message.sent","m":"m-10","a":1,"p":{"text":"say \"hi\"\n\u0001"}})",
    R"({"v":1,"t":"satisfaction.received","m":"m-11","a":1,"p":{"score":5}})",
    R"({"v":1,"t":"resolution.confirmed","m":"m-12","a":1,"p":{"resolved":true}})",
    R"({"v":1,"t":"lead.qualified","m":"m-13","a":1,"p":{"score":75}})",
    R"({"v":1,"t":"Order Completed","m":"m-14","a":-1,"p":{"total":12.5,"items":[]}})",
    R"({"v":1,"o":1,"t":"tick","a":1772442000000000})",
    R"({"v":1,"o":1,"t":"engine.changed","a":1,"p":{"fold":1}})",
    R"({"v":1,"o":1,"t":"base.taken","a":1,"p":{"digest":"00"}})",
    R"({"v":1,"o":1,"t":"event.quarantined","a":1,"p":{"reason":"x","body":null}})",
    R"({"v":1,"o":1,"t":"event.readmitted","a":1,"p":{"id":"q"}})",
    R"({"v":1,"o":1,"t":"contacts.merged","a":1,"p":{"into":"con_a"}})",
    R"({"v":1,"o":1,"t":"contacts.split","a":1,"p":{"contact":"con_a","subjects":[17]}})",
    R"({"v":1,"o":1,"t":"contact.erased","a":1,"p":{"contact":"con_a"}})",
    R"({"v":1,"o":1,"t":"connection.configured","a":1,"p":{"connection":"crm"}})",
    R"({"v":1,"o":1,"t":"push.started","a":1,"p":{"call":"k"}})",
    R"({"v":1,"o":1,"t":"push.done","a":1,"p":{"call":"k","ok":true}})",
};

TEST(EventBody, OfEveryOldLogStaysReadableAndIsWrittenTheSameToday) {
  for (std::string_view bytes : kGolden) {
    Event event;
    const auto decoded = decode_body(bytes, event);
    ASSERT_TRUE(decoded) << bytes << "\n" << decoded.error().message;
    EXPECT_EQ(encode_body(event), bytes);
  }
}

TEST(EventBody, OfTheFirstGoldenRowMeansWhatItMeantThen) {
  Event expected;
  expected.type = kIdentified;
  expected.message_id = "m-2";
  expected.at = {1772442000000000};
  expected.identities = {{IdentifierKind::kExternalId, "u1", {17}},
                         {IdentifierKind::kEmail, "ana@acme.example", {18}},
                         {IdentifierKind::kPhone, "+4930123456", {19}},
                         {IdentifierKind::kAnonymousId, "d-1", {20}}};
  expected.bindings = {{digest_of(1), {17}, {0}}, {digest_of(200), {20}, {17}}};
  expected.properties.set("email", "Ana@Acme.example").set("n", 1.5);
  expected.context.set("library", Json::object().set("name", "analytics-node"));
  Event event;
  ASSERT_TRUE(decode_body(kGolden[0], event));
  expect_same_body(expected, event);
}

TEST(EventBody, SkipsMembersOfANewerWriter) {
  Event event;
  ASSERT_TRUE(decode_body(
      R"({"v":1,"t":"x","a":1,"i":[["x","u1",17,"more"]],"zz":{"new":1},"q":[1]})", event));
  EXPECT_EQ(event.identities.size(), 1U);
}

TEST(EventBody, ThatIsNotOneIsCorrupt) {
  const std::string_view bad[] = {
      "",
      "[]",
      R"({"t":"x","a":1})",
      R"({"v":2,"t":"x","a":1})",
      R"({"v":"1","t":"x","a":1})",
      R"({"v":1,"a":1})",
      R"({"v":1,"t":"x"})",
      R"({"v":1,"t":5,"a":1})",
      R"({"v":1,"t":"x","a":1.5})",
      R"({"v":1,"o":2,"t":"x","a":1})",
      R"({"v":1,"t":"x","a":1,"m":1})",
      R"({"v":1,"t":"x","a":1,"i":{}})",
      R"({"v":1,"t":"x","a":1,"i":[["z","u1",17]]})",
      R"({"v":1,"t":"x","a":1,"i":[["x","u1"]]})",
      R"({"v":1,"t":"x","a":1,"i":["x"]})",
      R"({"v":1,"t":"x","a":1,"b":[["AQIDBAUGBwgJCgsMDQ4P",17,0]]})",
      R"({"v":1,"t":"x","a":1,"b":[["!!",17,0]]})",
      R"({"v":1,"t":"x","a":1,"b":[[1,17,0]]})",
      R"({"v":1,"t":"x","a":1)",
  };
  for (std::string_view bytes : bad) {
    Event event;
    const auto decoded = decode_body(bytes, event);
    ASSERT_FALSE(decoded) << bytes;
    EXPECT_EQ(decoded.error().code, Code::kCorrupt) << bytes;
  }
}

TEST(IdentifierKind, HasANameThatLeadsBack) {
  for (auto kind : {IdentifierKind::kExternalId, IdentifierKind::kEmail, IdentifierKind::kPhone,
                    IdentifierKind::kAnonymousId}) {
    EXPECT_EQ(identifier_kind(name(kind)), kind);
  }
  EXPECT_EQ(name(IdentifierKind::kPhone), "phone");
  EXPECT_EQ(identifier_kind("e"), std::nullopt);
}

}  // namespace
}  // namespace rapport::model
