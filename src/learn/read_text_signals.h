// Reads the `text:` section of a pack (docs/reference/text-signals.md).
#pragma once

#include "base/yaml_fields.h"
#include "learn/text_definitions.h"

namespace rapport::learn {

// Adds what the section declares to `into`. Words, patterns and phrases of `unless` of a definition
// that is there already are added to it; its other settings stand as first declared. What is wrong
// is refused in `document`, each with its place; then `into` is not to be used.
void read_text_signals(const YamlNode& section, YamlDocument& document, TextDefinitions& into);

// A document that holds nothing but `text:`. The first error, with line and column in its message
// and in Error::where.
Result<TextDefinitions> load_text_signals(std::string_view yaml, std::string_view name);

}  // namespace rapport::learn
