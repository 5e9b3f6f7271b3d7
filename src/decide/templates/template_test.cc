#include "decide/templates/template.h"

#include <gtest/gtest.h>

namespace rapport::decide {
namespace {

Json json(std::string_view text) {
  return parse_json(text).value();
}

Template read(std::string_view text, const TemplateReading& reading = {}) {
  return Template::read(text, reading).value();
}

std::string render(std::string_view text, std::string_view context,
                   TemplateForm form = TemplateForm::kText) {
  auto done = read(text).render(json(context), form);
  return done.ok() ? *done : "error: " + done.error().message;
}

// "line:column: what is wrong"; empty: nothing.
std::string refusal(std::string_view text, const TemplateReading& reading = {}) {
  const auto done = Template::read(text, reading);
  return done.ok() ? "" : done.error().where + ": " + done.error().message;
}

TEST(Template, PutsValuesInTheirPlaces) {  // CS-76
  EXPECT_EQ(
      render("Hi {{first_name}}, {{ account.name }} has {{seats}} seats at {{share}}.",
             R"({"first_name": "Ana", "account": {"name": "Acme"}, "seats": 12, "share": 0.5})"),
      "Hi Ana, Acme has 12 seats at 0.5.");
}

TEST(Template, NamesAllThatIsMissingAndRendersNothing) {  // CS-76
  const auto done =
      read("Hi {{first_name}} from {{csm_name}} of {{product_name}}, {{csm_name}}",
           {.name = "welcome_email"})
          .render(json(R"({"product_name": " ", "first_name": null})"), TemplateForm::kText);
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().message,
            "welcome_email needs values that are not there: first_name, csm_name, product_name "
            "(empty). Give them, or let a section leave the part out.");
  EXPECT_EQ(done.error().where, "first_name, csm_name, product_name");
}

TEST(Template, TellsWhichItemLacksAValue) {
  EXPECT_EQ(render("{{#deals}}{{name}}: {{amount}}\n{{/deals}}",
                   R"({"amount": "outer", "deals": [{"name": "A", "amount": 1},
                      {"name": "B", "amount": null}, {"amount": 3}]})"),
            "error: The template needs values that are not there: amount (in deals, item 2), name "
            "(in deals, item 3). Give them, or let a section leave the part out.");
}

TEST(Template, AValueIsATextOrANumber) {
  EXPECT_EQ(render("{{a}}{{b}}{{c}}", R"({"a": true, "b": [1], "c": {"d": 1}})"),
            "error: The template needs values that are not there: a (a truth value), b (a list), c "
            "(an object). Give them, or let a section leave the part out.");
}

TEST(Template, ASectionIsLeftOutWhenItsValueIsMissingOrEmpty) {
  for (std::string_view nothing : {R"({})", R"({"x": null})", R"({"x": ""})", R"({"x": "  "})",
                                   R"({"x": []})", R"({"x": {}})", R"({"x": false})"})
    EXPECT_EQ(render("a{{#x}} {{y}}{{/x}}{{^x}} none{{/x}}", nothing), "a none") << nothing;
  for (std::string_view there : {R"({"x": 0})", R"({"x": "t"})", R"({"x": true})", R"({"x": [0]})"})
    EXPECT_EQ(render("a{{#x}} yes{{/x}}{{^x}} none{{/x}}", there), "a yes") << there;
}

TEST(Template, ASectionOverAListGivesEachItem) {
  EXPECT_EQ(render("{{#features}}- {{.}}\n{{/features}}", R"({"features": ["Inbox", "Bots"]})"),
            "- Inbox\n- Bots\n");
  EXPECT_EQ(render("{{#a.b}}{{c.d}}{{top}} {{/a.b}}",
                   R"({"top": "!", "a": {"b": [{"c": {"d": 1}}, {"c": {"d": 2}}]}})"),
            "1! 2! ");
}

TEST(Template, APathIsFollowedFromWhereItsFirstNameIsFound) {
  EXPECT_EQ(render("{{#a}}{{b.c}}{{/a}}", R"({"a": {"b": {}}, "b": {"c": "outer"}})"),
            "error: The template needs values that are not there: b.c (in a). Give them, or let a "
            "section leave the part out.");
}

TEST(Template, ALineThatHoldsOnlyATagLeavesNoLine) {
  const std::string_view text =
      "Dear {{n}},\n  {{! greeting }}\n{{#a}}\nwith a\n\n{{/a}}\n{{^a}}\nwithout a\n{{/a}}\nBye\n";
  EXPECT_EQ(render(text, R"({"n": "Ana", "a": 1})"), "Dear Ana,\nwith a\n\nBye\n");
  EXPECT_EQ(render(text, R"({"n": "Ana"})"), "Dear Ana,\nwithout a\nBye\n");
  EXPECT_EQ(render("a\r\n{{#x}}\r\nb\r\n{{/x}}\r\nc\r\n", R"({})"), "a\nc\n");
  EXPECT_EQ(render("{{#x}} {{/x}}|", R"({"x": 1})"), " |");
}

TEST(Template, EscapesForHtml) {
  EXPECT_EQ(render(R"(<a title="{{n}}">{{n}}</a>)", R"({"n": "\"><script>`'&\u0000\u001b"})",
                   TemplateForm::kHtml),
            "<a title=\"&quot;&gt;&lt;script&gt;&#96;&#39;&amp;\">"
            "&quot;&gt;&lt;script&gt;&#96;&#39;&amp;</a>");
}

TEST(Template, PlainTextKeepsLinesAndDropsControlCharacters) {
  EXPECT_EQ(render("{{n}}", R"({"n": "a<b>\r\nc\td\u0007\u009b"})"), "a<b>\nc\td");
}

TEST(Template, ALineStaysOneLine) {
  EXPECT_EQ(render("About {{n}}\n", R"({"n": "Ana\r\nBcc: x@y\u2028z\u0000 \u0085e"})",
                   TemplateForm::kLine),
            "About Ana Bcc: x@y z e");
}

TEST(Template, RawValuesMustBeAllowed) {
  EXPECT_EQ(refusal("a\n {{{signature}}}"),
            "2:2: signature would stand unescaped, which is not allowed here: write "
            "{{signature}}.");
  EXPECT_NE(refusal("{{& signature }}"), "");
  const Template raw = read("{{{s}}}{{&s}}{{s}}", {.raw = RawValues::kAllowed});
  EXPECT_EQ(*raw.render(json(R"({"s": "<b>"})"), TemplateForm::kHtml), "<b><b>&lt;b&gt;");
}

TEST(Template, TellsWhatItNeedsAndWithinWhat) {
  const Template one = read(
      "{{first_name}} {{#deals}}{{amount}}{{^closed}}{{close_date}}{{/closed}}{{/deals}}\n"
      "{{first_name}}");
  using Need = TemplateNeed;
  const std::vector<Need> wanted = {{"first_name", Need::As::kValue, {}, "1:1"},
                                    {"deals", Need::As::kSection, {}, "1:16"},
                                    {"amount", Need::As::kValue, {"deals"}, "1:26"},
                                    {"closed", Need::As::kSection, {"deals"}, "1:36"},
                                    {"close_date", Need::As::kValue, {"deals", "^closed"}, "1:47"}};
  EXPECT_EQ(one.needs(), wanted);
}

TEST(Template, TellsEveryUseOfAName) {
  const PartialTexts partials = {{"footer", "\n {{b}}"}};
  std::string told;
  read("{{a}}{{#l}}{{a}}{{^m}}{{a}}{{/m}}{{/l}}{{>footer}}{{a}}", {.partials = &partials})
      .each_use([&](const TemplateUse& use) {
        const TemplatePlace place = template_place(use.where);
        told += use.as == TemplateNeed::As::kSection ? "#" : "";
        told += std::string(use.path) + "@" + std::string(place.partial) +
                std::to_string(place.line) + ":" + std::to_string(place.column);
        for (const std::string& section : use.within) told += "<" + section;
        told += " ";
      });
  EXPECT_EQ(told, "a@1:1 #l@1:6 a@1:12<l #m@1:17<l a@1:23<l<^m b@footer2:2 a@1:51 ");
}

TEST(Template, PutsPartialsInPlace) {
  const PartialTexts partials = {{"footer", "{{> legal}}\nBye {{csm_name}}\n"},
                                 {"legal", "Acme SL\n"}};
  const Template one = read("Hi\n{{> footer }}\nPS", {.partials = &partials});
  EXPECT_EQ(*one.render(json(R"({"csm_name": "Eva"})"), TemplateForm::kText),
            "Hi\nAcme SL\nBye Eva\nPS");
  EXPECT_EQ(one.needs().front().where, "footer 2:5");
}

TEST(Template, APartialThatIncludesItselfIsFoundAtReading) {
  const PartialTexts partials = {{"a", "{{>b}}"}, {"b", "x\n{{>c}}"}, {"c", "{{>a}}"}};
  EXPECT_EQ(refusal("{{>a}}", {.partials = &partials}),
            "c 1:1: the partial a includes itself: a > b > c > a.");
}

TEST(Template, PartialsThatMultiplyAreRefused) {
  PartialTexts partials = {{"p0", "0123456789"}};
  for (int i = 1; i < 12; ++i) {
    const std::string inner = "{{>p" + std::to_string(i - 1) + "}}";
    std::string& text = partials["p" + std::to_string(i)];
    for (int n = 0; n < 10; ++n) text += inner;
  }
  EXPECT_NE(refusal("{{>p11}}", {.partials = &partials}), "");
}

TEST(Template, SaysWhereItIsWrong) {
  const PartialTexts partials = {{"footer", "x{{/y}}"}};
  struct Case {
    std::string_view text, message;
  };
  const Case cases[] = {
      {"añ {{x", "1:4: the tag is not closed: write }} after its name."},
      {"{{{x}}", "1:1: the tag is not closed: write }}} after its name."},
      {"a\n{{#x}}b", "2:1: the section x is not closed: write {{/x}} where it ends."},
      {"{{/x}}", "1:1: {{/x}} closes a section that is not open: remove it."},
      {"{{#x}}{{#y}}{{/x}}{{/y}}",
       "1:13: {{/x}} stands where the section y must be closed first: write {{/y}}."},
      {"{{first name}}",
       "1:1: 'first name' is no name: write letters, digits, _ and -, with dots between the "
       "names of a path, 256 characters at most."},
      {"{{=<% %>=}}", "1:1: delimiters cannot be changed: write {{ and }} around names."},
      {"{{>foter}}", "1:1: there is no partial 'foter': did you mean 'footer'?"},
      {"{{>footer}}", "footer 1:2: {{/y}} closes a section that is not open: remove it."},
      {"\xff", "1:1: the text is not UTF-8."}};
  for (const Case& one : cases) EXPECT_EQ(refusal(one.text, {.partials = &partials}), one.message);
  EXPECT_EQ(refusal("a {{>footer}}"),
            "1:3: there are no partials here: write the text in its place.");
}

TEST(Template, AnEmptyNameIsNoName) {
  for (std::string_view text : {"{{}}", "{{#}}{{/}}", "{{a..b}}", "{{.a}}", "{{a.}}", "{{ }}"})
    EXPECT_NE(refusal(text), "") << text;
}

TEST(Template, HasLimits) {
  EXPECT_NE(refusal(std::string(256 * 1024 + 1, 'x')), "");
  EXPECT_EQ(refusal("{{" + std::string(256, 'x') + "}}"), "");
  EXPECT_NE(refusal("{{" + std::string(257, 'x') + "}}"), "");
  std::string deep;
  for (int i = 0; i < 17; ++i) deep += "{{#a}}";
  EXPECT_NE(refusal(deep).find("nested more than 16 deep"), std::string::npos);
  Json list = Json::array();
  for (int i = 0; i < 2000; ++i) list.push_back(i);
  const Json context = Json::object().set("l", list);
  const auto done = read("{{#l}}{{#l}}{{#l}}{{#l}}{{^l}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}")
                        .render(context, TemplateForm::kText);
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, Code::kTooLarge);
}

}  // namespace
}  // namespace rapport::decide
