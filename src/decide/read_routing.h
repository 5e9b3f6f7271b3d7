// Reads `teams` and `routing` of a pack.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml_fields.h"
#include "decide/routing.h"

namespace rapport::decide {

struct RoutingDefinitions {
  std::map<std::string, std::string> teams;  // by name: what it is; members come with events
  std::vector<Routing> routings;

  const Routing* find(std::string_view id) const;  // null: there is none
};

// The grammar: docs/spec/routing.md. Both nodes may be null: absent. What is wrong is refused in
// `document`.
RoutingDefinitions read_routing(const YamlNode* teams, const YamlNode* routing,
                                YamlDocument& document);

}  // namespace rapport::decide
