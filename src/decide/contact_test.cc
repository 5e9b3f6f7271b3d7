#include "decide/contact.h"

#include <gtest/gtest.h>

#include "decide/contact_fields.h"
#include "testing/world.h"

namespace rapport::decide {
namespace {

using testing::anonymous;
using testing::email;
using testing::external_id;
using testing::identify;
using testing::own;
using testing::phone;
using testing::tracked;
using testing::World;

std::string contact_id(uint64_t founder) {
  return model::derive_id("con", {1}, {"contact", std::to_string(founder)});
}

TEST(Contact, IsFoundedByTheFirstEventOfASubject) {
  World world;
  world.send(tracked("page.viewed", {7}, Json::object()));
  const auto* contact = world.record("contact", contact_id(7));
  ASSERT_TRUE(contact);
  EXPECT_TRUE(contact->fields.flag("anonymous"));
}

// Later identification merges the anonymous history (spec 02, Identity).
TEST(Contact, TakesOverTheAnonymousHistoryWhenIdentified) {
  World world;
  world.send(tracked(
      "message.sent", {1},
      Json::object().set("conversation_id", "c1").set("author", "customer").set("text", "hello")));
  world.send(identify({2}, {external_id("u1", {2}), email("ana@acme.com", {2})}));
  world.send(identify({2}, {external_id("u1", {2}), anonymous("dev", {1})}));
  ASSERT_EQ(world.all("contact").size(), 1u);
  const auto* contact = world.all("contact").front();
  EXPECT_EQ(contact->key.id, contact_id(2));
  EXPECT_EQ(subjects_of(*contact), (std::vector<SubjectId>{{1}, {2}}));
  EXPECT_EQ(values_of(contact->fields, "former_ids").front(), Json(contact_id(1)));
  EXPECT_EQ(contact->fields.find("counters")->find("messages")->as_array().size(), 1u);
}

TEST(Contact, IsNotJoinedWithAnotherPersonBySharedDeviceOrPhone) {
  World world;
  world.send(identify(
      {1}, {external_id("u1", {1}), email("ana@acme.com", {1}), phone("+4915112345678", {1})}));
  world.send(identify({2}, {external_id("u2", {2}), email("bo@acme.com", {2})}));
  world.send(identify({2}, {external_id("u2", {2}), phone("+4915112345678", {1})}));
  world.send(identify({2}, {external_id("u2", {2}), anonymous("dev", {1})}));
  EXPECT_EQ(world.all("contact").size(), 2u);
}

TEST(Contact, IsJoinedByMailAndByAlias) {
  World world;
  world.send(identify({1}, {external_id("u1", {1}), email("ana@acme.com", {1})}));
  world.send(identify({2}, {external_id("u2", {2}), email("ana@acme.com", {1})}));
  EXPECT_EQ(world.all("contact").size(), 1u);
  world.send(identify({3}, {external_id("u3", {3})}));
  auto alias = identify({3}, {external_id("u3", {3}), external_id("u1", {1})});
  alias.type = model::kAliased;
  world.send(alias);
  EXPECT_EQ(world.all("contact").size(), 1u);
}

// CH-13
TEST(Contact, BelongsToTheCompanyOfItsMailUnlessThatIsFreeMail) {
  World world;
  world.send(identify({1}, {email("ana@mail.acme.co.uk", {1})}));
  world.send(identify({2}, {email("bo@gmail.com", {2})}));
  ASSERT_EQ(world.all("account").size(), 1u);
  const auto* account = world.all("account").front();
  EXPECT_EQ(account->fields.text("domain"), "acme.co.uk");
  EXPECT_EQ(account->fields.integer("contacts"), 1);
  EXPECT_TRUE(world.record("contact", contact_id(2))->fields.flag("free_mail"));
}

TEST(Contact, LaterTraitWinsAlsoAcrossAJoin) {
  World world;
  world.send(identify({1}, {external_id("u1", {1})}, Json::object().set("name", "Old")));
  world.send(identify({2}, {email("a@x.com", {2})},
                      Json::object().set("name", "New").set("tier", "gold")));
  world.send(identify({1}, {external_id("u1", {1}), email("a@x.com", {2})}));
  const auto* contact = world.all("contact").front();
  EXPECT_EQ(contact->fields.text("name"), "New");
  EXPECT_EQ(contact->fields.find("traits")->text("tier"), "gold");
}

TEST(Contact, SplitGivesBackBothPersonsAsTheyWouldBe) {
  World world;
  world.send(identify({1}, {email("ana@acme.com", {1})}, Json::object().set("name", "Ana")));
  world.send(identify({2}, {email("bo@beta.io", {2})}, Json::object().set("name", "Bo")));
  const auto merge = world.send(own(
      "contacts.merged", Json::object().set("keep", contact_id(1)).set("merge", contact_id(2))));
  ASSERT_EQ(world.all("contact").size(), 1u);
  world.send(identify({2}, {email("bo@beta.io", {2})}, Json::object().set("title", "CTO")));
  EXPECT_EQ(world.record("contact", contact_id(1))->fields.text("title"), "CTO");

  world.send(own(
      "contacts.split",
      Json::object().set("contact", contact_id(1)).set("merge_sequence", merge.sequence.value)));
  ASSERT_EQ(world.all("contact").size(), 2u);
  const auto* ana = world.record("contact", contact_id(1));
  const auto* bo = world.record("contact", contact_id(2));
  EXPECT_EQ(ana->fields.text("title"), "");
  EXPECT_EQ(bo->fields.text("title"), "CTO");
  EXPECT_EQ(bo->fields.text("name"), "Bo");
  EXPECT_EQ(world.all("account").size(), 2u);
}

TEST(Contact, EvidenceThatAPersonHasRefusedDoesNotJoinAgain) {
  World world;
  world.send(identify({1}, {external_id("u1", {1}), email("team@acme.com", {1})}));
  world.send(identify({2}, {external_id("u2", {2})}));
  const auto join =
      world.send(identify({2}, {external_id("u2", {2}), email("team@acme.com", {1})}));
  ASSERT_EQ(world.all("contact").size(), 1u);
  world.send(
      own("contacts.split",
          Json::object().set("contact", contact_id(1)).set("merge_sequence", join.sequence.value)));
  world.send(identify({2}, {external_id("u2", {2}), email("team@acme.com", {1})}));
  EXPECT_EQ(world.all("contact").size(), 2u);
}

}  // namespace
}  // namespace rapport::decide
