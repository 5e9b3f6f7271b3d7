// A record that the vendor refuses is sent with values that a person gave for it.
#include <gtest/gtest.h>

#include "connect/push_world.h"

namespace rapport::connect {
namespace {

class Edits : public testing::Test {
 protected:
  // The vendor takes no title of more than ten characters, and not the e-mail bad@gmail.com.
  Edits() {
    world.transport.before = [](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
      const Json body = parse_json(request.body).ok() ? parse_json(request.body).value() : Json();
      const Json* inputs = body.find("inputs");
      if (!request.target.ends_with("/contacts/batch/upsert") &&
          !request.target.ends_with("/contacts/batch/update"))
        return std::nullopt;
      for (const Json& input : inputs->as_array()) {
        if (input.at_path("properties.jobtitle") &&
            input.at_path("properties.jobtitle")->as_string().size() > 10)
          return refusal("jobtitle");
        if (input.at_path("properties.email") &&
            input.at_path("properties.email")->as_string() == "bad@gmail.com")
          return refusal("email");
      }
      return std::nullopt;
    };
  }

  static HttpResponse refusal(const std::string& property) {
    return {400,
            {},
            R"({"status":"error","category":"VALIDATION_ERROR","errors":[{"context":)" +
                (R"({"propertyName":[")" + property + R"("]}}]})")};
  }

  void refuse_title() {
    world.identify("u1", "ana@gmail.com", Json::object().set("title", "Chief of everything"));
    world.identify("u2", "ben@gmail.com", Json::object().set("title", "Boss"));
    ASSERT_EQ(world.settle(), "");
    ASSERT_EQ(refused(), 1);
    for (const model::Record& contact : world.records("contact"))
      if (contact.fields.text("title") == "Chief of everything") id_ = contact.key.id;
  }

  int refused() {
    int count = 0;
    for (const model::Record& shadow : world.records("shadow"))
      count += shadow.fields.find("error") ? 1 : 0;
    return count;
  }

  std::string title() {
    for (const Json& contact : world.remote("contacts"))
      if (contact.find("properties")->text("email") == "ana@gmail.com")
        return std::string(contact.find("properties")->text("jobtitle", "(none)"));
    return "(not there)";
  }

  PushWorld world;
  std::string id_;
};

TEST_F(Edits, AShorterValueIsSent) {  // C9
  refuse_title();
  EXPECT_EQ(title(), "(not there)");
  ASSERT_EQ(world.edit_contact(id_, Json::object().set("jobtitle", "Chief")), "");
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(title(), "Chief");
  EXPECT_EQ(refused(), 0);
  // It stays, whatever else of the record changes.
  world.identify("u1", "", Json::object().set("name", "Ana Lee"));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(title(), "Chief");
  EXPECT_EQ(world.records("edits").size(), 1u);
}

TEST_F(Edits, AnEmptyValueLeavesThePropertyOut) {
  refuse_title();
  ASSERT_EQ(world.edit_contact(id_, Json::object().set("jobtitle", "")), "");
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(title(), "(none)");
}

TEST_F(Edits, AreDroppedOnceTheirSourceChanges) {
  refuse_title();
  world.edit_contact(id_, Json::object().set("jobtitle", "Chief"));
  ASSERT_EQ(world.settle(), "");
  world.identify("u1", "", Json::object().set("title", "President"));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(title(), "President");
  EXPECT_TRUE(world.records("edits").empty());
  // Nor do they come back with the old value.
  world.identify("u1", "", Json::object().set("title", "Chief of everything"));
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(title(), "President");
  EXPECT_EQ(refused(), 1);
}

TEST_F(Edits, OneTakenBackIsSentAsMappedAndRefusedAgain) {
  refuse_title();
  world.edit_contact(id_, Json::object().set("jobtitle", "Chief").set("firstname", "Anna"));
  ASSERT_EQ(world.settle(), "");
  ASSERT_EQ(world.edit_contact(id_, Json::object().set("jobtitle", Json())), "");
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(refused(), 1);
  EXPECT_EQ(title(), "Chief");
  ASSERT_EQ(world.records("edits").size(), 1u);
  world.edit_contact(id_, Json::object().set("firstname", Json()));
  EXPECT_TRUE(world.records("edits").empty());
}

// The record is told from others by the value that is wrong.
TEST_F(Edits, AnAddressThatIsAKeyIsReplacedThereAsWell) {
  world.identify("u1", "bad@gmail.com", Json::object().set("name", "Ana Lee"));
  ASSERT_EQ(world.settle(), "");
  ASSERT_EQ(refused(), 1);
  const std::string id = world.records("contact")[0].key.id;
  ASSERT_EQ(world.edit_contact(id, Json::object().set("email", "good@gmail.com")), "");
  ASSERT_EQ(world.settle(), "");
  ASSERT_EQ(world.remote("contacts").size(), 1u);
  EXPECT_EQ(world.property("contacts", "email"), "good@gmail.com");
}

TEST_F(Edits, OutliveARestartAndGoWithThePerson) {
  refuse_title();
  world.edit_contact(id_, Json::object().set("jobtitle", "Chief"));
  world.restart();
  ASSERT_EQ(world.settle(), "");
  EXPECT_EQ(title(), "Chief");
  world.erase(id_);
  ASSERT_EQ(world.settle(), "");
  EXPECT_TRUE(world.records("edits").empty());
}

TEST_F(Edits, ACrashWhileTheyEndLosesNothing) {
  for (const char* name : {"push.request_sent", "push.outcome.appended", "push.outcome.folded"}) {
    SCOPED_TRACE(name);
    world.identify("u9", "zoe@gmail.com", Json::object().set("title", "Head of all of it"));
    ASSERT_EQ(world.settle(), "");
    std::string id;
    for (const model::Record& contact : world.records("contact"))
      if (contact.fields.text("title") == "Head of all of it") id = contact.key.id;
    world.edit_contact(id, Json::object().set("jobtitle", "Head"));
    ASSERT_EQ(world.settle(), "");
    world.failpoints.crash_at(name, 1);
    world.identify("u9", "", Json::object().set("title", "Leader"));
    ASSERT_EQ(world.settle(), "");
    EXPECT_TRUE(world.failpoints.done());
    EXPECT_EQ(world.property("contacts", "jobtitle"), "Leader");
    EXPECT_TRUE(world.records("edits").empty());
  }
}

}  // namespace
}  // namespace rapport::connect
