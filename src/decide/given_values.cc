#include "decide/given_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "base/time.h"
#include "decide/pack/pack_file.h"
#include "expr/functions/money.h"
#include "model/record.h"

namespace rapport::decide {

namespace {

constexpr std::string_view kSettingTypes[] = {"int",   "number", "text", "bool",
                                              "money", "span",   "texts"};
constexpr std::string_view kFieldTypes[] = {"text", "int",   "number", "bool",  "time",
                                            "date", "money", "enum",   "texts", "any"};
constexpr std::string_view kExamples[] = {"a whole number such as 3",
                                          "a number such as 0.5",
                                          "a text",
                                          "true or false",
                                          "an amount such as \"50000 USD\"",
                                          "a span such as \"90s\", \"48h\" or \"3d\"",
                                          "a list of texts"};
constexpr size_t kMostBytes = 16 * 1024;  // of one value

// What the fold itself keeps of events: an operator's word would be lost with the next one, or
// would break what is looked up by it.
struct Kept {
  std::string_view object, field;
};
constexpr Kept kKept[] = {
    {"contact", "email"},
    {"contact", "emails"},
    {"contact", "email_domain"},
    {"contact", "free_mail"},
    {"contact", "phone"},
    {"contact", "phones"},
    {"contact", "external_ids"},
    {"contact", "anonymous"},
    {"contact", "account"},
    {"contact", "first_seen_at"},
    {"contact", "last_seen_at"},
    {"contact", "traits"},
    {"contact", "segments"},
    {"account", "segments"},
    {"account", "domain"},
    {"account", "group_id"},
    {"account", "contacts"},
    {"account", "traits"},
    {"conversation", "messages"},
    {"conversation", "status"},
    {"conversation", "external_id"},
    {"conversation", "started_at"},
    {"conversation", "ended_at"},
    {"conversation", "last_message_at"},
    {"conversation", "closed_by"},
    {"ticket", "external_id"},
    {"ticket", "conversation"},
    {"ticket", "escalations"},
    {"ticket", "opened_at"},
    {"deal", "external_id"},
    {"deal", "conversation"},
    {"task", "external_id"},
    {"task", "conversation"},
    {"task", "deal"},
};
// Made by the engine: of these only the status can be set, as when an alert was looked at.
constexpr std::string_view kMade[] = {"signal", "alert", "effect", "program_run"};

bool are_texts(const Json& value) {
  return value.is_array() && std::all_of(value.as_array().begin(), value.as_array().end(),
                                         [](const Json& one) { return one.is_string(); });
}

bool is_amount(const Json& value) {
  if (value.is_number()) return true;
  if (!value.is_string()) return false;
  const std::string text(value.as_string());
  return expr::read_money(text.find(' ') == text.npos ? text + " USD" : text).has_value();
}

// What the value must be; empty: it is.
std::string wanted(const Field& field, const Json& value) {
  switch (field.type) {
    case FieldType::kText:
      return value.is_string() ? "" : "a text";
    case FieldType::kInt:
      return value.is_int() ? "" : "a whole number";
    case FieldType::kNumber:
      return value.is_number() ? "" : "a number";
    case FieldType::kBool:
      return value.is_bool() ? "" : "true or false";
    case FieldType::kTime:
      return value.is_string() && parse_time(value.as_string()).ok()
                 ? ""
                 : "a time such as \"2026-03-02T09:00:00Z\"";
    case FieldType::kDate:
      return value.is_string() && value.as_string().size() == 10 &&
                     parse_time(value.as_string()).ok()
                 ? ""
                 : "a date such as \"2026-03-02\"";
    case FieldType::kMoney:
      return is_amount(value) ? "" : "an amount such as \"12.50 EUR\"";
    case FieldType::kEnum: {
      const auto& all = field.values;
      if (value.is_string() && std::find(all.begin(), all.end(), value.as_string()) != all.end())
        return "";
      return fmt::format("one of {}", fmt::join(all, ", "));
    }
    case FieldType::kTexts:
      return are_texts(value) ? "" : "a list of texts";
    case FieldType::kAny:
      return "";
  }
  BUG("unknown type of a field");
}

std::string hint(const Object& object, std::string_view name) {
  std::vector<std::string_view> known;
  for (const Field& field : object.fields)
    if (may_be_given(object, field)) known.push_back(field.name);
  const auto near = nearest(name, known);
  return near ? fmt::format("; did you mean '{}'?", *near) : std::string();
}

}  // namespace

std::string_view name(SettingType type) {
  return kSettingTypes[static_cast<size_t>(type)];
}
std::string_view name(FieldType type) {
  return kFieldTypes[static_cast<size_t>(type)];
}

Result<Json> take_setting(const SettingSpec& setting, const Json& given) {
  const auto refused = [&] {
    return invalid(fmt::format("setting '{}' takes {}", setting.id,
                               kExamples[static_cast<size_t>(setting.type)]),
                   setting.id);
  };
  bool fits = false;
  switch (setting.type) {
    case SettingType::kInt:
      fits = given.is_int();
      break;
    case SettingType::kNumber:
      fits = given.is_number() && std::isfinite(given.as_double());
      break;
    case SettingType::kText:
      fits = given.is_string() && given.as_string().size() <= kMostBytes;
      break;
    case SettingType::kBool:
      fits = given.is_bool();
      break;
    case SettingType::kMoney:
      fits = given.is_string() && expr::read_money(given.as_string()).has_value();
      break;
    case SettingType::kSpan: {
      if (given.is_int() && given.as_int() > 0) return given;
      const auto span = given.is_string() ? parse_span(given.as_string()) : std::nullopt;
      if (!span) return refused();
      return Json(span->value);
    }
    case SettingType::kTexts:
      fits = are_texts(given);
      break;
  }
  if (!fits) return refused();
  return given;
}

Json show_setting(const SettingSpec& setting, const Json& kept) {
  if (setting.type != SettingType::kSpan || !kept.is_int()) return kept;
  const int64_t span = kept.as_int();
  for (const auto& [unit, letter] : {std::pair(days(1), 'd'), std::pair(hours(1), 'h'),
                                     std::pair(minutes(1), 'm'), std::pair(seconds(1), 's')})
    if (span % unit.value == 0) return Json(fmt::format("{}{}", span / unit.value, letter));
  return kept;
}

bool may_be_given(const Object& object, const Field& field) {
  if (field.maker != FieldMaker::kGiven) return false;
  if (std::find(std::begin(kMade), std::end(kMade), object.name) != std::end(kMade))
    return field.name == "status";
  return std::none_of(std::begin(kKept), std::end(kKept), [&](const Kept& kept) {
    return kept.object == object.name && kept.field == field.name;
  });
}

Result<void> check_given(const Object& object, const Json& fields) {
  if (!fields.is_object() || fields.as_object().empty())
    return invalid("fields must be an object with one field at least", "fields");
  for (const auto& [name, value] : fields.as_object()) {
    const std::string field_name{std::string_view(name)};
    const Field* field = object.find(field_name);
    const std::string where = "fields." + field_name;
    if (!field)
      return invalid(fmt::format("{} has no field '{}'{}; fields are declared under `objects` of a "
                                 "pack",
                                 object.name, cut_utf8(field_name, 100), hint(object, field_name)),
                     where);
    if (!may_be_given(object, *field))
      return invalid(fmt::format("'{}' of {} is made by the server and cannot be set", field_name,
                                 object.name),
                     where);
    if (value.is_null()) continue;
    if (to_text(value).size() > kMostBytes)
      return invalid(fmt::format("'{}' is larger than {} bytes", field_name, kMostBytes), where);
    if (const std::string must = wanted(*field, value); !must.empty())
      return invalid(fmt::format("'{}' must be {}", field_name, must), where);
  }
  return {};
}

}  // namespace rapport::decide
