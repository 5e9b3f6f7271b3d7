// What a template's text says, as a tree: for the sources of templates only.
#pragma once

#include <string>
#include <vector>

#include "decide/templates/template.h"

namespace rapport::decide {

struct Template::Node {
  enum class Kind { kText, kValue, kRaw, kSection, kInverted };

  Kind kind = Kind::kText;
  std::string text = {};                // kText: the text, else the path
  std::vector<std::string> names = {};  // parts of the path; none: the item itself
  std::string where = {};
  std::vector<Node> children = {};  // of sections
};

struct Template::Content {
  std::string name;
  std::vector<Node> nodes;
  std::vector<TemplateNeed> needs;
};

// Partials are read in place, so that no tree refers to another.
Result<std::vector<Template::Node>> read_template_tree(std::string_view text,
                                                       const TemplateReading& reading);

}  // namespace rapport::decide
