#include "intake/tracking_call.h"

#include <gtest/gtest.h>

#include <vector>

namespace rapport::intake {
namespace {

using model::IdentifierKind;

const Micros kReceived = parse_time("2026-03-02T09:00:00Z").value();

Json json(std::string_view text) {
  auto parsed = parse_json(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : Json();
}

// As single call when `call` is given, as fourth element of a batch otherwise.
Result<TrackingCall> read(std::string_view text, std::optional<Call> call = {}) {
  Json parsed = json(text);
  Surroundings around{.call = call.value_or(Call::kBatch), .received = kReceived};
  if (!call) around.index = 3;
  PhoneBook phones("");
  return read_call(parsed, around, {}, phones);
}

std::string identities(const TrackingCall& call) {
  std::string out;
  for (const auto& i : call.event.identities) {
    out += std::string(out.empty() ? "" : " ") + std::string(name(i.kind)) + "=" + i.value;
  }
  return out;
}

TEST(TrackingCall, EveryKindBecomesAnEvent) {
  const struct {
    Call call;
    std::string_view body, type, identities, properties;
  } cases[] = {
      {Call::kIdentify, R"({"userId":"u1","traits":{"email":" Ana@Acme.example","plan":"pro"}})",
       "contact.identified", "external_id=u1 email=ana@acme.example",
       R"({"email":" Ana@Acme.example","plan":"pro"})"},
      {Call::kIdentify, R"({"anonymousId":"a1","traits":{"phone":"+49 151 12345678"}})",
       "contact.identified", "phone=+4915112345678 anonymous_id=a1",
       R"({"phone":"+49 151 12345678"})"},
      {Call::kIdentify, R"({"userId":"u1","anonymousId":"a1"})", "contact.identified",
       "external_id=u1 anonymous_id=a1", "{}"},
      {Call::kIdentify, R"({"userId":"u1","traits":null,"context":null})", "contact.identified",
       "external_id=u1", "{}"},
      {Call::kTrack, R"({"userId":"u1","event":"Order Paid","properties":{"email":"x@y.example"}})",
       "Order Paid", "external_id=u1", R"({"email":"x@y.example"})"},
      {Call::kPage,
       R"({"anonymousId":"a1","name":"Pricing","category":"Docs","properties":{"url":"u"}})",
       "page.viewed", "anonymous_id=a1", R"({"url":"u","name":"Pricing","category":"Docs"})"},
      {Call::kPage, R"({"anonymousId":"a1","name":"Pricing","properties":{"name":"Own"}})",
       "page.viewed", "anonymous_id=a1", R"({"name":"Own"})"},
      {Call::kScreen, R"({"anonymousId":"a1","name":"Home"})", "screen.viewed", "anonymous_id=a1",
       R"({"name":"Home"})"},
      {Call::kGroup, R"({"userId":"u1","groupId":"g1","traits":{"email":"billing@acme.example"}})",
       "account.grouped", "external_id=u1",
       R"({"group_id":"g1","traits":{"email":"billing@acme.example"}})"},
      {Call::kAlias, R"({"userId":"u1","previousId":" a1 "})", "contact.aliased", "external_id=u1",
       R"({"previous_id":"a1"})"},
  };
  for (const auto& c : cases) {
    const auto call = read(c.body, c.call);
    ASSERT_TRUE(call) << c.body << call.error().message;
    EXPECT_EQ(call->event.type, c.type) << c.body;
    EXPECT_EQ(identities(*call), c.identities) << c.body;
    EXPECT_EQ(to_text(call->event.properties), c.properties) << c.body;
    EXPECT_EQ(call->event.at, kReceived);
    EXPECT_EQ(call->event.origin, model::Origin::kTracked);
  }
}

TEST(TrackingCall, IsNamedByItsTypeInABatch) {
  for (const auto& [type, event] :
       std::vector<std::pair<std::string, std::string>>{{"identify", "contact.identified"},
                                                        {"page", "page.viewed"},
                                                        {"screen", "screen.viewed"}}) {
    const auto call = read(R"({"type":")" + type + R"(","userId":"u1"})");
    ASSERT_TRUE(call);
    EXPECT_EQ(call->event.type, event);
  }
}

TEST(TrackingCall, RefusalsNameReasonAndPlace) {
  const struct {
    std::string_view body, where, reason;
  } cases[] = {
      {R"(17)", "batch[3]", "must be an object"},
      {R"({"userId":"u"})", "batch[3].type", "missing"},
      {R"({"type":"tracks","userId":"u"})", "batch[3].type", "one of identify"},
      {R"({"type":"batch","userId":"u"})", "batch[3].type", "one of identify"},
      {R"({"type":7,"userId":"u"})", "batch[3].type", "one of identify"},
      {R"({"type":"identify"})", "batch[3].userId", "no_user_anon_id"},
      {R"({"type":"identify","userId":"","anonymousId":" "})", "batch[3].userId",
       "no_user_anon_id"},
      {R"({"type":"identify","userId":null})", "batch[3].userId", "no_user_anon_id"},
      {R"({"type":"identify","userId":17})", "batch[3].userId", "a text"},
      {R"({"type":"identify","userId":"a\u0007"})", "batch[3].userId", "control"},
      {R"({"type":"identify","userId":"u","anonymousId":[]})", "batch[3].anonymousId", "a text"},
      {R"({"type":"identify","userId":"u","traits":"x"})", "batch[3].traits", "an object"},
      {R"({"type":"identify","userId":"u","traits":{"email":5}})", "batch[3].traits.email",
       "a text"},
      {R"({"type":"identify","userId":"u","traits":{"name":{}}})", "batch[3].traits.name",
       "a text"},
      {R"({"type":"identify","userId":"u","traits":{"phone":1.5}})", "batch[3].traits.phone",
       "a text"},
      {R"({"type":"identify","userId":"u","context":[]})", "batch[3].context", "an object"},
      {R"({"type":"identify","userId":"u","integrations":[]})", "batch[3].integrations",
       "an object"},
      {R"({"type":"identify","userId":"u","messageId":5})", "batch[3].messageId", "a text"},
      {R"({"type":"identify","userId":"u","timestamp":5})", "batch[3].timestamp", "a text"},
      {R"({"type":"identify","userId":"u","timestamp":"1999-01-01T00:00:00Z"})",
       "batch[3].timestamp", "before receipt"},
      {R"({"type":"identify","userId":"u","sentAt":"now"})", "batch[3].sentAt", "not a time"},
      {R"({"type":"track","userId":"u"})", "batch[3].event", "missing"},
      {R"({"type":"track","userId":"u","event":""})", "batch[3].event", "missing"},
      {R"({"type":"track","userId":"u","event":5})", "batch[3].event", "a text"},
      {R"({"type":"track","userId":"u","event":"contact.identified"})", "batch[3].event",
       "identify calls"},
      {R"({"type":"track","userId":"u","event":"x","properties":[]})", "batch[3].properties",
       "an object"},
      {R"({"type":"page","userId":"u","name":5})", "batch[3].name", "a text"},
      {R"({"type":"group","userId":"u"})", "batch[3].groupId", "missing"},
      {R"({"type":"group","userId":"u","groupId":5})", "batch[3].groupId", "a text"},
      {R"({"type":"group","userId":"u","groupId":"g","traits":5})", "batch[3].traits", "an object"},
      {R"({"type":"alias","userId":"u"})", "batch[3].previousId", "missing"},
      {R"({"type":"alias","previousId":"u"})", "batch[3].userId", "missing"},
      {R"({"type":"alias","anonymousId":"a","previousId":"u"})", "batch[3].userId", "missing"},
  };
  for (const auto& c : cases) {
    const auto call = read(c.body);
    ASSERT_FALSE(call) << c.body;
    EXPECT_EQ(call.error().code, Code::kInvalid);
    EXPECT_EQ(call.error().where, c.where) << c.body;
    EXPECT_NE(call.error().message.find(c.reason), std::string::npos) << call.error().message;
  }
  EXPECT_EQ(read(R"({"userId":"u"})", Call::kTrack).error().where, "event");
  EXPECT_FALSE(read(R"({"userId":")" + std::string(257, 'u') + "\"}", Call::kIdentify));
}

TEST(TrackingCall, IgnoresMembersThatItsKindDoesNotHave) {
  EXPECT_TRUE(read(R"({"type":"track","userId":"u","event":"e","traits":5,"groupId":5,"name":5})"));
  EXPECT_TRUE(read(R"({"type":"identify","userId":"u","properties":5,"event":5,"previousId":[]})"));
}

TEST(TrackingCall, NamesOfTheServersOwnEventsStayTracked) {
  const auto call = read(R"({"type":"track","userId":"u","event":"contact.erased"})");
  ASSERT_TRUE(call);
  EXPECT_EQ(call->event.origin, model::Origin::kTracked);
}

TEST(TrackingCall, KeepsUnusableAddressesAsTraitsAndSaysSo) {
  const auto call = read(
      R"({"type":"identify","userId":"u","traits":{"email":"nobody","phone":"0151 12345678"}})");
  ASSERT_TRUE(call);
  EXPECT_TRUE(call->bad_email);
  EXPECT_TRUE(call->bad_phone);
  EXPECT_EQ(identities(*call), "external_id=u");
  EXPECT_EQ(call->event.property("email"), "nobody");
}

TEST(TrackingCall, UsesTheDefaultRegionForPhones) {
  Json call = json(R"({"userId":"u","traits":{"phone":15112345678}})");
  PhoneBook phones("DE");
  const auto read = read_call(call, {.call = Call::kIdentify, .received = kReceived}, {}, phones);
  ASSERT_TRUE(read);
  EXPECT_EQ(identities(*read), "external_id=u phone=+4915112345678");
}

TEST(TrackingCall, TakesAddressesFromTheContextsTraitsWhenItsOwnGiveNone) {
  const std::string_view context = R"("context":{"traits":{"email":"old@acme.example"}})";
  const auto from = [&](std::string_view rest) {
    return identities(read("{" + std::string(context) + "," + std::string(rest) + "}").value());
  };
  EXPECT_EQ(from(R"("type":"track","event":"e","userId":"u")"),
            "external_id=u email=old@acme.example");
  EXPECT_EQ(from(R"("type":"identify","userId":"u","traits":{"email":"new@acme.example"})"),
            "external_id=u email=new@acme.example");
  EXPECT_EQ(from(R"("type":"identify","userId":"u","traits":{"email":null})"),
            "external_id=u email=old@acme.example");
}

TEST(TrackingCall, UserIdsThatLookLikeAddressesAreExternalIdsOnly) {
  EXPECT_EQ(identities(read(R"({"type":"identify","userId":"ana@acme.example"})").value()),
            "external_id=ana@acme.example");
}

TEST(TrackingCall, MergesTheBatchesContextAndIntegrations) {
  Json call = json(R"({"type":"identify","userId":"u","context":{"ip":"1.2.3.4"},
                       "integrations":{"X":false}})");
  const Json context = json(R"({"ip":"9.9.9.9","locale":"de"})");
  const Json integrations = json(R"({"All":true,"X":true})");
  PhoneBook phones("");
  const auto read = read_call(call,
                              {.call = Call::kBatch,
                               .index = 0,
                               .context = &context,
                               .integrations = &integrations,
                               .received = kReceived},
                              {}, phones);
  ASSERT_TRUE(read);
  EXPECT_EQ(to_text(read->event.context),
            R"({"ip":"1.2.3.4","locale":"de","integrations":{"X":false,"All":true}})");
}

TEST(TrackingCall, EmptyIntegrationsLeaveNoTrace) {
  EXPECT_EQ(to_text(read(R"({"type":"identify","userId":"u","integrations":{}})")->event.context),
            "{}");
}

TEST(TrackingCall, TakesMessageIdsOfUpTo100Characters) {
  const auto with = [](const std::string& id) {
    return read(R"({"type":"identify","userId":"u","messageId":")" + id + "\"}");
  };
  std::string hundred;
  for (int i = 0; i < 100; ++i) hundred += "ä";
  EXPECT_EQ(with(hundred)->event.message_id, hundred);
  EXPECT_EQ(with(hundred + "ä").error().where, "batch[3].messageId");
  EXPECT_EQ(with("")->event.message_id, "");
}

TEST(TrackingCall, ChecksConversationEvents) {  // CH-10
  const struct {
    std::string_view event, properties, where;  // where empty: good
  } cases[] = {
      {"conversation.started", R"({"conversation_id":"c1"})", ""},
      {"conversation.started",
       R"({"conversation_id":"c1","channel":"web","url":"u","topics":["a"]})", ""},
      {"conversation.started", R"({})", "conversation_id"},
      {"conversation.started", R"({"conversation_id":null})", "conversation_id"},
      {"conversation.started", R"({"conversation_id":""})", "conversation_id"},
      {"conversation.started", R"({"conversation_id":5})", "conversation_id"},
      {"conversation.started", R"({"conversation_id":"c1","topics":"a"})", "topics"},
      {"conversation.started", R"({"conversation_id":"c1","topics":[1]})", "topics"},
      {"conversation.started", R"({"conversation_id":"c1","channel":5})", "channel"},
      {"conversation.ended", R"({"conversation_id":"c1","resolution_status":"resolved"})", ""},
      {"conversation.ended", R"({"resolution_status":"resolved"})", "conversation_id"},
      {"conversation.escalated", R"({"conversation_id":"c1","reason":"asked"})", ""},
      {"conversation.escalated", R"({"conversation_id":"c1","reason":5})", "reason"},
      {"message.sent", R"({"conversation_id":"c1","text":"hi","author":"customer"})", ""},
      {"message.sent",
       R"({"conversation_id":"c1","text":"","author":"ai","confidence":0.5,"sources":[{}]})", ""},
      {"message.sent",
       R"({"conversation_id":"c1","text":"hi","author":"agent","author_name":"Eve"})", ""},
      {"message.sent", R"({"conversation_id":"c1","text":"hi","author":"bot"})", "author"},
      {"message.sent", R"({"conversation_id":"c1","text":"hi"})", "author"},
      {"message.sent", R"({"conversation_id":"c1","author":"ai"})", "text"},
      {"message.sent", R"({"conversation_id":"c1","text":5,"author":"ai"})", "text"},
      {"message.sent", R"({"text":"hi","author":"ai"})", "conversation_id"},
      {"message.sent", R"({"conversation_id":"c1","text":"hi","author":"ai","confidence":1.5})",
       "confidence"},
      {"message.sent", R"({"conversation_id":"c1","text":"hi","author":"ai","sources":{}})",
       "sources"},
      {"satisfaction.received", R"({"conversation_id":"c1","score":1})", ""},
      {"satisfaction.received", R"({"conversation_id":"c1","score":5.0})", ""},
      {"satisfaction.received", R"({"conversation_id":"c1","score":0})", "score"},
      {"satisfaction.received", R"({"conversation_id":"c1","score":6})", "score"},
      {"satisfaction.received", R"({"conversation_id":"c1","score":4.5})", "score"},
      {"satisfaction.received", R"({"conversation_id":"c1","score":"5"})", "score"},
      {"satisfaction.received", R"({"conversation_id":"c1"})", "score"},
      {"resolution.confirmed", R"({"conversation_id":"c1","status":"resolved"})", ""},
      {"resolution.confirmed", R"({"conversation_id":"c1"})", "status"},
      {"lead.qualified", R"({})", ""},
      {"lead.qualified", R"({"conversation_id":5})", "conversation_id"},
  };
  for (const auto& c : cases) {
    const auto call = read(R"({"type":"track","userId":"u","event":")" + std::string(c.event) +
                           R"(","properties":)" + std::string(c.properties) + "}");
    EXPECT_EQ(call.ok(), c.where.empty()) << c.event << c.properties;
    if (!call) {
      EXPECT_EQ(call.error().where, "batch[3].properties." + std::string(c.where));
    }
  }
  EXPECT_EQ(read(R"({"type":"track","userId":"u","event":"message.sent"})").error().where,
            "batch[3].properties.conversation_id");
}

TEST(TrackingCall, ConversationEventsMayCarryTheCustomersAddress) {
  const auto from = [](std::string_view author) {
    return identities(read(R"({"type":"track","anonymousId":"a","event":"message.sent","properties":
        {"conversation_id":"c","text":"t","email":"ANA@acme.example","phone":"+4915112345678",
         "author":")" + std::string(author) +
                           "\"}}")
                          .value());
  };
  EXPECT_EQ(from("customer"), "email=ana@acme.example phone=+4915112345678 anonymous_id=a");
  EXPECT_EQ(from("agent"), "anonymous_id=a");  // perhaps the agent's own
  EXPECT_EQ(from("ai"), "anonymous_id=a");
}

TEST(TrackingCall, RefusedCallsCanBeCompletedToStandAlone) {
  const Json context = json(R"({"locale":"de","ip":"9.9.9.9"})");
  const Json sent_at("2026-03-02T08:59:59Z");
  const Json call = json(R"({"type":"track","context":{"ip":"1.1.1.1"}})");
  EXPECT_EQ(to_text(complete_call(call, {.call = Call::kBatch,
                                         .index = 0,
                                         .context = &context,
                                         .sent_at = &sent_at,
                                         .received = kReceived})),
            R"({"type":"track","context":{"ip":"1.1.1.1","locale":"de"},)"
            R"("sentAt":"2026-03-02T08:59:59Z","receivedAt":"2026-03-02T09:00:00.000000Z"})");
  EXPECT_EQ(to_text(complete_call(json("{}"), {.call = Call::kPage, .received = kReceived})),
            R"({"type":"page","receivedAt":"2026-03-02T09:00:00.000000Z"})");
}

TEST(TrackingCall, CallsAreNamedByPathPart) {
  EXPECT_EQ(call_named("identify"), Call::kIdentify);
  EXPECT_EQ(call_named("i"), Call::kIdentify);
  EXPECT_EQ(call_named("batch"), Call::kBatch);
  EXPECT_EQ(call_named("b"), Call::kBatch);
  EXPECT_EQ(call_named("s"), Call::kScreen);
  for (const std::string_view bad : {"", "x", "Identify", "import"}) EXPECT_FALSE(call_named(bad));
}

}  // namespace
}  // namespace rapport::intake
