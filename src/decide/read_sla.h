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

// calendars:
//   office:
//     zone: Europe/Berlin            # workspace (or absent): the zone of the workspace
//     hours: {mon-fri: "09:00-12:30, 13:30-18:00", sat: "10:00-14:00"}   # or 24/7
//     day: 8h                        # what "1d" means; absent: the open time of the longest
//     weekday holidays:
//       - {date: 2026-12-25, says: Christmas}
//       - {date: 2026-12-24, says: Christmas Eve, hours: "09:00-12:00"}
// sla:
//   - policy: vip-1h
//     of: ticket
//     start: matching                # by_rules: holds only where a rule starts it
//     when: "account.ltv > money('50000 USD')"      # the first matching policy holds
//     calendar: office
//     targets: {first_response: 1h, next_response: 4h, resolution: 2d}
//     pause_when: "ticket.status == 'waiting_on_customer'"
//     pause_says: the customer is awaited
//     warn_at: [50, 75]              # percent of each target
//     escalate:
//       - {at: 100, notify: {role: manager}}        # percent, up to 1000
//       - {after_breach: 2h, target: resolution, assign: {team: management}}
//     spec: [CO-61]
//
// `calendars` and `sla` may each be null: absent. `workspace_zone` is a name of the zone table;
// `zones` must outlive the result. What is wrong is refused in `document`, each at its place.
SlaDefinitions read_sla(const YamlNode* calendars, const YamlNode* sla,
                        std::string_view workspace_zone, const expr::Zones* zones,
                        YamlDocument& document);

}  // namespace rapport::decide
