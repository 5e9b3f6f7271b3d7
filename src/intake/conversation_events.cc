#include "intake/conversation_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "intake/normalise.h"
#include "model/event.h"

namespace rapport::intake {
namespace {

enum class Shape : uint8_t { kId, kText, kAuthor, kConfidence, kScore, kTexts, kList };
enum class Need : uint8_t { kRequired, kOptional };

struct Property {
  std::string_view name;
  Shape shape;
  Need need;
};

constexpr Property kConversation{"conversation_id", Shape::kId, Need::kRequired};

constexpr Property kStarted[] = {
    kConversation,
    {"channel", Shape::kText, Need::kOptional},
    {"url", Shape::kText, Need::kOptional},
    {"topics", Shape::kTexts, Need::kOptional},
};
constexpr Property kEnded[] = {
    kConversation,
    {"resolution_status", Shape::kText, Need::kOptional},
};
constexpr Property kEscalated[] = {
    kConversation,
    {"reason", Shape::kText, Need::kOptional},
};
constexpr Property kMessage[] = {
    kConversation,
    {"text", Shape::kText, Need::kRequired},
    {"author", Shape::kAuthor, Need::kRequired},
    {"author_name", Shape::kText, Need::kOptional},
    {"message_id", Shape::kText, Need::kOptional},
    {"channel", Shape::kText, Need::kOptional},
    {"confidence", Shape::kConfidence, Need::kOptional},
    {"sources", Shape::kList, Need::kOptional},
};
constexpr Property kSatisfaction[] = {
    kConversation,
    {"score", Shape::kScore, Need::kRequired},
};
constexpr Property kResolution[] = {
    kConversation,
    {"status", Shape::kText, Need::kRequired},
};
constexpr Property kLead[] = {
    {"conversation_id", Shape::kId, Need::kOptional},
};

struct EventShape {
  std::string_view type;
  std::span<const Property> properties;
};
constexpr EventShape kShapes[] = {
    {model::kConversationStarted, kStarted},
    {model::kConversationEnded, kEnded},
    {model::kConversationEscalated, kEscalated},
    {model::kMessageSent, kMessage},
    {model::kSatisfactionReceived, kSatisfaction},
    {model::kResolutionConfirmed, kResolution},
    {model::kLeadQualified, kLead},
};

const EventShape* shape_of(std::string_view type) {
  const auto* found = std::find_if(std::begin(kShapes), std::end(kShapes),
                                   [&](const EventShape& s) { return s.type == type; });
  return found == std::end(kShapes) ? nullptr : found;
}

bool is_author(std::string_view word) {
  return word == "customer" || word == "ai" || word == "agent";
}

bool is_score(const Json& value) {
  if (!value.is_number()) return false;
  const double n = value.as_double();
  return n >= 1 && n <= 5 && n == std::floor(n);
}

bool is_share(const Json& value) {
  return value.is_number() && value.as_double() >= 0 && value.as_double() <= 1;
}

bool are_texts(const Json& value) {
  return value.is_array() && std::all_of(value.as_array().begin(), value.as_array().end(),
                                         [](const Json& v) { return v.is_string(); });
}

// What the value must be, or empty when it is.
std::string_view lacks(const Json& value, Shape shape) {
  switch (shape) {
    case Shape::kId:
      if (!value.is_string()) return "a text";
      return normalise_id(value.as_string()) == value.as_string()
                 ? ""
                 : "1 to 256 bytes without control characters or space at its ends";
    case Shape::kText:
      return value.is_string() ? "" : "a text";
    case Shape::kAuthor:
      return value.is_string() && is_author(value.as_string())
                 ? ""
                 : "one of \"customer\", \"ai\", \"agent\"";
    case Shape::kConfidence:
      return is_share(value) ? "" : "a number from 0 to 1";
    case Shape::kScore:
      return is_score(value) ? "" : "a whole number from 1 to 5";
    case Shape::kTexts:
      return are_texts(value) ? "" : "a list of texts";
    case Shape::kList:
      return value.is_array() ? "" : "a list";
  }
  BUG("a shape without a check");
}

Error refused(const Property& property, std::string_view why) {
  std::string where = fmt::format("properties.{}", property.name);
  std::string message = fmt::format("{} {}", where, why);
  return invalid(std::move(message), std::move(where));
}

Result<void> check_property(const Property& property, const Json& properties) {
  const Json* value = properties.find(property.name);
  if (value == nullptr || value->is_null()) {
    if (property.need == Need::kOptional) return {};
    return refused(property, "is missing");
  }
  const std::string_view expected = lacks(*value, property.shape);
  if (expected.empty()) return {};
  return refused(property, fmt::format("must be {}", expected));
}

}  // namespace

bool is_conversation_event(std::string_view type) {
  return shape_of(type) != nullptr;
}

Result<void> check_conversation_event(std::string_view type, const Json& properties) {
  const EventShape* shape = shape_of(type);
  CHECK(shape != nullptr);
  for (const Property& property : shape->properties) TRY(check_property(property, properties));
  return {};
}

bool speaks_for_customer(std::string_view type, const Json& properties) {
  return type != model::kMessageSent || properties.text("author") == "customer";
}

}  // namespace rapport::intake
