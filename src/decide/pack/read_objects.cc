// settings, objects, clocks, rollups.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "decide/pack/sections.h"

namespace rapport::decide {
namespace {

constexpr std::array<std::string_view, 7> kSettingTypes = {"int",   "number", "text", "bool",
                                                           "money", "span",   "texts"};
constexpr std::array<std::string_view, 10> kFieldTypes = {
    "text", "int", "number", "bool", "time", "date", "money", "enum", "texts", "any"};
constexpr std::array<std::string_view, 6> kFieldClasses = {"plain",   "pii",    "financial",
                                                           "content", "health", "competitive"};
// Names that mean something else in expressions.
constexpr std::array<std::string_view, 8> kTaken = {"event",   "said",      "trigger", "agent",
                                                    "setting", "workspace", "now",     "record"};

bool is_builtin(std::string_view object) {
  const auto all = builtin_objects();
  return std::find(all.begin(), all.end(), object) != all.end();
}

bool are_texts(const YamlNode& node) {
  return node.kind == YamlNode::Kind::kList &&
         std::all_of(node.items.begin(), node.items.end(),
                     [](const YamlNode& item) { return item.kind == YamlNode::Kind::kScalar; });
}

Json texts_of(const YamlNode& node) {
  Json all = Json::array();
  for (const YamlNode& item : node.items) all.push_back(item.text);
  return all;
}

}  // namespace

Json setting_value(const YamlNode& node, SettingType type) {
  if (type == SettingType::kTexts) return are_texts(node) ? texts_of(node) : Json();
  if (node.kind != YamlNode::Kind::kScalar) return {};
  const Json literal = node.to_json();
  switch (type) {
    case SettingType::kInt:
      return literal.is_int() ? literal : Json();
    case SettingType::kNumber:
      return literal.is_number() ? literal : Json();
    case SettingType::kBool:
      return literal.is_bool() ? literal : Json();
    case SettingType::kMoney:
      return is_money(node.text) ? Json(node.text) : Json();
    case SettingType::kSpan: {
      const auto span = parse_span(node.text);
      return span ? Json(span->value) : Json();
    }
    default:
      return node.text;
  }
}

std::string_view example_of(SettingType type) {
  static constexpr std::array<std::string_view, 7> kExamples = {"a whole number such as 3",
                                                                "a number such as 0.5",
                                                                "a text",
                                                                "true or false",
                                                                "an amount such as 50000 USD",
                                                                "a span such as 90s, 48h or 3d",
                                                                "a list of texts"};
  return kExamples[static_cast<size_t>(type)];
}

namespace {

void read_values(FieldSpec& field, YamlFields& fields, const YamlNode& node, PackFile& file) {
  field.values = fields.texts("values");
  const YamlNode* values = fields.take("values");
  if (field.type != FieldType::kEnum) {
    if (values != nullptr) file.refuse(*values, "only a field of type enum has 'values'");
    return;
  }
  if (field.values.empty()) file.refuse(node, "an enum needs 'values', lowest first");
  for (size_t i = 0; i < field.values.size(); i++) {
    const auto end = field.values.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(field.values.begin(), end, field.values[i]) != end) {
      file.refuse(*values, fmt::format("the value '{}' is there twice", field.values[i]));
    }
  }
}

void read_field(FieldSpec& field, YamlFields& fields, const YamlNode& node, PackFile& file) {
  fields.require("type");
  field.type = static_cast<FieldType>(fields.choice("type", kFieldTypes, 0));
  field.field_class = static_cast<FieldClass>(fields.choice("class", kFieldClasses, 0));
  field.is = file.condition(fields, "is");
  read_values(field, fields, node, file);
}

void read_owners(ObjectSpec& object, const YamlNode& owners, PackFile& file) {
  file.each(owners, "owner", IdForm::kName, [&](const YamlNode& key, const YamlNode& value) {
    const bool optional = value.text == "optional";
    if (!optional && value.text != "required") {
      file.refuse(
          value, "say 'optional' or 'required'" + suggestion(value.text, {"optional", "required"}));
    }
    object.belongs_to.push_back({.object = key.text, .optional = optional});
  });
}

void read_object(ObjectSpec& object, YamlFields& fields, const YamlNode& node, PackFile& file) {
  if (std::find(kTaken.begin(), kTaken.end(), object.id) != kTaken.end()) {
    file.refuse(node, fmt::format("'{}' means something else in expressions; take another name",
                                  object.id));
  }
  object.prefix = fields.text_or("prefix", "");
  const YamlNode* owners = fields.take("belongs_to");
  if (owners != nullptr) read_owners(object, *owners, file);
  if (is_builtin(object.id) && (owners != nullptr || !object.prefix.empty())) {
    file.refuse(node, fmt::format("'{}' is built in: it only takes 'fields'", object.id));
  }
  const bool letters = std::all_of(object.prefix.begin(), object.prefix.end(),
                                   [](char c) { return c >= 'a' && c <= 'z'; });
  if (const YamlNode* prefix = fields.take("prefix");
      prefix != nullptr && (!letters || object.prefix.size() < 2 || object.prefix.size() > 6)) {
    file.refuse(*prefix, "'prefix' must be 2 to 6 lower-case letters");
  }
  if (const YamlNode* list = fields.take("fields")) {
    file.entries(*list, "field", IdForm::kName, object.fields,
                 [&](FieldSpec& field, YamlFields& inner, const YamlNode& at) {
                   read_field(field, inner, at, file);
                 });
  }
}

// A field of the object itself: "account.renewal_date".
Formula read_field_path(std::string_view key, std::string_view of, YamlFields& fields,
                        PackFile& file) {
  Formula made = file.condition(fields, key);
  const std::vector<std::string_view> parts = split(made.text, '.');
  const bool fine = parts.size() == 2 && parts[0] == of && has_form(parts[1], IdForm::kName);
  if (!made.empty() && !fine) {
    file.refuse(*fields.take(key),
                fmt::format("'{}' must name a field of {}, such as {}.created_at", key, of, of));
  }
  return made;
}

void read_clock(ClockSpec& clock, YamlFields& fields, const YamlNode& node, PackFile& file) {
  clock.of = file.id(fields, "of", IdForm::kName);
  clock.until = fields.take("until") != nullptr;
  if (clock.until == (fields.take("since") != nullptr)) {
    file.refuse(node, fmt::format("clock '{}' needs one of 'since' and 'until'", clock.id));
  }
  clock.at = read_field_path(clock.until ? "until" : "since", clock.of, fields, file);
  clock.unit = static_cast<ClockUnit>(fields.choice("unit", {"hour", "day"}, 1));
  clock.begun = fields.choice("count", {"ended", "begun"}, 0) == 1;
  if (clock.begun && clock.until) {
    file.refuse(node, fmt::format("clock '{}' counts what is left: a unit that has begun always "
                                  "counts; leave out 'count'",
                                  clock.id));
  }
  clock.from = fields.integer("from", -100'000, 100'000, clock.from);
  clock.to = fields.integer("to", -100'000, 100'000, clock.to);
  if (clock.from >= clock.to) {
    file.refuse(node, fmt::format("clock '{}' goes from {} to {}: 'from' must be below 'to'",
                                  clock.id, clock.from, clock.to));
  }
}

void read_rollup(RollupSpec& rollup, YamlFields& fields, const YamlNode& node, PackFile& file) {
  rollup.of = file.id(fields, "of", IdForm::kName);
  rollup.from = file.id(fields, "from", IdForm::kName);
  rollup.via = file.id_or(fields, "via", "", IdForm::kName);
  const YamlNode* count = fields.take("count");
  const bool sum = fields.take("sum") != nullptr;
  const bool average = fields.take("average") != nullptr;
  if ((count != nullptr) + sum + average != 1) {
    file.refuse(node,
                fmt::format("rollup '{}' needs one of 'count', 'sum' and 'average'", rollup.id));
  }
  if (count != nullptr && count->text != "records") {
    file.refuse(*count, "'count' must be 'records'; use 'where' for some of them");
  }
  if (sum) rollup.measure = RollupMeasure::kSum;
  if (average) rollup.measure = RollupMeasure::kAverage;
  if (sum || average) rollup.value = file.condition(fields, sum ? "sum" : "average");
  rollup.where = file.condition(fields, "where");
}

}  // namespace

void read_settings(const YamlNode& section, PackFile& file, PackSpec& pack) {
  file.entries(section, "setting", IdForm::kName, pack.settings,
               [&](SettingSpec& setting, YamlFields& fields, const YamlNode&) {
                 fields.require("type");
                 setting.type = static_cast<SettingType>(fields.choice("type", kSettingTypes, 2));
                 const YamlNode* value = fields.require("value");
                 if (value == nullptr) return;
                 setting.value = setting_value(*value, setting.type);
                 if (setting.value.is_null()) {
                   file.refuse(*value, fmt::format("'value' must be {}", example_of(setting.type)));
                 }
               });
}

void read_objects(const YamlNode& section, PackFile& file, PackSpec& pack) {
  file.entries(section, "object", IdForm::kName, pack.objects,
               [&](ObjectSpec& object, YamlFields& fields, const YamlNode& node) {
                 read_object(object, fields, node, file);
               });
}

void read_clocks(const YamlNode& section, PackFile& file, PackSpec& pack) {
  file.entries(section, "clock", IdForm::kName, pack.clocks,
               [&](ClockSpec& clock, YamlFields& fields, const YamlNode& node) {
                 read_clock(clock, fields, node, file);
               });
}

void read_rollups(const YamlNode& section, PackFile& file, PackSpec& pack) {
  file.entries(section, "rollup", IdForm::kName, pack.rollups,
               [&](RollupSpec& rollup, YamlFields& fields, const YamlNode& node) {
                 read_rollup(rollup, fields, node, file);
               });
}

}  // namespace rapport::decide
