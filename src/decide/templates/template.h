// Texts of messages with places for values: Mustache, read once and rendered often. Pure.
//
// Of the Mustache specification: variables, sections, inverted sections, comments, partials and
// lines that hold only a tag. Delimiters cannot be changed and there are no functions.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace rapport::decide {

using PartialTexts = std::map<std::string, std::string, std::less<>>;  // by name

// {{{x}}} and {{&x}} put a value into HTML as it is.
enum class RawValues { kRefused, kAllowed };

struct TemplateReading {
  std::string_view name = "The template";  // what messages of render() call it
  RawValues raw = RawValues::kRefused;     // holds for its partials too
  const PartialTexts* partials = nullptr;
};

// A value that a template reads.
struct TemplateNeed {
  enum class As {
    kValue,    // {{x}}: must be a text or a number, and not be empty
    kSection,  // {{#x}} or {{^x}}: may be missing or empty, which leaves the part out or in
  };
  std::string path;  // "account.name"; "." is the item of the section around it
  As as = As::kValue;
  // The sections around it, outermost first, an inverted one with '^' before its path: the value is
  // needed where all of them are taken.
  std::vector<std::string> within = {};
  std::string where = {};  // of its first use: "3:7", in a partial "footer 3:7"

  bool operator==(const TemplateNeed&) const = default;
};

// One tag with a name, at each place where it stands.
struct TemplateUse {
  std::string_view path;
  TemplateNeed::As as = TemplateNeed::As::kValue;
  std::span<const std::string> within = {};  // as in TemplateNeed
  std::string_view where = {};
};

// What Error::where, TemplateNeed::where and TemplateUse::where hold.
struct TemplatePlace {
  std::string_view partial;  // empty: the template's own text
  int line = 1, column = 1;
};
TemplatePlace template_place(std::string_view where);

enum class TemplateForm {
  kHtml,  // values escaped for text and for attributes in quotes
  kText,  // values as they are, without control characters
  kLine,  // such as a subject: line breaks and control characters become one space
};

class Template {
 public:
  // Error::where is "line:column", both from 1, columns in characters, in a partial "footer 3:7";
  // the message itself tells no place. Refused are tags that are not closed or malformed, paths
  // over 256 characters, unknown partials and such that include themselves, raw values unless
  // allowed, texts over 256 KiB, 10,000 tags or 16 sections deep (partials included).
  static Result<Template> read(std::string_view text, const TemplateReading& reading = {});

  // Each path once for each place of sections it stands in, in the order of the text.
  const std::vector<TemplateNeed>& needs() const;

  // In the order of the text. What a use refers to lives as long as the call.
  void each_use(const std::function<void(const TemplateUse&)>& visit) const;

  // Fails without a text when a value that is needed for this context is missing, null, empty, or
  // neither text nor number, and names all such values; Error::where lists their paths. An item of
  // a section finds names in itself, then in what is around it; a name that is there with null
  // hides outer ones. kTooLarge: over 1 MiB, or a million steps. Any thread.
  Result<std::string> render(const Json& context, TemplateForm form) const;

  struct Node;

 private:
  struct Content;
  explicit Template(std::shared_ptr<const Content> content) : content_(std::move(content)) {}

  std::shared_ptr<const Content> content_;
};

// & < > " ' ` as character references; control characters are dropped, but for tab and line feed.
std::string escape_html(std::string_view text);

}  // namespace rapport::decide
