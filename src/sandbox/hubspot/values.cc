#include "sandbox/hubspot/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace rapport::sandbox::hubspot {
namespace {

bool is_email(std::string_view text) {
  const size_t at = text.find('@');
  if (at == 0 || at == std::string_view::npos || text.find('@', at + 1) != std::string_view::npos)
    return false;
  const std::string_view domain = text.substr(at + 1);
  if (domain.find('.') == std::string_view::npos || domain.front() == '.' || domain.back() == '.')
    return false;
  return std::none_of(text.begin(), text.end(), [](char c) {
    return c == ' ' || c == ',' || c == ';' || c == '<' || c == '>';
  });
}

// "https://www.Acme.example/about" -> "acme.example"
std::string bare_domain(std::string_view value) {
  std::string text = ascii_lower(trim(value));
  for (const std::string_view prefix : {"https://", "http://", "www."})
    if (text.starts_with(prefix)) text.erase(0, prefix.size());
  return text.substr(0, text.find('/'));
}

// JSON scalars are read as their text.
std::optional<std::string> as_text(const Json& written) {
  if (written.is_null()) return std::string();
  if (written.is_string()) return std::string(written.as_string());
  if (written.is_array() || written.is_object()) return std::nullopt;
  return to_text(written);
}

std::string listed_choices(const Property& property) {
  std::string text;
  int order = 0;
  for (const Choice& choice : property.choices)
    text += fmt::format(
        "{}label: \"{}\"\nvalue: \"{}\"\ndisplay_order: {}\nhidden: false\nread_only: false\n",
        text.empty() ? "" : ", ", choice.label, choice.value, order++);
  return text;
}

bool offers(const Property& property, std::string_view value) {
  return std::any_of(property.choices.begin(), property.choices.end(),
                     [&](const Choice& choice) { return choice.value == value; });
}

std::optional<Fault> check_choice(const Schema& schema, const ObjectType& type,
                                  const Property& property, const std::string& value) {
  if (property.name == "hubspot_owner_id") {
    if (!read_id(value))
      return Fault{property.name, "INVALID_INTEGER",
                   fmt::format("{} was not a valid integer (for owner ID).", value), value};
    if (!schema.owner(value))
      return Fault{property.name, "INVALID_OWNER_ID", fmt::format("Owner {} does not exist", value),
                   value};
    return std::nullopt;
  }
  if (property.name == type.pipeline_property || property.name == type.stage_property)
    return std::nullopt;  // checked together: a stage belongs to a pipeline
  for (const std::string_view part :
       property.field_type == "checkbox" ? split(value, ';') : std::vector<std::string_view>{value})
    if (!offers(property, part))
      return Fault{property.name, "INVALID_OPTION",
                   fmt::format("{} was not one of the allowed options: [{}]", part,
                               listed_choices(property)),
                   value};
  return std::nullopt;
}

}  // namespace

std::string time_text(Micros instant) {
  std::string text = format_time(instant);
  if (text.ends_with(".000Z")) text.replace(text.size() - 5, 5, "Z");
  return text;
}

std::optional<uint64_t> read_id(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<double> read_number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<Micros> read_time(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (const auto epoch = read_id(text.substr(negative ? 1 : 0)); epoch && *epoch < 253402300800000)
    return millis(negative ? -static_cast<int64_t>(*epoch) : static_cast<int64_t>(*epoch));
  const auto instant = parse_time(text);
  if (!instant) return std::nullopt;
  return Micros{instant->value - (instant->value % 1000 + 1000) % 1000};
}

size_t utf16_length(std::string_view text) {
  size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80) ++units;  // not a continuation byte
    if (byte >= 0xF0) ++units;           // outside the basic plane: a surrogate pair
  }
  return units;
}

std::string normal_form(const ObjectType& type, const Property& property, std::string_view value) {
  if (type.name == "contacts" && property.name == "email") return ascii_lower(trim(value));
  if (type.name == "companies" && property.name == "domain") return bare_domain(value);
  return std::string(value);
}

std::variant<std::string, Fault> accept(const Schema& schema, const ObjectType& type,
                                        const Property& property, const Json& written) {
  const auto given = as_text(written);
  if (!given)
    return Fault{property.name, "INVALID_VALUE",
                 fmt::format("{} must be a string, number or boolean", property.name)};
  if (property.read_only)
    return Fault{
        property.name, "READ_ONLY_VALUE",
        fmt::format("\"{}\" is a read only property; its value cannot be set.", property.name),
        *given};
  if (given->empty()) return std::string();
  std::string value = normal_form(type, property, *given);
  if (utf16_length(value) > kMaxText)
    return Fault{property.name, "INVALID_LENGTH",
                 fmt::format("{} is {} characters long; the most that is kept is {}", property.name,
                             utf16_length(value), kMaxText)};
  if (property.name == "email" && !is_email(value))
    return Fault{property.name, "INVALID_EMAIL", fmt::format("Email address {} is invalid", value),
                 value};
  if (property.type == "datetime" || property.type == "date") {
    const auto instant = read_time(value);
    if (!instant)
      return Fault{property.name, "INVALID_LONG", fmt::format("{} was not a valid long.", value),
                   value};
    return property.type == "date" ? time_text(*instant).substr(0, 10) : time_text(*instant);
  }
  if (property.type == "number" && !read_number(value))
    return Fault{property.name, "INVALID_NUMBER", fmt::format("{} was not a valid number.", value),
                 value};
  if (property.type == "bool") {
    value = ascii_lower(value);
    if (value != "true" && value != "false")
      return Fault{property.name, "INVALID_BOOLEAN",
                   fmt::format("{} was not a valid boolean.", value), value};
  }
  if (property.type == "enumeration")
    if (auto fault = check_choice(schema, type, property, value)) return *std::move(fault);
  return value;
}

}  // namespace rapport::sandbox::hubspot
