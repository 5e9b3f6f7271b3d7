// The same texts given to another implementation of Mustache. It leaves an empty line where a
// section that stands on lines of its own is left out, so no text here has such lines.
#include <gtest/gtest.h>

#include <kainjow/mustache.hpp>

#include "decide/templates/template.h"

namespace rapport::decide {
namespace {

namespace other = kainjow::mustache;

other::data convert(const Json& json) {
  if (json.is_array()) {
    other::list list;
    for (const Json& item : json.as_array()) list.push_back(convert(item));
    return other::data(list);
  }
  if (json.is_object()) {
    other::object object;
    for (const auto& [name, value] : json.as_object())
      object.emplace(std::string(name.view()), convert(value));
    return other::data(object);
  }
  if (json.is_string()) return other::data(std::string(json.as_string()));
  if (json.is_bool()) return other::data(json.as_bool());
  if (json.is_null()) return other::data(false);
  return other::data(to_text(json));
}

TEST(Template, AgreesWithAnotherImplementation) {
  const Json context = parse_json(R"({
    "name": "Ana \"><b>", "account": {"name": "Acme", "csm": {"name": "Eva"}}, "n": 3, "no": false,
    "none": [], "yes": true, "words": ["a", "b", "c"],
    "deals": [{"name": "One", "lines": [{"sku": "x"}, {"sku": "y"}]}, {"lines": []}]})")
                           .value();
  const std::string_view texts[] = {
      "Hi {{name}}!",
      "{{{name}}} and {{& name}}",
      "{{account.name}} {{account.csm.name}} {{n}}",
      "{{#account}}{{name}} {{#csm}}{{name}}{{/csm}} {{n}}{{/account}}",
      "{{#words}}<{{.}}>{{/words}}",
      "{{#deals}}[{{name}}:{{#lines}} {{sku}}{{/lines}}{{^lines}} none{{/lines}}]{{/deals}}",
      "{{#yes}}y{{/yes}}{{#no}}n{{/no}}{{^no}}not{{/no}}{{^none}}nothing{{/none}}",
      "a{{! said\n by nobody }}b",
      "{{#yes}}\nblock\n{{/yes}}\nafter\n",
      "{{#words}}\n- {{.}}\n{{/words}}\nafter\n",
      "{ {name} } }} {{ name }}",
      "line\n\n  {{name}}\n\ttab\n",
  };
  for (std::string_view text : texts) {
    other::mustache theirs{std::string(text)};
    ASSERT_TRUE(theirs.is_valid()) << text << theirs.error_message();
    theirs.set_custom_escape([](const std::string& value) { return escape_html(value); });
    const auto ours = Template::read(text, {.raw = RawValues::kAllowed});
    ASSERT_TRUE(ours.ok()) << text;
    EXPECT_EQ(*ours->render(context, TemplateForm::kHtml), theirs.render(convert(context))) << text;
  }
}

}  // namespace
}  // namespace rapport::decide
