// The stored form of a clock.
#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <span>

#include "decide/sla.h"

namespace rapport::decide {
namespace {

constexpr std::string_view kPhases[] = {"running", "paused", "met", "stopped"};

void set_time(Json& json, std::string_view name, const std::optional<Micros>& at) {
  if (at) json.set(name, format_time_micros(*at));
}

// Reads members; the first that is wrong is kept.
class Members {
 public:
  explicit Members(const Json& json) : json_(json) {}

  std::string text(std::string_view name) { return std::string(json_.text(name)); }
  Micros span(std::string_view name) {
    const Json* member = json_.find(name);
    if (member == nullptr || !member->is_int() || member->as_int() < 0) refuse(name);
    return {json_.integer(name)};
  }
  std::optional<Micros> time_or_none(std::string_view name) {
    return json_.find(name) == nullptr ? std::nullopt : std::optional(time(name));
  }
  Micros time(std::string_view name) {
    const auto at = parse_time(json_.text(name));
    if (!at) refuse(name);
    return at ? *at : Micros{};
  }
  size_t word(std::string_view name, std::span<const std::string_view> words) {
    const auto found = std::find(words.begin(), words.end(), json_.text(name));
    if (found == words.end()) refuse(name);
    return found == words.end() ? 0 : static_cast<size_t>(found - words.begin());
  }
  std::vector<Json> list(std::string_view name) {
    const Json* member = json_.find(name);
    if (member == nullptr) return {};
    if (!member->is_array()) refuse(name);
    return member->is_array() ? member->as_array() : Json::Array{};
  }
  void refuse(std::string_view name) {
    if (!error_)
      error_ = corrupt(fmt::format("the SLA clock's '{}' is wrong", name), std::string(name));
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  const Json& json_;
  std::optional<Error> error_;
};

Json to_json(const SlaClock::Pause& pause) {
  Json json = Json::object();
  json.set("from", format_time_micros(pause.from)).set("to", format_time_micros(pause.to));
  return json.set("reason", pause.reason);
}

}  // namespace

Json to_json(const SlaClock& clock) {
  Json json = Json::object();
  json.set("policy", clock.policy)
      .set("target", kSlaTargetNames[static_cast<size_t>(clock.target)])
      .set("phase", kPhases[static_cast<size_t>(clock.phase)]);
  json.set("started_by", clock.started_by);
  if (!clock.reason.empty()) json.set("reason", clock.reason);
  set_time(json, "started_at", clock.started_at);
  json.set("budget", clock.budget.value).set("used", clock.used.value);
  set_time(json, "since", clock.since);
  set_time(json, "changed_at", clock.changed_at);
  set_time(json, "due_at", clock.due_at);
  set_time(json, "warned_at", clock.warned_at);
  set_time(json, "met_at", clock.met_at);
  set_time(json, "breached_at", clock.breached_at);
  set_time(json, "told_from", clock.told_from);
  json.set("told_used", clock.told_used.value).set("told_paused", clock.told_paused.value);
  for (const std::string& fired : clock.fired) {
    if (json.find("fired") == nullptr) json.set("fired", Json::array());
    json.edit("fired")->push_back(fired);
  }
  for (const SlaClock::Pause& pause : clock.pauses) {
    if (json.find("pauses") == nullptr) json.set("pauses", Json::array());
    json.edit("pauses")->push_back(to_json(pause));
  }
  return json;
}

Result<SlaClock> sla_clock_from(const Json& json) {
  Members members(json);
  SlaClock clock;
  clock.policy = members.text("policy");
  if (clock.policy.empty()) members.refuse("policy");
  clock.target = static_cast<SlaTarget>(members.word("target", kSlaTargetNames));
  clock.phase = static_cast<SlaClock::Phase>(members.word("phase", kPhases));
  clock.started_by = members.text("started_by");
  clock.reason = members.text("reason");
  clock.started_at = members.time("started_at");
  clock.budget = members.span("budget");
  clock.used = members.span("used");
  clock.since = members.time("since");
  clock.changed_at = members.time("changed_at");
  clock.due_at = members.time_or_none("due_at");
  clock.warned_at = members.time_or_none("warned_at");
  clock.met_at = members.time_or_none("met_at");
  clock.breached_at = members.time_or_none("breached_at");
  clock.told_from = members.time("told_from");
  clock.told_used = members.span("told_used");
  clock.told_paused = members.span("told_paused");
  for (const Json& fired : members.list("fired")) {
    if (!fired.is_string()) members.refuse("fired");
    clock.fired.emplace_back(fired.is_string() ? fired.as_string() : "");
  }
  for (const Json& item : members.list("pauses")) {
    Members pause(item);
    clock.pauses.push_back({pause.time("from"), pause.time("to"), pause.text("reason")});
    if (pause.error()) members.refuse("pauses");
  }
  if (members.error()) return *members.error();
  return clock;
}

}  // namespace rapport::decide
