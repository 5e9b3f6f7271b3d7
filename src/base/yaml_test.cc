#include "base/yaml.h"

#include <gtest/gtest.h>

namespace rapport {
namespace {

std::string refusal(std::string_view text, YamlLimits limits = {}) {
  const auto parsed = parse_yaml(text, "m.yaml", limits);
  return parsed.ok() ? "(accepted)" : parsed.error().message;
}

TEST(Yaml, KeepsTypesOrderAndPlaces) {
  const auto root = parse_yaml("b: 1\na: ['1', true, 2.5, null, x y]\n", "m.yaml");
  ASSERT_TRUE(root.ok());
  EXPECT_EQ(to_text(root->to_json()), R"({"b":1,"a":["1",true,2.5,null,"x y"]})");
  EXPECT_EQ(root->find("a")->line, 2);
}

TEST(Yaml, RefusesDoubledKeys) {
  EXPECT_EQ(refusal("a: 1\nb: 2\na: 3\n"), "m.yaml:3:1: 'a' is there twice, first in line 1");
}

TEST(Yaml, RefusesAnchorsAliasesTagsAndSeveralDocuments) {
  EXPECT_EQ(refusal("a: &x [1]\n"), "m.yaml:1:4: anchors are not supported");
  EXPECT_EQ(refusal("a: *x\n").substr(0, 12), "m.yaml:1:4: ");
  EXPECT_EQ(refusal("a: !!python/object x\n").substr(0, 12), "m.yaml:1:4: ");
  EXPECT_NE(refusal("a: 1\n---\nb: 1\n").find("more than one document"), std::string::npos);
}

TEST(Yaml, RefusesABombBeforeItGrows) {
  const std::string bomb =
      "a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\n";
  EXPECT_NE(refusal(bomb).find("anchors are not supported"), std::string::npos);
}

TEST(Yaml, BoundsDepthNodesAndSize) {
  const std::string deep = std::string(1000, '[') + std::string(1000, ']');
  EXPECT_EQ(refusal(deep), "m.yaml:1:25: nested deeper than 24 levels");
  EXPECT_NE(refusal("[1,2,3,4,5]", {.nodes = 3}).find("more than 3 values"), std::string::npos);
  EXPECT_NE(refusal("abcdef", {.bytes = 5}).find("at most 5"), std::string::npos);
}

TEST(Yaml, RefusesBytesThatAreNotText) {
  EXPECT_EQ(refusal("a: \xff\xfe"), "m.yaml:1:1: not UTF-8");
  EXPECT_NE(refusal("? [a]\n: b\n").find("a key must be a text"), std::string::npos);
}

}  // namespace
}  // namespace rapport
