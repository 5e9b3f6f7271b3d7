// What a case expects, held against what is so.
#pragma once

#include <string>
#include <vector>

#include "base/yaml_fields.h"
#include "main/cases/observed.h"

namespace rapport::cases {

struct Failure {
  int line = 0;
  std::string what;  // "ticket.priority"
  std::string expected, got;
  bool operator==(const Failure&) const = default;
};

// Refuses what cannot be expected: unknown keys, objects, rules, signals.
void check_expectation(const YamlNode& expect, const decide::Definitions& definitions,
                       YamlDocument& document);

// What of it is not so; empty: all is.
std::vector<Failure> unmet(const YamlNode& expect, const Observed& seen);

}  // namespace rapport::cases
