#include "decide/activation.h"

#include "base/crypto.h"
#include "base/text.h"
#include "decide/contact_fields.h"
#include "decide/pack/read_pack.h"

namespace rapport::decide {

using model::Event;
using model::Record;

namespace {

constexpr std::string_view kActive = "active";

Json& object_member(Json& fields, std::string_view name) {
  if (!fields.find(name)) fields.set(name, Json::object());
  return *fields.edit(name);
}

Json& active(Step& step) {
  return step.edit(model::kDefinitions, kActive).fields;
}

// One name for all that is declared, in the order of names.
void name_version(Json& fields) {
  Json all = Json::object();
  for (std::string_view part : {"packs", "zone", "currency", "settings"})
    if (const Json* value = fields.find(part)) all.set(part, *value);
  fields.set("version", to_hex(bytes_of(sha256({to_canonical_text(all)}))).substr(0, 16));
}

void activate(Step& step, const Event& event) {
  const std::string name(event.property("pack")), version(event.property("version"));
  const std::string id = name + "@" + version;
  if (const Json* files = event.properties.find("files")) {
    Json& content = step.edit(model::kPack, id).fields;
    content.set("name", name).set("version", version).set("files", *files);
  }
  if (!step.find(model::kPack, id)) return;
  Json& pack = step.edit(model::kPack, name).fields;
  pack.set("name", name).set("version", version).set("status", "active");
  pack.set("activated_at", format_time(event.received_at)).set("by", event.property("by"));
  if (!pack.find("history")) pack.set("history", Json::array());
  pack.edit("history")->push_back(Json::object()
                                      .set("version", version)
                                      .set("at", format_time(event.received_at))
                                      .set("by", event.property("by"))
                                      .set("event", event.sequence.value));
  step.edit(model::kDefinitions, "packs").fields.set(name, "active");
  Json& all = active(step);
  object_member(all, "packs").set(name, version);
  Json& since = object_member(all, "since");
  if (!since.find(name)) since.set(name, event.sequence.value);
  name_version(all);
}

void deactivate(Step& step, const Event& event) {
  const std::string name(event.property("pack"));
  if (!step.find(model::kPack, name)) return;
  step.edit(model::kPack, name).fields.set("status", "inactive");
  step.edit(model::kDefinitions, "packs").fields.set(name, "inactive");
  Json& all = active(step);
  object_member(all, "packs").erase(name);
  object_member(all, "since").erase(name);
  name_version(all);
}

void configure_workspace(Step& step, const Event& event) {
  Json& all = active(step);
  for (std::string_view part : {"zone", "currency"})
    if (const auto value = event.property(part); !value.empty()) all.set(part, value);
  name_version(all);
}

void change_settings(Step& step, const Event& event) {
  const Json* changes = event.properties.find("settings");
  if (!changes || !changes->is_object()) return;
  Json& all = active(step);
  Json& settings = object_member(all, "settings");
  for (const auto& [name, value] : changes->as_object()) {
    if (value.is_null()) {
      settings.erase(name);
    } else {
      settings.set(name, value);
    }
  }
  name_version(all);
}

// All that was given; null removes. Who gave it stays in the event.
void take_fields(Json& fields, const Event& event) {
  for (const auto& [name, value] : event.properties.as_object()) {
    if (name == std::string_view("id") || name == std::string_view("by") ||
        name == std::string_view("key"))
      continue;
    if (value.is_null()) {
      fields.erase(name);
    } else {
      fields.set(name, value);
    }
  }
}

void configure_user(Step& step, const Event& event) {
  const std::string id(event.property("id"));
  if (id.empty()) return;
  Json& user = step.edit(model::kUser, id).fields;
  take_fields(user, event);
  Json keys = Json::array();
  keys.push_back(id);
  if (const auto email = user.text("email"); !email.empty() && email != id) keys.push_back(email);
  user.set("keys", std::move(keys));
}

void change_presence(Step& step, const Event& event) {
  const std::string id(event.property("user"));
  if (!step.find(model::kUser, id)) return;
  Json& user = step.edit(model::kUser, id).fields;
  user.set("presence", event.property("presence"));
  user.set("presence_since", format_time(event.received_at));
}

// What the events from here on were decided with.
void note_engine(Step& step, const Event& event) {
  Json& engine = step.edit(model::kDefinitions, "engine").fields;
  for (std::string_view part : {"fold_version", "zones"})
    if (const Json* value = event.properties.find(part)) engine.set(part, *value);
  engine.set("since", format_time(event.received_at));
}

void set_rate(Step& step, const Event& event) {
  const std::string from(event.property("from")), to(event.property("to"));
  const Json* rate = event.properties.find("rate");
  if (from.empty() || to.empty() || !rate) return;
  object_member(step.edit(model::kDefinitions, "rates").fields, from)
      .set(to, Json::object().set("rate", *rate).set("at", format_time(event.received_at)));
}

}  // namespace

bool fold_declaration(Step& step, const Event& event) {
  if (event.type == model::kPackActivated) {
    activate(step, event);
  } else if (event.type == model::kPackDeactivated) {
    deactivate(step, event);
  } else if (event.type == model::kWorkspaceConfigured) {
    configure_workspace(step, event);
  } else if (event.type == model::kSettingsChanged) {
    change_settings(step, event);
  } else if (event.type == model::kUserConfigured) {
    configure_user(step, event);
  } else if (event.type == model::kUserRemoved) {
    step.remove(model::kUser, event.property("id"));
  } else if (event.type == model::kPresenceChanged) {
    change_presence(step, event);
  } else if (event.type == model::kTeamConfigured) {
    take_fields(step.edit(model::kTeam, event.property("id")).fields, event);
  } else if (event.type == model::kRateSet) {
    set_rate(step, event);
  } else if (event.type == model::kEngineChanged) {
    note_engine(step, event);
  } else {
    return false;
  }
  return true;
}

std::string active_version(const Step& step) {
  const Record* all = step.find(model::kDefinitions, kActive);
  const Json* packs = all ? all->fields.find("packs") : nullptr;
  if (!packs || packs->as_object().empty()) return {};
  return std::string(all->fields.text("version"));
}

Compiled compile_active(const Step& step, const expr::Zones* zones) {
  const Record* all = step.find(model::kDefinitions, kActive);
  Compiled result;
  std::vector<std::shared_ptr<const PackSpec>> packs;
  std::map<std::string, std::string> versions;
  for (const auto& [name, version] : all->fields.find("packs")->as_object())
    versions[std::string(std::string_view(name))] = version.as_string();
  for (const auto& [name, version] : versions) {
    const Record* pack = step.find(model::kPack, name + "@" + version);
    CHECK(pack != nullptr);
    PackFiles files{name, {}};
    for (const auto& [path, text] : pack->fields.find("files")->as_object())
      files.files[std::string(std::string_view(path))] = text.as_string();
    PackRead read = read_pack(files);
    result.errors.insert(result.errors.end(), read.errors.begin(), read.errors.end());
    for (auto& [section, parts] : read.unread)
      for (auto& part : parts)
        read.pack.parts[section].push_back({part.file, std::move(part.node)});
    packs.push_back(std::make_shared<const PackSpec>(std::move(read.pack)));
  }
  if (!result.errors.empty()) return result;
  WorkspaceTerms terms;
  terms.zone = all->fields.text("zone", "UTC");
  terms.currency = all->fields.text("currency", "USD");
  if (const Json* settings = all->fields.find("settings")) terms.settings = *settings;
  return compile(std::move(packs), terms, zones);
}

}  // namespace rapport::decide
