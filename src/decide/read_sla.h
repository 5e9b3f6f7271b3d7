// Reads `calendars` and `sla` of a pack.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml_fields.h"
#include "decide/sla.h"

namespace rapport::decide {

struct SlaDefinitions {
  std::map<std::string, SlaCalendar> calendars;
  std::vector<SlaPolicy> policies;  // in the order in which they are asked

  // Nothing where there is no such policy. Valid as long as this is unchanged.
  std::optional<SlaTerms> terms(std::string_view policy) const;
};

// The grammar: docs/spec/sla.md. `calendars` and `sla` may each be null: absent. `workspace_zone`
// is a name of the zone table; `zones` must outlive the result. What is wrong is refused in
// `document`, each at its place.
SlaDefinitions read_sla(const YamlNode* calendars, const YamlNode* sla,
                        std::string_view workspace_zone, const expr::Zones* zones,
                        YamlDocument& document);

}  // namespace rapport::decide
