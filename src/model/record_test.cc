#include "model/record.h"

#include <gtest/gtest.h>

#include <set>

namespace rapport::model {
namespace {

TEST(DerivedId, IsTheSameForEver) {
  EXPECT_EQ(derive_id("con", {7}, {"subject", "17"}), "con_bx8bhme5wndxrrrxc0117cb3tg");
}

TEST(DerivedId, DiffersWhenAnyPartDiffers) {
  std::set<std::string> bodies;
  const auto add = [&](const std::string& id) { bodies.insert(id.substr(id.find('_'))); };
  add(derive_id("con", {7}, {"subject", "17"}));
  add(derive_id("acc", {7}, {"subject", "17"}));
  add(derive_id("con", {8}, {"subject", "17"}));
  add(derive_id("con", {7}, {"subject1", "7"}));
  add(derive_id("con", {7}, {"subject17"}));
  add(derive_id("con", {7}, {"subject", "17", ""}));
  EXPECT_EQ(bodies.size(), 6U);
}

TEST(DerivedId, IsPrefixAndTwentySixCharacters) {
  const std::string id = derive_id("tkt", {1}, {"x"});
  EXPECT_EQ(id.size(), 4U + 26U);
  EXPECT_EQ(id.find_first_not_of("0123456789abcdefghjkmnpqrstvwxyz", 4), std::string::npos);
}

TEST(IndexEntries, AreTheTextsOfDeclaredFieldsSortedWithoutDoubles) {
  Record record{{"contact", "con_1"}, {1}, {1}, Json::object(), Json::object()};
  record.fields.set("phones", Json(Json::Array{Json("+2"), Json("+1"), Json("+2"), Json(3)}))
      .set("account", "acc_1")
      .set("name", "not indexed")
      .set("emails", Json(Json::Array{}))
      .set("external_ids", "");
  const std::vector<IndexEntry> expected = {
      {"contact", "account", "acc_1"}, {"contact", "phones", "+1"}, {"contact", "phones", "+2"}};
  EXPECT_EQ(index_entries(record), expected);
}

TEST(IndexEntries, OfATypeWithoutIndexesAreNone) {
  Record record{{"call", "c"}, {1}, {1}, Json::object(), Json::object()};
  record.fields.set("emails", "a@b.example");
  EXPECT_TRUE(index_entries(record).empty());
}

}  // namespace
}  // namespace rapport::model
