// Settings of the active packs; the workspace's zone and currency.
#include <fmt/format.h>

#include "api/problem.h"
#include "api/routes/declared.h"
#include "api/routes/routes.h"
#include "base/text.h"
#include "decide/given_values.h"
#include "expr/functions/money.h"

namespace rapport::api {

using access::Scope;

namespace {

Result<Json> active_fields(Call& call) {
  TRY_ASSIGN(auto found, call.tenant->state().load(std::vector{
                             model::RecordKey{std::string(model::kDefinitions), "active"}}));
  return found.front() ? found.front()->fields : Json::object();
}

Json show(const decide::SettingSpec& spec, const Json* override_value, const Json& present) {
  return Json::object()
      .set("name", spec.id)
      .set("pack", spec.pack)
      .set("says", spec.says)
      .set("type", decide::name(spec.type))
      .set("default", decide::show_setting(spec, spec.value))
      .set("value", decide::show_setting(spec, present))
      .set("changed", override_value != nullptr);
}

Result<HttpResponse> shown(Call& call) {
  TRY_ASSIGN(const Words words, Words::of(call));
  TRY_ASSIGN(const Json active, active_fields(call));
  const Json* overrides = active.find("settings");
  Json::Array rows;
  if (words.definitions())
    for (const auto& [name, spec] : words.vocabulary().settings())
      rows.push_back(show(spec, overrides ? overrides->find(name) : nullptr,
                          words.definitions()->settings.find(name)->second));
  return json_answer(Json::object().set("data", Json(std::move(rows))));
}

Error unknown_setting(const Words& words, std::string_view name) {
  std::vector<std::string_view> known;
  for (const auto& [one, spec] : words.vocabulary().settings()) known.push_back(one);
  const auto near = nearest(name, known);
  return invalid(fmt::format("no active pack has a setting '{}'{}", cut_utf8(name, 100),
                             near ? fmt::format("; did you mean '{}'?", *near) : ""),
                 std::string(name));
}

// {name: value}; null goes back to the pack's own value.
Result<HttpResponse> change(Call& call) {
  if (!call.body.is_object() || call.body.as_object().empty())
    return invalid("the body must be an object of settings with their values");
  TRY_ASSIGN(const Words words, Words::of(call));
  TRY_ASSIGN(const Json active, active_fields(call));
  const Json* overrides = active.find("settings");
  Json changes = Json::object();
  for (const auto& [key, value] : call.body.as_object()) {
    const std::string name{std::string_view(key)};
    const auto spec = words.vocabulary().settings().find(name);
    const bool known = spec != words.vocabulary().settings().end();
    // What no pack has any more can still be forgotten.
    if (!known && !(value.is_null() && overrides && overrides->find(name)))
      return unknown_setting(words, name);
    if (value.is_null()) {
      changes.set(name, nullptr);
    } else {
      TRY_ASSIGN(Json taken, decide::take_setting(spec->second, value));
      changes.set(name, std::move(taken));
    }
  }
  TRY(call.context.declaring.declare(declarer(call), model::kSettingsChanged,
                                     Json::object().set("settings", std::move(changes))));
  note_packs(call);
  return shown(call);
}

Result<HttpResponse> get_workspace(Call& call) {
  TRY_ASSIGN(const Json active, active_fields(call));
  return json_answer(Json::object()
                         .set("name", call.principal->workspace_name)
                         .set("zone", active.text("zone", "UTC"))
                         .set("currency", active.text("currency", "USD")));
}

Result<HttpResponse> put_workspace(Call& call) {
  TRY_ASSIGN(const std::string zone, text_of(call, "zone"));
  TRY_ASSIGN(const std::string currency, text_of(call, "currency"));
  if (!expr::find_zone(zone, call.context.declaring.engine().zones()))
    return invalid(fmt::format("there is no time zone '{}': name one of the IANA table, such as "
                               "Europe/Berlin",
                               cut_utf8(zone, 100)),
                   "zone");
  const uint32_t packed = expr::pack_currency(currency);
  if (packed == 0 || !expr::minor_digits(packed))
    return invalid(
        fmt::format("'{}' is no currency of ISO 4217, such as EUR", cut_utf8(currency, 20)),
        "currency");
  TRY_ASSIGN(const Json active, active_fields(call));
  if (active.text("zone", "UTC") != zone || active.text("currency", "USD") != currency)
    TRY(call.context.declaring.declare(declarer(call), model::kWorkspaceConfigured,
                                       Json::object().set("zone", zone).set("currency", currency)));
  note_packs(call);
  return get_workspace(call);
}

}  // namespace

std::vector<Route> setting_routes() {
  return {
      {"GET", "/api/v1/settings", "listSettings", Where::kWorkspace, Scope::kRead, shown},
      {"PATCH", "/api/v1/settings", "changeSettings", Where::kWorkspace, Scope::kWrite, change},
      {"GET", "/api/v1/workspace", "getWorkspace", Where::kWorkspace, Scope::kRead, get_workspace},
      {"PUT", "/api/v1/workspace", "configureWorkspace", Where::kWorkspace, Scope::kWrite,
       put_workspace},
  };
}

}  // namespace rapport::api
