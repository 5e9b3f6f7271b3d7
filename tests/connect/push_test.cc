#include <gtest/gtest.h>

#include "connect/push_world.h"

namespace rapport::connect {
namespace {

Json escalation(const std::string& conversation) {
  return Json::object().set("conversation_id", conversation).set("reason", "asks for a person");
}

TEST(Push, BringsContactCompanyConversationAndTicketToTheRemote) {  // KU-11, KU-12, CH-91
  PushWorld world;
  world.identify("u1", "Ana@Acme.example", Json::object().set("name", "Ana María Lee"));
  world.say("u1", "chat-1", "hello <b>");
  world.say("u1", "chat-1", "I want a person");
  world.track("u1", "conversation.escalated", escalation("chat-1"));
  ASSERT_EQ(world.settle(), "");

  ASSERT_EQ(world.remote("contacts").size(), 1u);
  EXPECT_EQ(world.property("contacts", "email"), "ana@acme.example");
  EXPECT_EQ(world.property("contacts", "firstname"), "Ana");
  EXPECT_EQ(world.property("contacts", "lastname"), "María Lee");
  ASSERT_EQ(world.remote("companies").size(), 1u);
  EXPECT_EQ(world.property("companies", "domain"), "acme.example");
  ASSERT_EQ(world.remote("tickets").size(), 1u);
  EXPECT_EQ(world.property("tickets", "hs_ticket_priority"), "HIGH");
  EXPECT_NE(world.property("tickets", "content").find("I want a person"), std::string::npos);
  ASSERT_EQ(world.remote("notes").size(), 1u);
  const std::string note = world.property("notes", "hs_note_body");
  EXPECT_NE(note.find("hello &lt;b&gt;"), std::string::npos);
  EXPECT_LT(note.find("hello"), note.find("I want a person"));

  const std::string contact(world.remote("contacts")[0].text("id"));
  EXPECT_EQ(world.neighbours("contacts", contact, "companies").size(), 1u);
  EXPECT_EQ(world.neighbours("contacts", contact, "tickets").size(), 1u);
  EXPECT_EQ(world.neighbours("contacts", contact, "notes").size(), 1u);
  const std::string ticket(world.remote("tickets")[0].text("id"));
  EXPECT_EQ(world.neighbours("tickets", ticket, "notes").size(), 1u);
  EXPECT_EQ(world.neighbours("tickets", ticket, "companies").size(), 1u);
}

TEST(Push, MakesNoMoreCallsThanItNeeds) {
  PushWorld world;
  world.identify("u1", "ana@acme.example", Json::object().set("name", "Ana Lee"));
  world.say("u1", "chat-1", "hello");
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.transport.calls, (std::vector<std::string>{
                                       "POST /crm/v3/objects/contacts/batch/read",
                                       "POST /crm/v3/objects/contacts/batch/upsert",
                                       "POST /crm/v4/associations/contacts/companies/batch/read",
                                       "POST /crm/v3/objects/companies/search",
                                       "POST /crm/v3/objects/companies/batch/create",
                                       "POST /crm/v3/objects/notes/batch/create",
                                   }));
}

TEST(Push, SendsManyContactsInFewCalls) {
  PushWorld world;
  for (int i = 0; i < 250; ++i) {
    const std::string n = std::to_string(i);
    world.identify("u" + n, "p" + n + "@gmail.com", Json::object().set("name", "Person " + n));
  }
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.remote("contacts").size(), 250u);
  EXPECT_EQ(world.transport.calls.size(), 6u);
}

TEST(Push, SendsOnlyWhatChanged) {  // CH-92
  PushWorld world;
  world.identify("u1", "ana@gmail.com", Json::object().set("name", "Ana Lee").set("title", "Boss"));
  ASSERT_EQ(world.settle(), "");
  world.identify("u1", "ana@gmail.com", Json::object().set("title", "Chief"));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.property("contacts", "jobtitle"), "Chief");
  const Json effects = world.vendor("GET", "/__sandbox/effects");
  const Json& last = effects.find("effects")->as_array().back();
  EXPECT_EQ(last.text("action"), "update");
  EXPECT_EQ(to_text(*last.find("properties")), R"(["jobtitle"])");
}

TEST(Push, CallsNobodyWhenNothingOfTheViewChanged) {
  PushWorld world;
  world.identify("u1", "ana@gmail.com", Json::object().set("name", "Ana Lee"));
  ASSERT_EQ(world.settle(), "");
  const size_t before = world.transport.calls.size();
  world.identify("u1", "ana@gmail.com", Json::object().set("favourite", "blue"));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.transport.calls.size(), before);
}

TEST(Push, AdoptsAContactThatIsThereAlready) {  // KU-11
  PushWorld world;
  world.vendor("POST", "/crm/v3/objects/contacts",
               Json::object().set("properties", Json::object()
                                                    .set("email", "ana@gmail.com")
                                                    .set("firstname", "Ana")
                                                    .set("lastname", "Old")));
  world.identify("u1", "ANA@gmail.com", Json::object().set("name", "Ana Lee"));
  ASSERT_EQ(world.settle(), "");
  ASSERT_EQ(world.remote("contacts").size(), 1u);
  EXPECT_EQ(world.property("contacts", "lastname"), "Lee");
  const Json effects = world.vendor("GET", "/__sandbox/effects");
  EXPECT_EQ(to_text(*effects.find("effects")->as_array().back().find("properties")),
            R"(["lastname"])");
}

TEST(Push, AdoptsACompanyThatIsThereAlready) {
  PushWorld world;
  world.vendor(
      "POST", "/crm/v3/objects/companies",
      Json::object().set("properties",
                         Json::object().set("name", "Acme Corp").set("domain", "acme.example")));
  world.clock.advance(seconds(10));
  world.identify("u1", "ana@acme.example");
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.remote("companies").size(), 1u);
  const std::string contact(world.remote("contacts")[0].text("id"));
  EXPECT_EQ(world.neighbours("contacts", contact, "companies").size(), 1u);
}

TEST(Push, AdoptsTheCompanyThatTheRemoteMadeOfTheAddress) {
  auto options = PushWorld::default_options();
  options.associate_by_domain = true;
  PushWorld world(options);
  world.vendor(
      "POST", "/crm/v3/objects/companies",
      Json::object().set("properties",
                         Json::object().set("name", "acme.example").set("domain", "acme.example")));
  world.identify("u1", "ana@acme.example");  // search does not show the company yet
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.remote("companies").size(), 1u);
}

TEST(Push, TakesNoCompanyForOursOnlyBecauseNeitherHasADomain) {
  PushWorld world;
  world.identify("u1", "ana@gmail.com");
  ASSERT_EQ(world.settle(), "");
  const std::string contact(world.remote("contacts")[0].text("id"));
  const Json other = world.vendor(
      "POST", "/crm/v3/objects/companies",
      Json::object().set("properties", Json::object().set("name", "Her old employer")));
  world.vendor("PUT", "/crm/v4/objects/contacts/" + contact + "/associations/default/companies/" +
                          std::string(other.text("id")));
  world.group("u1", "g-1", Json::object().set("name", "Acme"));
  ASSERT_EQ(world.settle(), "");
  ASSERT_EQ(world.remote("companies").size(), 2u);
  EXPECT_EQ(world.neighbours("contacts", contact, "companies").size(), 2u);
}

TEST(Push, RemovesPartsThatATranscriptNoLongerHas) {
  PushWorld world;
  world.identify("u1", "ana@gmail.com");
  world.say("u1", "chat-1", "mine");
  world.identify("u2", "bob@gmail.com");
  for (int i = 0; i < 10; ++i) world.say("u2", "chat-1", std::string(15'000, 'x'));
  ASSERT_EQ(world.settle(), "");
  ASSERT_EQ(world.remote("notes").size(), 3u);
  for (const model::Record& contact : world.records("contact")) {
    if (to_text(contact.fields).find("bob@") != std::string::npos) world.erase(contact.key.id);
  }
  world.say("u1", "chat-1", "mine again");
  ASSERT_EQ(world.settle(), "");
  ASSERT_EQ(world.remote("notes").size(), 1u);
  const std::string note = world.property("notes", "hs_note_body");
  EXPECT_NE(note.find("mine again"), std::string::npos);
  EXPECT_EQ(note.find("xxx"), std::string::npos);
}

TEST(Push, JoinsALaterColleagueToTheSameCompany) {
  PushWorld world;
  world.identify("u1", "ana@acme.example");
  ASSERT_EQ(world.settle(), "");
  world.identify("u2", "bob@acme.example");
  ASSERT_EQ(world.settle(), "");
  ASSERT_EQ(world.remote("companies").size(), 1u);
  const std::string company(world.remote("companies")[0].text("id"));
  EXPECT_EQ(world.neighbours("companies", company, "contacts").size(), 2u);
}

TEST(Push, UpdatesTheNoteInPlaceAsTheConversationGrows) {
  PushWorld world;
  world.identify("u1", "ana@gmail.com");
  world.say("u1", "chat-1", "one");
  ASSERT_EQ(world.settle(), "");
  world.say("u1", "chat-1", "two");
  ASSERT_EQ(world.settle(), "");
  ASSERT_EQ(world.remote("notes").size(), 1u);
  const std::string note = world.property("notes", "hs_note_body");
  EXPECT_LT(note.find("one"), note.find("two"));
  EXPECT_NE(note.find("two"), std::string::npos);
}

TEST(Push, SplitsALongTranscriptOverSeveralNotesAndDropsNothing) {
  PushWorld world;
  world.identify("u1", "ana@gmail.com");
  for (int i = 0; i < 12; ++i) {
    world.say("u1", "chat-1", "start" + std::to_string(i) + "." + std::string(15'000, 'x') + "end");
  }
  ASSERT_EQ(world.settle(), "");
  const size_t notes = world.remote("notes").size();
  EXPECT_EQ(notes, 3u);
  std::string all;
  for (size_t i = 0; i < notes; ++i) all += world.property("notes", "hs_note_body", i);
  for (int i = 0; i < 12; ++i) {
    EXPECT_NE(all.find("start" + std::to_string(i) + "."), std::string::npos);
  }
  const std::string contact(world.remote("contacts")[0].text("id"));
  EXPECT_EQ(world.neighbours("contacts", contact, "notes").size(), 3u);
  world.say("u1", "chat-1", std::string(30'000, 'y'));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.remote("notes").size(), 4u);
}

TEST(Push, WaitsWithTheConversationUntilItsContactCanBeSent) {
  PushWorld world;
  world.say("u1", "chat-1", "hello");
  ASSERT_EQ(world.settle(), "");
  EXPECT_TRUE(world.transport.calls.empty());
  world.identify("u1", "ana@gmail.com");
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.remote("notes").size(), 1u);
}

TEST(Push, MakesOneTicketForSeveralEscalationsOfAConversation) {  // KU-12
  PushWorld world;
  world.identify("u1", "ana@gmail.com");
  world.say("u1", "chat-1", "hello");
  world.track("u1", "conversation.escalated", escalation("chat-1"));
  ASSERT_EQ(world.settle(), "");
  world.track("u1", "conversation.escalated", escalation("chat-1"));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(world.remote("tickets").size(), 1u);
  const std::string note(world.remote("notes")[0].text("id"));
  EXPECT_EQ(world.neighbours("notes", note, "tickets").size(), 1u);
}

TEST(Push, LinksANoteToATicketThatCameLater) {
  PushWorld world;
  world.identify("u1", "ana@gmail.com");
  world.say("u1", "chat-1", "hello");
  ASSERT_EQ(world.settle(), "");
  world.track("u1", "conversation.escalated", escalation("chat-1"));
  ASSERT_EQ(world.settle(), "");
  const std::string note(world.remote("notes")[0].text("id"));
  EXPECT_EQ(world.neighbours("notes", note, "tickets").size(), 1u);
}

TEST(Push, NeverMatchesByMailAgainOnceAnIdIsKnown) {
  PushWorld world;
  world.identify("u1", "ana@gmail.com", Json::object().set("name", "Ana Lee"));
  ASSERT_EQ(world.settle(), "");
  const std::string id(world.remote("contacts")[0].text("id"));
  world.vendor("PATCH", "/crm/v3/objects/contacts/" + id,
               Json::object().set("properties", Json::object().set("email", "new@gmail.com")));
  world.identify("u1", "ana@gmail.com", Json::object().set("title", "Boss"));
  ASSERT_EQ(world.settle(), "");
  ASSERT_EQ(world.remote("contacts").size(), 1u);
  EXPECT_EQ(world.property("contacts", "jobtitle"), "Boss");
  EXPECT_EQ(world.property("contacts", "email"), "new@gmail.com");
}

TEST(Push, ForgetsMarksOfErasedPeople) {
  PushWorld world;
  world.identify("u1", "ana@gmail.com");
  world.fold();
  const std::string contact = world.records("contact").at(0).key.id;
  world.erase(contact);
  ASSERT_EQ(world.settle(), "");
  EXPECT_TRUE(world.remote("contacts").empty());
}

}  // namespace
}  // namespace rapport::connect
