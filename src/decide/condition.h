// An expression as it stands in a document, before it is compiled.
#pragma once

#include <string>

#include "base/yaml.h"

namespace rapport::decide {

// The text is not checked here: who compiles it reports what is wrong at `at`.
struct Condition {
  std::string text;
  YamlNode at;  // the scalar it was read from
};

}  // namespace rapport::decide
