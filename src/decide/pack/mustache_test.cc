#include "decide/pack/mustache.h"

#include <gtest/gtest.h>

namespace rapport::decide {
namespace {

// Text as it stands, {name}, {{name}} unescaped, #name[…], ^name[…].
std::string shown(const std::vector<Mustache::Part>& parts) {
  std::string out;
  for (const Mustache::Part& part : parts) {
    switch (part.kind) {
      case Mustache::Kind::kText:
        out += part.text;
        break;
      case Mustache::Kind::kValue:
        out += "{" + part.text + "}";
        break;
      case Mustache::Kind::kRawValue:
        out += "{{" + part.text + "}}";
        break;
      case Mustache::Kind::kSection:
        out += "#" + part.text + "[" + shown(part.parts) + "]";
        break;
      case Mustache::Kind::kInverted:
        out += "^" + part.text + "[" + shown(part.parts) + "]";
        break;
    }
  }
  return out;
}

std::string read(std::string_view text) {
  const MustacheRead read = read_mustache(text);
  if (!read.problem) return shown(read.mustache.parts);
  EXPECT_TRUE(read.mustache.parts.empty());
  return std::to_string(read.problem->line) + ":" + std::to_string(read.problem->column) + ": " +
         read.problem->message;
}

TEST(Mustache, ReadsValuesSectionsAndComments) {
  EXPECT_EQ(read(""), "");
  EXPECT_EQ(read("Hello {{ name }}, {{{html}}} {{&html}} {{! not said }}."),
            "Hello {name}, {{html}} {{html}} .");
  EXPECT_EQ(
      read("{{#offers}}{{name}} {{#parts}}{{.}}{{/parts}}{{/offers}}{{^offers}}none{{/offers}}"),
      "#offers[{name} #parts[{.}]]^offers[none]");
  EXPECT_EQ(read("a } b } c { d }}"), "a } b } c { d }}");
}

TEST(Mustache, ATagThatStandsAloneTakesItsLine) {
  EXPECT_EQ(read("a\n  {{#b}}\n- {{c}}\n  {{/b}}\nd"), "a\n#b[- {c}\n]d");
  EXPECT_EQ(read("{{#b}}\nx\n{{/b}}"), "#b[x\n]");
  EXPECT_EQ(read("a {{#b}}\nx {{/b}}\n"), "a #b[\nx ]\n");
  EXPECT_EQ(read("a\r\n{{! c }}\r\nb"), "a\r\nb");
  EXPECT_EQ(read("a\n{{b}}\nc"), "a\n{b}\nc");  // a value does not
}

TEST(Mustache, TellsTheFirstThingThatIsWrongAndWhere) {
  EXPECT_EQ(read("a\n  {{name"), "2:3: '{{' is not closed; write '}}' behind the name");
  EXPECT_EQ(read("{{{name}}"), "1:1: '{{{' is not closed; write '}}}' behind the name");
  EXPECT_EQ(read("ä {{#b}} x"), "1:3: {{#b}} is not closed; write {{/b}} where it ends");
  EXPECT_EQ(read("x{{/b}}"), "1:2: '{{/b}}' closes a section that was not begun");
  EXPECT_EQ(read("{{#a}}{{#b}}{{/a}}{{/b}}"), "1:13: '{{/a}}' stands where '{{/b}}' must");
  EXPECT_EQ(read("{{> footer}}"),
            "1:1: '{{>' is not supported: a template has values, sections and comments only");
  EXPECT_EQ(read("{{=<% %>=}}").substr(0, 23), "1:1: '{{=' is not suppo");
  const std::string form =
      " must be a name of lower-case letters, digits and '_', 64 at most, or '.' for the item of a "
      "list";
  EXPECT_EQ(read("{{first name}}"), "1:1: 'first name'" + form);
  EXPECT_EQ(read("{{}}"), "1:1: ''" + form);
  EXPECT_EQ(read("{{contact.name}}"), "1:1: 'contact.name'" + form);
}

TEST(Mustache, SectionsAreSixteenDeepAtMost) {
  std::string deep;
  for (int i = 0; i < 16; i++) deep += "{{#a}}";
  std::string closed = deep;
  for (int i = 0; i < 16; i++) closed += "{{/a}}";
  EXPECT_EQ(read(closed).substr(0, 3), "#a[");
  EXPECT_EQ(read(deep + "{{#a}}"), "1:97: sections stand 16 deep at most");
}

TEST(Mustache, VisitsEveryNameWithItsSections) {
  const MustacheRead read = read_mustache("{{a}}{{#b}}{{c}}{{^d}}{{e}}{{/d}}{{/b}}");
  std::string seen;
  each_name(read.mustache, [&](const Mustache::Part& part, const auto& sections) {
    seen += part.text;
    for (const std::string_view section : sections) seen += "<" + std::string(section);
    seen += " ";
  });
  EXPECT_EQ(seen, "a b c<b d<b e<b ");
}

}  // namespace
}  // namespace rapport::decide
