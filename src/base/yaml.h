// A YAML document as a tree whose every node knows its line. Strict on purpose: documents come from
// people and from packs of strangers, so anchors, aliases, tags, several documents, doubled keys,
// deep nesting and large documents are refused.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace rapport {

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  using Member = std::pair<YamlNode, YamlNode>;

  Kind kind = Kind::kNull;
  int line = 1, column = 1;  // from 1
  std::string text = {};     // of a scalar
  bool quoted = false;       // "12" is a text, 12 a number
  std::vector<YamlNode> items = {};
  std::vector<Member> members = {};  // keys are scalars

  const YamlNode* find(std::string_view key) const;
  // Unquoted true, false, null and numbers become such; all other scalars are texts.
  Json to_json() const;
};

struct YamlLimits {
  size_t bytes = 256 * 1024;
  size_t depth = 24;
  size_t nodes = 20'000;
};

// `name` is how the document is called in messages: "name:12:4: …"; Error::where is "12:4".
Result<YamlNode> parse_yaml(std::string_view text, std::string_view name, YamlLimits limits = {});

Error yaml_error(std::string_view name, int line, int column, std::string_view message);

}  // namespace rapport
