#include "main/cases/pack_shelf.h"

#include "main/cases/cases_fixture.h"

namespace rapport::cases {
namespace {

class Shelf : public CasesTest {
 protected:
  Lines names() {
    Lines all;
    for (const PackSet& set : shelf_->sets()) {
      std::string line;
      for (const ShelvedPack* one : set.packs) line += (line.empty() ? "" : " ") + one->name;
      all.push_back(line + fmt::format(", {} cases", set.cases.size()));
    }
    return all;
  }
  static constexpr const char* kCase = "- case: a\n  expect: {count: {contact: 1}}\n";
};

TEST_F(Shelf, APackRunsUnderAllThatItUses) {
  pack("objects: {account: {fields: {plan: {type: text}}}}", "fields");
  pack("rules: {r: {on: x, do: [{set: {account.plan: pro}}]}}", "middle", "fields");
  pack("rules: {q: {on: y, when: \"account.plan == 'pro'\", do: [{tag: {account: [z]}}]}}", "p",
       "middle");
  write("p/cases/one.yaml", kCase);
  write("p/cases/deep/two.yaml", kCase);
  write("p/cases/words.txt", "not one of ours");
  EXPECT_EQ(read("p"), Lines{});
  EXPECT_EQ(names(), Lines{"fields middle p, 2 cases"});
  EXPECT_EQ(read("p/cases/one.yaml"), Lines{});
  EXPECT_EQ(names(), Lines{"fields middle p, 1 cases"});
  EXPECT_EQ(read("p/cases/deep"), Lines{});
  EXPECT_EQ(names(), Lines{"fields middle p, 1 cases"});
  EXPECT_EQ(read(), Lines{});
  EXPECT_EQ(names(),
            (Lines{"fields, 0 cases", "fields middle, 0 cases", "fields middle p, 2 cases"}));
}

TEST_F(Shelf, AFolderMayBeCalledOtherwiseThanItsPack) {
  write("fields-of-ours/pack.yaml", "pack: fields");
  pack("", "p", "fields");
  EXPECT_EQ(read("p"), Lines{});
  EXPECT_EQ(names(), Lines{"fields p, 0 cases"});
}

TEST_F(Shelf, WhatIsMissingOrWrongIsToldWithItsPlace) {
  pack("", "p", "fields");
  EXPECT_EQ(read("p"), Lines{"p/pack.yaml: uses 'fields', and there is no such pack beside it"});
  pack("ruls: {}");
  EXPECT_EQ(read("p"), Lines{"p/pack.yaml:2:1: a pack has no 'ruls'; did you mean 'rules'?"});
  pack("rules: {r: {on: x, when: acount.plan == 'pro', do: [{tag: {account: [z]}}]}}");
  ASSERT_EQ(read("p").size(), 1u);
  EXPECT_NE(read("p")[0].find("p/pack.yaml:2:26: "), std::string::npos) << read("p")[0];
  pack("");
  write("p/cases/one.yml", kCase);
  EXPECT_EQ(read("p"), Lines{"p/cases/one.yml: is not read; rename it to end in .yaml"});
  EXPECT_EQ(read("q"), Lines{"there is no q"});
  write("other/readme", "");
  EXPECT_EQ(read("other"),
            Lines{"other is no pack, holds none, and lies in none: a pack has a pack.yaml"});
}

}  // namespace
}  // namespace rapport::cases
