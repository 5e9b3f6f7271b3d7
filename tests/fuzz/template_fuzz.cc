// rooms: decide
// Any text as a template, its own partial too: it is refused with a place, or all that it needs is
// told, so that a context made from the needs renders; a line stays one line, HTML stays escaped.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/json.h"
#include "base/text.h"
#include "decide/templates/language.h"
#include "decide/templates/template.h"

namespace {

using namespace rapport;
using namespace rapport::decide;

constexpr std::string_view kHostile = "\"><qzx7>\r\nBcc: x@y`'&";

void give(Json& context, std::string_view path) {
  Json* at = &context;
  for (std::string_view name : split(path, '.')) {
    if (at->is_null()) *at = Json::object();
    if (!at->is_object()) return;  // a name that is used both as a value and as an object
    if (at->find(name) == nullptr) at->set(name, Json());
    at = at->edit(name);
  }
  if (at->is_null()) *at = kHostile;
}

void check_template(std::string_view text, RawValues raw) {
  const PartialTexts partials = {{"p", std::string(text.substr(0, text.size() / 2))},
                                 {"q", "{{x}}"}};
  const auto read = Template::read(text, {.raw = raw, .partials = &partials});
  if (!read.ok()) {
    CHECK(!read.error().message.empty() && !read.error().where.empty());
    return;
  }
  Json context = Json::object();
  for (const TemplateNeed& need : read->needs())
    if (need.path != ".") give(context, need.path);
  const auto line = read->render(context, TemplateForm::kLine);
  if (line.ok()) CHECK(line->find_first_of("\r\n") == std::string::npos && is_utf8(*line));
  const auto html = read->render(context, TemplateForm::kHtml);
  if (html.ok() && raw == RawValues::kRefused && text.find("zx7") == std::string_view::npos)
    CHECK(line.ok() && html->find("<qzx7") == std::string::npos);
  const auto nothing = read->render(Json::object(), TemplateForm::kText);
  const auto always = [](const TemplateNeed& need) {
    return need.as == TemplateNeed::As::kValue && need.within.empty();
  };
  if (std::any_of(read->needs().begin(), read->needs().end(), always)) CHECK(!nothing.ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  check_template(text, RawValues::kRefused);
  check_template(text, RawValues::kAllowed);
  const std::string_view tags[] = {"en", "es"};
  choose_language(tags, text, text.substr(size / 2), "en");
  return 0;
}
