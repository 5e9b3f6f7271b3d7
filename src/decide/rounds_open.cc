// How many open records a user has: what `least_loaded`, `least_share` and `longest_idle` look at.
#include <algorithm>

#include "decide/rounds.h"

namespace rapport::decide {

using model::Record;

namespace {

constexpr std::string_view kDone[] = {"solved", "closed", "completed", "cancelled", "won", "lost"};

std::string user_of(const Step& step, const model::RecordKey& key, const Json* fields) {
  if (!fields || !fields->is_object()) return {};
  const auto status = fields->text("status");
  if (std::find(std::begin(kDone), std::end(kDone), status) != std::end(kDone)) return {};
  const bool assigned = key.type == model::kTicket || key.type == model::kConversation;
  const auto name = fields->text(assigned ? "assignee" : "owner");
  if (name.empty()) return {};
  if (step.find(model::kUser, name)) return std::string(name);
  const auto found = step.ids_with(model::kUser, "keys", name);
  return found.empty() ? std::string() : found.front();
}

}  // namespace

void Rounds::count_open(const model::RecordKey& key, uint32_t object, const Json* before,
                        const Json* now) {
  const std::string& name = definitions_.vocabulary.object(object).name;
  const auto& routings = definitions_.routing.routings;
  if (std::none_of(routings.begin(), routings.end(),
                   [&](const Routing& one) { return one.object == name; }))
    return;
  const std::string had = user_of(step_, key, before), has = user_of(step_, key, now);
  if (had == has) return;
  const auto shift = [&](const std::string& user, int64_t by) {
    if (user.empty()) return;
    Json& side = derived({std::string(model::kUser), user});
    if (!side.find("open")) side.set("open", Json::object());
    Json& open = *side.edit("open");
    open.set(name, std::max<int64_t>(open.integer(name) + by, 0));
    const auto& all = open.as_object();
    const bool idle = std::all_of(all.begin(), all.end(),
                                  [](const auto& one) { return one.second.as_int() == 0; });
    if (idle) side.set("idle_since", now_.value);
  };
  shift(had, -1);
  shift(has, 1);
}

}  // namespace rapport::decide
