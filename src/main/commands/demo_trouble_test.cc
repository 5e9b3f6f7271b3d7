#include "main/commands/demo_trouble.h"

#include <gtest/gtest.h>

namespace rapport {
namespace {

Json state(const char* text) {
  return parse_json(text).value();
}

TEST(CrmCount, FollowsWhatChanges) {
  CrmCount count;
  count.take(state(R"({"objects": {"contacts": [
      {"id": "1", "properties": {"email": "a"}}, {"id": "2", "properties": {"email": "b"}},
      {"id": "3", "properties": {}}, {"id": "4", "properties": {}}]}})"));
  EXPECT_EQ(count.show().integer("contacts"), 4);
  EXPECT_EQ(count.show().integer("twice"), 0);
  // Two come to be alike, a third comes, and the same is told twice.
  for (int i = 0; i < 2; ++i)
    count.take(state(R"({"objects": {"contacts": [
        {"id": "2", "properties": {"email": "a"}}, {"id": "5", "properties": {"email": "a"}}]}})"));
  EXPECT_EQ(count.show().integer("contacts"), 5);
  EXPECT_EQ(count.show().integer("twice"), 2);
  count.take(state(R"({"objects": {"contacts": [
      {"id": "1", "archived": true, "properties": {"email": "a"}},
      {"id": "5", "properties": {"email": "c"}}], "notes": [{"id": "9", "properties": {}}]}})"));
  EXPECT_EQ(count.show().integer("contacts"), 4);
  EXPECT_EQ(count.show().integer("notes"), 1);
  EXPECT_EQ(count.show().integer("twice"), 0);
  EXPECT_EQ(count.show().integer("companies"), 0);
}

}  // namespace
}  // namespace rapport
