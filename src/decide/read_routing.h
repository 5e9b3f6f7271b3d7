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

// teams:
//   vip: {says: VIP agents}
//   support-queue: {}
// routing:
//   - id: fitting-agent
//     of: ticket
//     as: owner                       # what the chosen becomes; absent: owner
//     steps:                          # the first that finds someone decides
//       - {when: "ticket.tier == 'platinum'", team: vip, method: least_loaded}
//       - {team: cost-support, skills: [refunds, {name: billing, level: 3}],
//          languages: "[contact.language]", method: round_robin}
//       - {role: rep, territory: account.region, method: longest_idle}
//       - {role: csm, team_of: "'csm-' + account.segment", method: least_share}
//       - {when: "lead.cold", assign: nobody, do: [{start: nurture}]}
//     fallback: {assign: team, team: support-queue}     # or {assign: nobody, do: [...]}
//     tie: [load, name]               # of name, load, round_robin, id; then id
//     respect_capacity: true
//     presence: available             # or any
//     spec: [CO-35]
//
// Methods: round_robin, least_loaded (open items), least_share (of the capacity), longest_idle,
// first, owner. Both nodes may be null: absent. What is wrong is refused in `document`.
RoutingDefinitions read_routing(const YamlNode* teams, const YamlNode* routing,
                                YamlDocument& document);

}  // namespace rapport::decide
