// Mustache, as templates of packs have it: values, sections, inverted sections, comments. No
// partials, no other delimiters, no lambdas. https://mustache.github.io/mustache.5.html
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rapport::decide {

struct Mustache {
  enum class Kind : uint8_t { kText, kValue, kRawValue, kSection, kInverted };
  struct Part {
    Kind kind = Kind::kText;
    std::string text;              // as it stands, or the name; "." is the item of a list
    int line = 1, column = 1;      // of the tag, from 1, in code points
    std::vector<Part> parts = {};  // of a section
  };
  std::vector<Part> parts;
};

struct MustacheProblem {
  std::string message;
  int line = 1, column = 1;
};

// What is wrong is told by the first problem; then `mustache` is empty. Linear in the text, and
// sections stand at most 16 deep. A section's tag that stands alone on its line takes the line with
// it, as the specification of Mustache has it.
struct MustacheRead {
  Mustache mustache;
  std::optional<MustacheProblem> problem;
};
MustacheRead read_mustache(std::string_view text);

// Every name with the sections it stands in, outermost first, in the order of the text. Names of
// sections are visited too.
using VisitName =
    std::function<void(const Mustache::Part& part, const std::vector<std::string_view>& sections)>;
void each_name(const Mustache& mustache, const VisitName& visit);

}  // namespace rapport::decide
