// rooms: decide
// Any text as calendars, SLA policies and routings: refused with a place, or it can be used, and a
// clock explains itself in sums.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "decide/read_routing.h"
#include "decide/read_sla.h"
#include "decide/sla_explain.h"

namespace {

using namespace rapport;
using namespace rapport::decide;

const expr::Zones& zones() {
  static const auto all = expr::open_system_zones().value();
  return *all;
}

void use(const SlaTerms& terms) {
  constexpr int64_t kStart = 1'793'000'000;  // October 2026
  for (size_t target = 0; target < kSlaTargets; ++target) {
    if (terms.policy->budget[target] == Micros{}) continue;
    SlaClock clock = start(terms, static_cast<SlaTarget>(target), seconds(kStart), "opened");
    pause(clock, terms, seconds(kStart + 5'000), "awaited");
    resume(clock, terms, seconds(kStart + 90'000));
    const Micros now = seconds(kStart + 1'000'000);
    fire(clock, terms, now);
    if (!(sla_clock_from(to_json(clock)).value() == clock)) __builtin_trap();
    const SlaExplanation told = explain(clock, terms, now);
    if (clock.due_at && told.counted != clock.budget) __builtin_trap();
    if (told.left != clock.budget - used_at(clock, terms, now)) __builtin_trap();
  }
}

void use(const Routing& routing) {
  Agent ana, ben;
  ana.id = "ana";
  ben.id = "ben";
  ben.teams = {"vip"};
  ben.open["ticket"] = 2;
  const Agent agents[] = {ana, ben};
  const std::vector<std::optional<RoutingWants>> wants(routing.steps.size(), RoutingWants{});
  if (route(routing, agents, wants, {}, {}).reason.empty()) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto yaml = parse_yaml(text, "pack.yaml");
  if (!yaml.ok()) return 0;
  YamlDocument document{.name = "pack.yaml"};
  const auto sla = read_sla(yaml->find("calendars"), yaml->find("sla"), "UTC", &zones(), document);
  const auto routings = read_routing(yaml->find("teams"), yaml->find("routing"), document);
  for (const Error& error : document.errors)
    if (error.message.empty() || error.where.empty()) __builtin_trap();
  if (document.error) return 0;
  for (const SlaPolicy& policy : sla.policies) use(sla.terms(policy.name).value());
  for (const Routing& routing : routings.routings) use(routing);
  return 0;
}
