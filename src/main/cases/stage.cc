#include "main/cases/stage.h"

#include <fmt/format.h>

#include <algorithm>

#include "decide/scene.h"
#include "main/cases/read_case.h"

namespace rapport::cases {

using Kind = YamlNode::Kind;

namespace {

constexpr std::string_view kEmail = "ana@acme.example";
constexpr std::string_view kGroup = "acme";

// Fields of ours that reserved traits of an identify call set.
struct Reserved {
  std::string_view field, trait;
};
constexpr Reserved kReserved[] = {{"name", "name"},
                                  {"first_name", "firstName"},
                                  {"last_name", "lastName"},
                                  {"title", "title"},
                                  {"website", "website"},
                                  {"avatar", "avatar"},
                                  {"company", "company"},
                                  {"description", "description"},
                                  {"customer_since", "createdAt"},
                                  {"phone", "phone"},
                                  {"owner", "owner"}};
constexpr std::string_view kNaming[] = {"id",    "external_id", "key",    "email",
                                        "phone", "anonymous",   "traits", "belongs_to"};
constexpr std::string_view kGroupTraits[] = {"name", "website", "domain", "owner", "group_id"};

// What the first event of a record of a built-in object carries.
struct Beginning {
  std::string_view object, event, key, example;
  std::vector<std::string_view> properties;
};
const Beginning* beginning_of(std::string_view object) {
  static const std::vector<Beginning> kAll = {
      {"ticket",
       model::kTicketCreated,
       "ticket_id",
       "t1",
       {"subject", "description", "priority", "status", "channel", "assignee", "team", "tags"}},
      {"deal",
       model::kDealCreated,
       "deal_id",
       "d1",
       {"name", "amount", "currency", "stage", "source", "expected_close_at", "description",
        "owner"}},
      {"conversation",
       model::kConversationStarted,
       "conversation_id",
       "v1",
       {"channel", "url", "topics"}},
      {"task",
       model::kTaskCreated,
       "task_id",
       "k1",
       {"subject", "body", "due_at", "priority", "status", "owner"}}};
  const auto found = std::find_if(kAll.begin(), kAll.end(),
                                  [&](const Beginning& one) { return one.object == object; });
  return found == kAll.end() ? nullptr : &*found;
}

constexpr std::string_view kOwnEvents[] = {
    model::kStageMoved,      model::kApprovalDecided, model::kRateSet,
    model::kPresenceChanged, model::kTeamConfigured,  model::kUserConfigured,
    model::kUserRemoved,     model::kSettingsChanged, model::kWorkspaceConfigured,
    model::kContactsMerged,  model::kRecordSet};

template <class All>
bool holds(const All& all, std::string_view word) {
  return std::find(std::begin(all), std::end(all), word) != std::end(all);
}

std::string text_of(const YamlNode& fields, std::initializer_list<std::string_view> keys,
                    std::string_view fallback) {
  for (std::string_view key : keys)
    if (const YamlNode* value = fields.find(key))
      return value->kind == Kind::kNull ? std::string() : value->text;
  return std::string(fallback);
}

const decide::Field* field_of(const decide::Definitions& definitions, std::string_view object,
                              std::string_view field) {
  const uint32_t number = definitions.vocabulary.find_object(object);
  return number == decide::Vocabulary::kNone ? nullptr
                                             : definitions.vocabulary.object(number).find(field);
}

}  // namespace

Result<void> Stage::declare() {
  for (const ShelvedPack* pack : packs_.packs) {
    Json files = Json::object();
    for (const auto& [path, text] : pack->files.files) files.set(path, text);
    TRY(world_.append(model::kPackActivated, Json::object()
                                                 .set("pack", pack->name)
                                                 .set("version", pack->version)
                                                 .set("files", std::move(files))
                                                 .set("by", "case")));
  }
  if (!case_.zone.empty() || !case_.currency.empty()) {
    Json terms = Json::object();
    if (!case_.zone.empty()) terms.set("zone", case_.zone);
    if (!case_.currency.empty()) terms.set("currency", case_.currency);
    TRY(world_.append(model::kWorkspaceConfigured, std::move(terms)));
  }
  if (!case_.settings.as_object().empty())
    TRY(world_.append(model::kSettingsChanged, Json::object().set("settings", case_.settings)));
  for (const Json& team : case_.teams) TRY(world_.append(model::kTeamConfigured, team));
  for (const Json& user : case_.users) TRY(world_.append(model::kUserConfigured, user));
  return {};
}

Result<void> Stage::observe(const std::function<void(const Observed&)>& look) {
  return world_.look([&](store::State& state) {
    look(Observed(state, engine_, kWorkspace, world_.now(), {}, {}));
  });
}

Result<void> Stage::give() {
  size_t accounts = 0;
  for (const Given& record : case_.given)
    if (record.object == model::kContact) TRY(give_contact(record.fields));
  if (people_.empty()) TRY(give_contact({.kind = Kind::kMap}));
  for (const Given& record : case_.given)
    if (record.object == model::kAccount) TRY(give_account(record.fields, accounts++));
  for (const Given& record : case_.given)
    if (record.object != model::kContact && record.object != model::kAccount)
      TRY(give_record(record));
  return {};
}

Json Stage::written(const YamlNode& value, const decide::Field* field) const {
  if (field && (field->type == decide::FieldType::kTime || field->type == decide::FieldType::kDate))
    if (const auto span = relative_span(value.text)) {
      const std::string time = format_time(case_.at + *span);
      return field->type == decide::FieldType::kDate ? time.substr(0, 10) : time;
    }
  if (field && field->type == decide::FieldType::kMoney && value.kind == Kind::kScalar &&
      !value.to_json().is_number())
    return value.text;
  return value.to_json();
}

Json Stage::rest_of(std::string_view object, const YamlNode& fields,
                    std::span<const std::string_view> sent) const {
  Json rest = Json::object();
  for (const auto& [key, value] : fields.members) {
    if (holds(kNaming, key.text) || holds(sent, key.text)) continue;
    if (key.text == std::string(object) + "_id") continue;
    rest.set(key.text, written(value, field_of(*packs_.definitions, object, key.text)));
  }
  return rest;
}

Result<void> Stage::set_fields(const std::string& type, const std::string& id,
                               const std::string& object, Json fields) {
  if (fields.as_object().empty() && object.empty()) return {};
  Json properties = Json::object();
  properties.set("type", type).set("id", id).set("fields", std::move(fields)).set("by", "case");
  if (!object.empty()) properties.set("object", object);
  return world_.append(model::kRecordSet, std::move(properties));
}

Result<void> Stage::give_contact(const YamlNode& fields) {
  Person person;
  const YamlNode* anonymous = fields.find("anonymous");
  person.anonymous = anonymous && anonymous->text == "true";
  const std::string number = std::to_string(people_.size() + 1);
  person.external_id =
      text_of(fields, {"external_id", "id", "key"}, (person.anonymous ? "a" : "c") + number);
  if (!person.anonymous)
    person.email = text_of(fields, {"email"}, people_.empty() ? kEmail : std::string_view());
  people_.push_back(person);

  Json traits = Json::object();
  if (const YamlNode* given = fields.find("traits")) traits = given->to_json();
  if (!person.email.empty()) traits.set("email", person.email);
  std::vector<std::string_view> sent;
  for (const auto& [field, trait] : kReserved) {
    sent.push_back(field);
    const YamlNode* value = fields.find(field);
    if (!value || value->kind == Kind::kNull) continue;
    const decide::Field* known = field_of(*packs_.definitions, model::kContact, field);
    traits.set(trait, field == "phone" ? Json(value->text) : written(*value, known));
  }
  Json call = Json::object();
  call.set("type", "identify").set("traits", std::move(traits));
  name_sender(call, person);
  TRY(world_.receive(std::move(call)));
  TRY_ASSIGN(const std::string id, id_of(person));
  return set_fields("contact", id, "", rest_of(model::kContact, fields, sent));
}

Result<void> Stage::give_account(const YamlNode& fields, size_t number) {
  while (people_.size() <= number) {
    YamlNode nobody{.kind = Kind::kMap};
    TRY(give_contact(nobody));
  }
  const Person person = people_[number];
  const std::string group =
      text_of(fields, {"group_id", "external_id", "id", "key"},
              number == 0 ? std::string(kGroup) : fmt::format("{}-{}", kGroup, number + 1));
  Json traits = Json::object();
  if (const YamlNode* given = fields.find("traits")) traits = given->to_json();
  for (std::string_view trait : {"name", "website", "domain", "owner"})
    if (const YamlNode* value = fields.find(trait)) traits.set(trait, value->to_json());
  Json call = Json::object();
  call.set("type", "group").set("groupId", group).set("traits", std::move(traits));
  name_sender(call, person);
  TRY(world_.receive(std::move(call)));
  TRY_ASSIGN(const std::string id, with_group_id(group));
  Json rest = rest_of(model::kAccount, fields, kGroupTraits);
  if (const std::string parent(rest.text("parent")); !parent.empty()) {
    TRY_ASSIGN(const std::string above, with_group_id(parent));
    if (!above.empty()) rest.set("parent", above);
  }
  return set_fields("account", id, "", std::move(rest));
}

Result<void> Stage::give_record(const Given& record) {
  const Beginning* begins = beginning_of(record.object);
  if (!begins) return give_own(record);
  Sending sending;
  sending.type = begins->event;
  sending.line = record.fields.line;
  sending.properties.set(
      begins->key,
      text_of(record.fields, {begins->key, "external_id", "id", "key"}, begins->example));
  for (std::string_view name : begins->properties)
    if (const YamlNode* value = record.fields.find(name))
      sending.properties.set(name,
                             written(*value, field_of(*packs_.definitions, record.object, name)));
  TRY(send(sending));
  TRY_ASSIGN(const std::string id, newest(record.object));
  return set_fields(record.object, id, "",
                    rest_of(record.object, record.fields, begins->properties));
}

// The ids of what the record belongs to: what is there, unless told otherwise.
Result<Json> Stage::owners(const decide::Object& object, const YamlNode& fields) {
  Json ids = Json::object();
  TRY(observe([&](const Observed& seen) {
    for (const auto& owner : object.belongs_to) {
      if (fields.find(owner.object)) continue;
      const auto all = seen.records(owner.object);
      if (all.empty() || owner.object == object.name) continue;
      const Json* subjects = all.back().fields.find("subjects");
      if (owner.object == model::kContact && subjects) {
        ids.set("subject_id", std::to_string(subjects->as_array().front().as_int()));
      } else if (owner.object != model::kContact) {
        ids.set(owner.object,
                owner.object == model::kAccount ? all.back().key.id : all.front().key.id);
      }
    }
  }));
  return ids;
}

Result<void> Stage::give_own(const Given& record) {
  const auto& vocabulary = packs_.definitions->vocabulary;
  const decide::Object& object = vocabulary.object(vocabulary.find_object(record.object));
  if (object.storage != model::kObject)
    return invalid(
        fmt::format("a {} cannot be given: name it under '{}s'", object.name, object.name));
  const std::string key = text_of(record.fields, {"key", "id", "external_id"}, "1");
  const std::string id =
      model::derive_id(object.prefix, kWorkspace, {std::string_view(object.name), key});
  TRY_ASSIGN(Json fields, owners(object, record.fields));
  const Json rest = rest_of(object.name, record.fields, {});
  for (const auto& [name, value] : rest.as_object())
    if (!value.is_null()) fields.set(name, value);
  return set_fields("object", id, object.name, std::move(fields));
}

Result<void> Stage::set(const Given& record) {
  std::string id;
  std::string type = record.object;
  TRY_ASSIGN(const std::string who, contact());
  TRY(world_.look([&](store::State& state) {
    const Observed seen(state, engine_, kWorkspace, world_.now(), {}, who);
    auto found = seen.the(record.object);
    if (const YamlNode* external = record.fields.find("external_id"))
      for (const model::Record& one : seen.records(record.object))
        if (one.fields.text("external_id") == external->text) found = one;
    if (found) id = found->key.id;
    if (found) type = found->key.type;
  }));
  if (id.empty()) return give_record(record);
  return set_fields(type, id, "", rest_of(record.object, record.fields, {}));
}

const Stage::Person& Stage::person(std::string_view contact) {
  if (contact.empty()) return people_.front();
  for (const Person& one : people_)
    if (one.external_id == contact || one.email == contact) return one;
  if (const auto known = others_.find(contact); known != others_.end()) return known->second;
  Person made{std::string(contact), "", false};
  if (contact.find('@') != contact.npos) made.email = contact;
  return others_.emplace(std::string(contact), std::move(made)).first->second;
}

void Stage::name_sender(Json& call, const Person& person) const {
  call.set(person.anonymous ? "anonymousId" : "userId", person.external_id);
  if (!person.email.empty())
    call.set("context", Json::object().set("traits", Json::object().set("email", person.email)));
}

Json Stage::time_of(const Sending& sending) const {
  if (sending.moment.ago) return format_time_micros(world_.now() + *sending.moment.ago);
  if (sending.moment.at) return format_time_micros(*sending.moment.at);
  return {};
}

Result<void> Stage::send(const Sending& sending) {
  if (sending.moment.at && *sending.moment.at > world_.now())
    return invalid(fmt::format("'at' {} is after the clock, which shows {}: wait until then",
                               format_time(*sending.moment.at), format_time(world_.now())));
  for (int64_t i = 0; i < sending.times; ++i) {
    if (i > 0 && sending.every.value > 0) TRY(world_.move_to(world_.now() + sending.every));
    TRY(holds(kOwnEvents, sending.type) ? send_own(sending) : track(sending));
  }
  return {};
}

// `record: compensation` names the newest of them.
Result<void> Stage::send_own(const Sending& sending) {
  Json properties = sending.properties;
  const std::string record(properties.text("record"));
  if (packs_.definitions->vocabulary.find_object(record) != decide::Vocabulary::kNone) {
    TRY_ASSIGN(const std::string id, newest(record));
    properties.set("record", id);
  }
  return world_.append(sending.type, std::move(properties));
}

Result<void> Stage::track(const Sending& sending) {
  const Person sender = person(sending.contact);
  Json call = Json::object();
  name_sender(call, sender);
  if (const Json time = time_of(sending); !time.is_null()) call.set("timestamp", time);
  Json properties = sending.properties;
  const auto take = [&](std::string_view name) {
    const Json* value = properties.find(name);
    const Json taken = value ? *value : Json();
    properties.erase(name);
    return taken;
  };
  const std::string& type = sending.type;
  if (type == "identify" || type == model::kIdentified) {
    Json traits = take("traits");
    for (const auto& [name, value] : properties.as_object()) traits.set(name, value);
    call.set("type", "identify").set("traits", traits.is_null() ? Json::object() : traits);
  } else if (type == "group" || type == model::kGrouped) {
    const Json group = take("group_id");
    Json traits = take("traits");
    for (const auto& [name, value] : properties.as_object()) traits.set(name, value);
    call.set("type", "group").set("groupId", group.is_null() ? Json(kGroup) : group);
    call.set("traits", traits.is_null() ? Json::object() : traits);
  } else if (type == "alias" || type == model::kAliased) {
    call.set("type", "alias").set("previousId", take("previous_id"));
  } else if (type == "page" || type == "screen" || type == model::kPageViewed ||
             type == model::kScreenViewed) {
    call.set("type", type.substr(0, type.find('.')));
    if (const Json name = take("name"); !name.is_null()) call.set("name", name);
    call.set("properties", properties);
  } else {
    call.set("type", "track").set("event", type).set("properties", properties);
  }
  return world_.receive(std::move(call));
}

Result<std::string> Stage::newest(std::string_view object) {
  std::string id;
  TRY(observe([&](const Observed& seen) {
    const auto all = seen.records(object);
    if (!all.empty()) id = all.front().key.id;
  }));
  if (id.empty()) return not_found(fmt::format("there is no {}", object));
  return id;
}

Result<std::string> Stage::with_group_id(const std::string& group) {
  std::string id;
  TRY(world_.look([&](store::State& state) {
    const auto all = StateFacts(state).all(model::kAccount, "group_id", group);
    if (!all.empty()) id = all.front().key.id;
  }));
  return id;
}

Result<std::string> Stage::id_of(const Person& person) {
  std::string id;
  TRY(world_.look([&](store::State& state) {
    const StateFacts facts(state);
    const auto all = person.anonymous
                         ? facts.all(model::kContact)
                         : facts.all(model::kContact, "external_ids", person.external_id);
    if (!all.empty()) id = all.front().key.id;
  }));
  return id;
}

// An anonymous contact is the oldest there is, unless it was merged into another since.
Result<std::string> Stage::contact() {
  if (people_.empty()) return std::string();
  if (!people_.front().anonymous) return id_of(people_.front());
  std::string id;
  TRY(world_.look([&](store::State& state) {
    const auto all = StateFacts(state).all(model::kContact);
    if (!all.empty()) id = all.back().key.id;
  }));
  return id;
}

}  // namespace rapport::cases
