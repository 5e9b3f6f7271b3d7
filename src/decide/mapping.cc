#include "decide/mapping.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/crypto.h"
#include "base/text.h"
#include "base/time.h"

namespace rapport::decide {
namespace {

using model::FieldMapping;
using model::FieldSource;
using model::FieldType;
using model::NamePart;

std::string number_text(double number) {
  char digits[64];
  auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  return error == std::errc() && std::isfinite(number) ? std::string(digits, end) : std::string();
}

std::string part_of_name(std::string_view name, NamePart part) {
  name = trim(name);
  if (part == NamePart::kWhole) return std::string(name);
  std::string_view first = name, last;
  if (size_t comma = name.find(','); comma != name.npos) {
    last = trim(name.substr(0, comma));
    first = trim(name.substr(comma + 1));
  } else if (size_t space = name.find(' '); space != name.npos) {
    first = name.substr(0, space);
    last = trim(name.substr(space + 1));
  }
  return std::string(part == NamePart::kFirst ? first : last);
}

// "2000.00 USD" without its currency.
std::string_view amount_of(std::string_view text) {
  const size_t blank = text.size() > 4 ? text.size() - 4 : 0;
  const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  const bool money =
      blank > 0 && text[blank] == ' ' &&
      std::all_of(text.begin() + static_cast<std::ptrdiff_t>(blank) + 1, text.end(), capital);
  return money ? text.substr(0, blank) : text;
}

std::string as_number(const std::string& text) {
  const std::string_view digits = amount_of(trim(text));
  int64_t whole = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), whole);
  if (error == std::errc() && end == digits.data() + digits.size()) return std::to_string(whole);
  double number = 0;
  auto [stop, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (wrong != std::errc() || stop != digits.data() + digits.size()) return {};
  return number_text(number);
}

std::string as_type(std::string text, FieldType type) {
  if (type == FieldType::kText || text.empty()) return text;
  if (type == FieldType::kNumber) return as_number(text);
  const Result<Micros> instant = parse_time(trim(text));
  if (!instant) return {};
  if (type == FieldType::kDate) return format_time(*instant).substr(0, 10);
  if (type == FieldType::kTime) return format_time(*instant);
  int64_t millis = instant->value / 1000;
  if (instant->value % 1000 < 0) --millis;
  return std::to_string(millis);
}

std::string cut_characters(std::string text, size_t most) {
  if (most == 0) return text;
  size_t characters = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool starts = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (starts && ++characters > most) return text.substr(0, i);
  }
  return text;
}

std::string first_value(const FieldMapping& field, const Json& source) {
  if (field.constant) return *field.constant;
  if (!field.pattern.empty()) return fill_pattern(field.pattern, source);
  for (const FieldSource& from : field.from) {
    const Json* found = source.at_path(from.path);
    if (found == nullptr) continue;
    std::string text = part_of_name(text_of(*found, field.separator), from.part);
    if (!text.empty()) return text;
  }
  return {};
}

std::string value_of(const FieldMapping& field, const Json& source) {
  std::string text = first_value(field, source);
  if (!field.values.empty()) {
    const auto translated = field.values.find(text);
    text = translated == field.values.end() ? std::string() : translated->second;
  }
  text = as_type(std::move(text), field.type);
  if (text.empty()) text = field.fallback;
  return cut_characters(std::move(text), field.max_length);
}

const Json* entry(const Json& source, const FieldMapping& field, std::string_view list,
                  std::string_view name) {
  const Json* directories = source.find("directories");
  const Json* directory = directories ? directories->find(field.directory) : nullptr;
  const Json* entries = directory ? directory->find(list) : nullptr;
  return entries ? entries->find(ascii_lower(name)) : nullptr;
}

// The same record is always given to the same member, and records spread evenly.
std::string member_for(const Json& members, const Json& source) {
  if (!members.is_array() || members.as_array().empty()) return {};
  const Json* id = source.at_path("record.id");
  const Hash hash = sha256({id ? text_of(*id) : std::string()});
  const auto all = bytes_of(hash);
  const size_t number =
      static_cast<unsigned char>(all[0]) << 8 | static_cast<unsigned char>(all[1]);
  return text_of(members.as_array()[number % members.as_array().size()]);
}

std::string look_up(const FieldMapping& field, std::string value, const Json& source,
                    model::MappedFields& mapped) {
  std::string_view list = "ids";
  if (value.empty() && !field.member_of.empty()) {
    const Json* group = source.at_path(field.member_of);
    if (group) value = text_of(*group);
    list = "groups";
    mapped.chosen.push_back(field.to);
  }
  if (value.empty()) return {};
  const Json* found = entry(source, field, list, value);
  std::string id = !found ? "" : found->is_array() ? member_for(*found, source) : text_of(*found);
  if (id.empty()) mapped.unresolved.push_back({field.to, field.directory, std::move(value)});
  return id;
}

}  // namespace

std::string text_of(const Json& value, std::string_view separator) {
  if (value.is_string()) return std::string(value.as_string());
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  if (value.is_int()) return std::to_string(value.as_int());
  if (value.is_double()) return number_text(value.as_double());
  if (!value.is_array()) return {};  // objects have no text of their own
  std::string joined;
  for (const Json& element : value.as_array()) {
    const std::string text = element.is_array() ? std::string() : text_of(element);
    if (text.empty()) continue;
    if (!joined.empty()) joined += separator;
    joined += text;
  }
  return joined;
}

std::string fill_pattern(std::string_view pattern, const Json& source) {
  std::string filled;
  bool any_placeholder = false, any_value = false;
  for (size_t i = 0; i < pattern.size();) {
    if (pattern.substr(i, 2) == "{{") {
      filled += '{';
      i += 2;
      continue;
    }
    const size_t close = pattern[i] == '{' ? pattern.find('}', i) : pattern.npos;
    if (close == pattern.npos) {
      filled += pattern[i++];
      continue;
    }
    any_placeholder = true;
    const Json* found = source.at_path(pattern.substr(i + 1, close - i - 1));
    const std::string text = found == nullptr ? std::string() : text_of(*found);
    any_value = any_value || !text.empty();
    filled += text;
    i = close + 1;
  }
  return any_placeholder && !any_value ? std::string() : filled;
}

model::MappedFields map_fields(const model::Mapping& mapping, const Json& source) {
  model::MappedFields mapped;
  for (const FieldMapping& field : mapping.fields) {
    std::string value = value_of(field, source);
    if (!field.directory.empty()) value = look_up(field, std::move(value), source, mapped);
    if (!value.empty()) mapped.properties.set(field.to, std::move(value));
  }
  return mapped;
}

}  // namespace rapport::decide
