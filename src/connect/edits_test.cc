#include "connect/edits.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace rapport::connect {
namespace {

// As decide's for constants, which is all that is asked of it here.
model::MappedFields map_constants(const model::Mapping& mapping, const Json&) {
  model::MappedFields all;
  for (const model::FieldMapping& field : mapping.fields) {
    const std::string& text = *field.constant;
    const bool digits = text.find_first_not_of("0123456789.-") == text.npos;
    const bool fits = field.type == model::FieldType::kText ||
                      (field.type == model::FieldType::kNumber && digits) ||
                      (field.type == model::FieldType::kDate && parse_time(text).ok());
    if (fits) all.properties.set(field.to, text);
  }
  return all;
}

ObjectSpec tickets() {
  ObjectSpec object;
  object.name = "tickets";
  object.required = {"subject"};
  const auto add = [&](const char* to, const char* path, model::FieldType type, size_t most) {
    model::FieldMapping field;
    field.to = to;
    field.from = {{.path = path}};
    field.type = type;
    field.max_length = most;
    object.mapping.fields.push_back(field);
  };
  add("subject", "ticket.subject", model::FieldType::kText, 10);
  add("due", "ticket.due", model::FieldType::kDate, 0);
  add("score", "ticket.score", model::FieldType::kNumber, 0);
  object.transcript = model::TranscriptMapping{.to = "content", .lines = {}, .pointer = {}};
  return object;
}

std::string refused(const Json& values) {
  const auto checked = check_edits(tickets(), {map_constants, {}}, Json::object(), {}, values);
  return checked.ok() ? "" : checked.error().message;
}

TEST(Edits, AreCheckedAgainstTheMapping) {
  const Json none = Json::object();
  EXPECT_EQ(refused(Json(none).set("subject", "short").set("due", "2026-03-02").set("score", 7)),
            "");
  EXPECT_EQ(refused(Json(none).set("sbject", "x")),
            "tickets has no mapped property 'sbject'; did you mean 'subject'?");
  EXPECT_EQ(refused(Json(none).set("subject", "0123456789a")),
            "the value of 'subject' has 11 characters; the mapping permits 10");
  EXPECT_EQ(refused(Json(none).set("subject", "äöüäöüäöüä")), "");
  EXPECT_EQ(refused(Json(none).set("subject", "")),
            "tickets needs 'subject': it cannot be left out");
  EXPECT_EQ(refused(Json(none).set("due", "")), "");
  EXPECT_EQ(refused(Json(none).set("due", "tomorrow")), "'due' must be a date, such as 2026-03-02");
  EXPECT_EQ(refused(Json(none).set("score", "many")), "'score' must be a number, such as 12.5");
  EXPECT_EQ(refused(Json(none).set("subject", Json::array())),
            "'subject' must be a text, or null to take the edit back");
  EXPECT_EQ(
      refused(Json(none).set("content", "x")),
      "'content' holds the messages and cannot be edited; nothing of what was said is changed "
      "here");
  EXPECT_EQ(refused(none), "set must name at least one property with its value");
  EXPECT_EQ(refused(Json(none).set("due", std::string(70'000, 'x'))),
            "the value of 'due' has more than 65536 bytes");
}

TEST(Edits, HashWhatTheMappingReads) {
  model::FieldMapping field;
  field.to = "subject";
  field.from = {{.path = "ticket.subject"}, {.path = "ticket.topic"}};
  field.pattern = "{contact.name} at {account.name}";
  const auto source = [](const char* subject, const char* name, const char* other) {
    return Json::object()
        .set("ticket", Json::object().set("subject", subject).set("other", other))
        .set("contact", Json::object().set("name", name));
  };
  const std::string before = source_hash({}, "tickets", field, source("a", "b", "c"));
  EXPECT_EQ(source_hash({}, "tickets", field, source("a", "b", "d")), before);
  EXPECT_NE(source_hash({}, "tickets", field, source("x", "b", "c")), before);
  EXPECT_NE(source_hash({}, "tickets", field, source("a", "x", "c")), before);
  EXPECT_NE(source_hash({}, "deals", field, source("a", "b", "c")), before);
  EXPECT_EQ(before.size(), 16u);  // of no use without the key
}

TEST(Edits, OfAPropertyThatIsNoLongerMappedEnd) {
  const ObjectSpec object = tickets();
  View view{.object = &object, .record = {"ticket", "tkt_1"}};
  std::vector<EndedEdit> ended;
  const Edits edits{{"tickets", {{"gone", {"x", ""}}}}, {"orders", {{"subject", {"x", ""}}}}};
  apply_edits(edits, Json::object(), {}, {&view, 1}, ended);
  ASSERT_EQ(ended.size(), 2u);
  EXPECT_EQ(ended[0].object, "orders");
  EXPECT_EQ(ended[1].property, "gone");
  EXPECT_TRUE(view.properties.as_object().empty());
}

}  // namespace
}  // namespace rapport::connect
