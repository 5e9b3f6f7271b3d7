#include <gtest/gtest.h>

#include <functional>
#include <thread>
#include <vector>

#include "base/json.h"

namespace rapport {
namespace {

// Each member and item at every depth is changed in one of the two; the other prints as before.
TEST(JsonCopies, DoNotSeeChangesOfTheOriginalNorTheReverse) {
  const std::string before =
      R"({"a":{"b":{"c":1,"long":"a text of more than fifteen bytes"}},"l":[[1,2],{"x":[3]}]})";
  const std::vector<std::function<void(Json&)>> changes = {
      [](Json& j) { j.set("new", true); },
      [](Json& j) { j.set("a", 1); },
      [](Json& j) { j.erase("a"); },
      [](Json& j) { j.edit("a")->set("b", "other"); },
      [](Json& j) { j.edit("a")->edit("b")->set("c", 2); },
      [](Json& j) { j.edit("a")->edit("b")->erase("long"); },
      [](Json& j) { j.edit("a")->edit("b")->set("long", "another text of many bytes"); },
      [](Json& j) { j.edit("l")->push_back(4); },
      [](Json& j) { j.edit("l")->edit_array()[0].push_back(5); },
      [](Json& j) { j.edit("l")->edit_array()[1].edit("x")->edit_array()[0] = "six"; },
      [](Json& j) { j.edit("l")->edit_array().clear(); },
      [](Json& j) { j.edit_object().pop_back(); },
      [](Json& j) { j = Json(); },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    Json original = parse_json(before).value();
    Json copy = original;
    changes[i](original);
    EXPECT_NE(to_text(original), before) << i;
    EXPECT_EQ(to_text(copy), before) << i;
    const std::string after = to_text(original);
    Json copy_of_changed = original;
    changes[i](copy);
    EXPECT_EQ(to_text(copy), after) << i;
    copy_of_changed.set("only", "here");
    EXPECT_EQ(to_text(original), after) << i;
  }
}

TEST(JsonCopies, OfAPartAreNobodyElses) {
  Json original = parse_json(R"({"a":[1,{"b":2}]})").value();
  Json part = *original.find("a");
  original.edit("a")->edit_array()[1].set("b", 3);
  EXPECT_EQ(to_text(part), R"([1,{"b":2}])");
  part.edit_array()[1].set("b", 4);
  EXPECT_EQ(to_text(original), R"({"a":[1,{"b":3}]})");
}

TEST(JsonCopies, MayStandInsideTheValueTheyAreOf) {
  Json json = Json::object().set("n", 1);
  json.set("self", json);
  json.edit("self")->set("n", 2);
  EXPECT_EQ(to_text(json), R"({"n":1,"self":{"n":2}})");
  Json list = Json::array();
  list.push_back(list);
  list.push_back(list);
  EXPECT_EQ(to_text(list), "[[],[[]]]");
}

TEST(JsonCopies, AreChangedByDistinctThreadsAtOnce) {
  const std::string before = R"({"a":{"b":[1,{"c":"a text of more than fifteen bytes"}]}})";
  const Json shared = parse_json(before).value();
  const auto change = [&](int64_t mine) {
    for (int i = 0; i < 5'000; ++i) {
      Json copy = shared;
      Json& deep = copy.edit("a")->edit("b")->edit_array()[1];
      deep.set("c", mine).set("i", i);
      const Json again = copy;
      copy.edit("a")->erase("b");
      if (again.at_path("a.b.1.c")->as_int() != mine || copy.find("a")->find("b")) ADD_FAILURE();
    }
  };
  std::thread one(change, 1), two(change, 2);
  one.join();
  two.join();
  EXPECT_EQ(to_text(shared), before);
}

// The last owner changes in place: only once the other thread has let go.
TEST(JsonCopies, AreReadByAThreadWhileTheOriginalChanges) {
  const std::string before = R"({"a":[1,2,3],"t":"a text of more than fifteen bytes"})";
  for (int round = 0; round < 500; ++round) {
    Json original = parse_json(before).value();
    std::thread reader([copy = original, &before] { EXPECT_EQ(to_text(copy), before); });
    original.edit("a")->push_back(round);
    original.set("t", round);
    reader.join();
    EXPECT_EQ(original.integer("t"), round);
  }
}

}  // namespace
}  // namespace rapport
