#include "decide/vocabulary.h"

#include "model/record.h"

namespace rapport::decide {

using expr::Type;
using expr::TypeKind;

namespace {

struct Part {
  std::string_view name;
  FieldType type;
};

constexpr Part kEventParts[] = {{"type", FieldType::kText},
                                {"at", FieldType::kTime},
                                {"received_at", FieldType::kTime},
                                {"sequence", FieldType::kInt},
                                {"id", FieldType::kText}};
constexpr Part kSaidParts[] = {
    {"intents", FieldType::kTexts},       {"topics", FieldType::kTexts},
    {"competitors", FieldType::kTexts},   {"sentiment", FieldType::kText},
    {"feeling", FieldType::kText},        {"budget", FieldType::kMoney},
    {"company_size", FieldType::kNumber}, {"timeline_days", FieldType::kNumber},
    {"use_case", FieldType::kText},       {"decision_maker", FieldType::kBool},
    {"requirements", FieldType::kTexts},  {"text", FieldType::kText},
    {"amount", FieldType::kMoney},        {"emails", FieldType::kTexts}};
constexpr Part kTriggerParts[] = {{"name", FieldType::kText},     {"from", FieldType::kAny},
                                  {"to", FieldType::kAny},        {"value", FieldType::kAny},
                                  {"previous", FieldType::kAny},  {"fields", FieldType::kTexts},
                                  {"severity", FieldType::kText}, {"reason", FieldType::kText}};
constexpr Part kWorkspaceParts[] = {{"currency", FieldType::kText}, {"zone", FieldType::kText}};

template <size_t n>
bool has_part(const Part (&parts)[n], std::string_view name) {
  for (const Part& part : parts)
    if (part.name == name) return true;
  return false;
}

template <size_t n>
expr::ObjectDeclaration declare_parts(std::string name, const Part (&parts)[n], bool open) {
  expr::ObjectDeclaration object{std::move(name), {}, open};
  for (const Part& part : parts)
    object.fields.push_back({std::string(part.name), type_of(part.type)});
  return object;
}

FieldType type_of(SettingType type) {
  switch (type) {
    case SettingType::kInt:
      return FieldType::kInt;
    case SettingType::kNumber:
      return FieldType::kNumber;
    case SettingType::kText:
      return FieldType::kText;
    case SettingType::kBool:
      return FieldType::kBool;
    case SettingType::kMoney:
      return FieldType::kMoney;
    case SettingType::kSpan:
      return FieldType::kAny;
    case SettingType::kTexts:
      return FieldType::kTexts;
  }
  BUG("unknown type of a setting");
}

}  // namespace

Type type_of(FieldType type) {
  switch (type) {
    case FieldType::kText:
    case FieldType::kEnum:
      return TypeKind::kString;
    case FieldType::kInt:
      return TypeKind::kInt;
    case FieldType::kNumber:
      return TypeKind::kDouble;
    case FieldType::kBool:
      return TypeKind::kBool;
    case FieldType::kTime:
    case FieldType::kDate:
      return TypeKind::kTimestamp;
    case FieldType::kMoney:
      return Type::object("money");
    case FieldType::kTexts:
      return Type::list(TypeKind::kString);
    case FieldType::kAny:
      return TypeKind::kDyn;
  }
  BUG("unknown type of a field");
}

const Field* Object::find(std::string_view field) const {
  auto it = numbers.find(field);
  return it == numbers.end() ? nullptr : &fields[it->second];
}

Vocabulary::Vocabulary() {
  for (Object& object : built_in_objects()) {
    Object* added = add_object({object.name, object.storage, object.prefix, object.belongs_to});
    CHECK(added != nullptr);
    for (Field& field : object.fields)
      CHECK(add_field(find_object(object.name), std::move(field)).has_value());
  }
}

Object* Vocabulary::add_object(Object object) {
  for (std::string_view taken : {"event", "said", "trigger", "setting", "workspace", "now"})
    if (object.name == taken) return nullptr;
  const auto number = static_cast<uint32_t>(objects_.size());
  if (!object_numbers_.emplace(object.name, number).second) return nullptr;
  objects_.push_back(std::move(object));
  return &objects_.back();
}

std::optional<uint32_t> Vocabulary::add_field(uint32_t object, Field field) {
  Object& to = objects_[object];
  if (field.name == "id" || field.name == "created_at") return std::nullopt;
  const auto number = static_cast<uint32_t>(to.fields.size());
  if (!to.numbers.emplace(field.name, number).second) return std::nullopt;
  to.fields.push_back(std::move(field));
  return number;
}

void Vocabulary::add_setting(const SettingSpec& setting) {
  settings_.insert_or_assign(setting.id, setting);
}

uint32_t Vocabulary::find_object(std::string_view name) const {
  auto it = object_numbers_.find(name);
  return it == object_numbers_.end() ? kNone : it->second;
}

Result<expr::Declarations> Vocabulary::declarations(const expr::Registry& registry) const {
  expr::Declarations all;
  TRY(declare(registry, all));
  const auto add = [&](expr::ObjectDeclaration object) -> Result<void> {
    const std::string name = object.name;
    TRY(all.add_object(std::move(object)));
    TRY(all.add_variable(name, Type::object(name)));
    return {};
  };
  for (const Object& object : objects_) {
    expr::ObjectDeclaration declared{object.name, {}, false};
    declared.fields.push_back({"id", TypeKind::kString});
    declared.fields.push_back({"created_at", TypeKind::kTimestamp});
    for (const Field& field : object.fields)
      declared.fields.push_back({field.name, type_of(field.type)});
    TRY(add(std::move(declared)));
  }
  expr::ObjectDeclaration agent{"agent", {}, false};
  const Object& user = object(find_object("user"));
  agent.fields.push_back({"id", TypeKind::kString});
  for (const Field& field : user.fields) agent.fields.push_back({field.name, type_of(field.type)});
  TRY(add(std::move(agent)));
  TRY(add(declare_parts("event", kEventParts, true)));
  TRY(add(declare_parts("said", kSaidParts, false)));
  TRY(add(declare_parts("trigger", kTriggerParts, false)));
  TRY(add(declare_parts("workspace", kWorkspaceParts, false)));
  expr::ObjectDeclaration settings{"setting", {}, false};
  for (const auto& [name, setting] : settings_) {
    Type type = setting.type == SettingType::kSpan ? Type(TypeKind::kDuration)
                                                   : type_of(type_of(setting.type));
    settings.fields.push_back({name, std::move(type)});
  }
  TRY(add(std::move(settings)));
  TRY(all.add_variable("now", TypeKind::kTimestamp));
  return all;
}

namespace {

struct Path {
  std::string_view first, rest;
};
Path split_path(std::string_view path) {
  const size_t dot = path.find('.');
  if (dot == path.npos) return {path, {}};
  return {path.substr(0, dot), path.substr(dot + 1)};
}

}  // namespace

std::optional<std::pair<uint32_t, uint32_t>> Vocabulary::field_at(std::string_view path) const {
  const auto [first, rest] = split_path(path);
  const uint32_t number = find_object(first);
  if (number == kNone) return std::nullopt;
  const std::string_view name = split_path(rest).first;
  auto it = objects_[number].numbers.find(name);
  if (it == objects_[number].numbers.end()) return std::nullopt;
  return std::pair(number, it->second);
}

namespace {

// Of what is no object; nothing where a name has no slot of its own.
std::optional<SlotSource> plain_source(std::string_view first, std::string_view rest) {
  const std::string name(rest);
  if (first == "now") return SlotSource{Source::kNow, 0, 0, name};
  if (first == "event") {
    if (rest.empty()) return SlotSource{Source::kEvent, 0, 0, name};
    return SlotSource{has_part(kEventParts, rest) ? Source::kEventPart : Source::kProperty, 0, 0,
                      name};
  }
  struct Group {
    std::string_view name;
    Source source;
  };
  constexpr Group kGroups[] = {{"said", Source::kSaid},
                               {"trigger", Source::kTrigger},
                               {"setting", Source::kSetting},
                               {"workspace", Source::kWorkspace}};
  for (const Group& group : kGroups)
    if (first == group.name)
      return SlotSource{rest.empty() ? Source::kGroup : group.source, 0, 0,
                        rest.empty() ? std::string(first) : name};
  return std::nullopt;
}

}  // namespace

std::optional<uint32_t> Vocabulary::slot(std::string_view path) const {
  if (auto it = slot_numbers_.find(path); it != slot_numbers_.end()) return it->second;
  const auto [first, rest] = split_path(path);
  if (rest.find('.') != rest.npos) return std::nullopt;  // by way of the view of the shorter one
  SlotSource source;
  const uint32_t number = find_object(first == "agent" ? "user" : first);
  if (number == kNone) {
    auto plain = plain_source(first, rest);
    if (!plain) return std::nullopt;
    source = std::move(*plain);
  } else {
    source.object = first == "agent" ? kAgent : number;
    source.name = rest;
    if (rest.empty()) {
      source.source = Source::kRecord;
    } else if (rest == "id") {
      source.source = Source::kId;
    } else if (rest == "created_at") {
      source.source = Source::kCreatedAt;
    } else {
      auto it = objects_[number].numbers.find(rest);
      if (it == objects_[number].numbers.end()) return std::nullopt;
      source.field = it->second;
      const bool metric = objects_[number].fields[source.field].maker == FieldMaker::kMetric;
      source.source = metric ? Source::kMetric : Source::kField;
    }
  }
  const auto slot = static_cast<uint32_t>(slots_.size());
  slots_.push_back(std::move(source));
  slot_numbers_.emplace(path, slot);
  return slot;
}

}  // namespace rapport::decide
