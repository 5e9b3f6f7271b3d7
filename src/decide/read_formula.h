// Reads an expression as it stands in a document; others compile it.
#pragma once

#include <string_view>

#include "base/yaml_fields.h"
#include "decide/pack/spec.h"

namespace rapport::decide {

// The optional text at `key`, with its place.
inline Formula read_formula(YamlFields& fields, const YamlDocument& document,
                            std::string_view key) {
  const YamlNode* node = fields.take(key);
  if (node == nullptr) return {};
  return {fields.text(key), {document.name, node->line, node->column}};
}

}  // namespace rapport::decide
