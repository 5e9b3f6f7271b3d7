#include "intake/known_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "base/time.h"
#include "intake/normalise.h"
#include "model/event.h"

namespace rapport::intake {
namespace {

enum class Shape : uint8_t {
  kId,
  kText,
  kAuthor,
  kConfidence,
  kScore,
  kTexts,
  kList,
  kAmount,
  kCurrency,
  kTime,
  kPriority,
  kTaskStatus,
  kTicketStatus
};
enum class Need : uint8_t { kRequired, kOptional };
constexpr double kMostAmount = 1e15;

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
constexpr Property kAssigned[] = {
    kConversation,
    {"assignee", Shape::kText, Need::kOptional},
    {"team", Shape::kText, Need::kOptional},
};
constexpr Property kLead[] = {
    {"conversation_id", Shape::kId, Need::kOptional},
};
constexpr Property kDeal[] = {
    {"deal_id", Shape::kId, Need::kRequired},
    {"conversation_id", Shape::kId, Need::kOptional},
    {"name", Shape::kText, Need::kOptional},
    {"amount", Shape::kAmount, Need::kOptional},
    {"currency", Shape::kCurrency, Need::kOptional},
    {"stage", Shape::kText, Need::kOptional},
    {"expected_close_at", Shape::kTime, Need::kOptional},
    {"source", Shape::kText, Need::kOptional},
    {"description", Shape::kText, Need::kOptional},
    {"owner", Shape::kText, Need::kOptional},
};
constexpr Property kTask[] = {
    {"task_id", Shape::kId, Need::kRequired},
    {"conversation_id", Shape::kId, Need::kOptional},
    {"deal_id", Shape::kId, Need::kOptional},
    {"subject", Shape::kText, Need::kOptional},
    {"body", Shape::kText, Need::kOptional},
    {"due_at", Shape::kTime, Need::kOptional},
    {"priority", Shape::kPriority, Need::kOptional},
    {"status", Shape::kTaskStatus, Need::kOptional},
    {"owner", Shape::kText, Need::kOptional},
};

constexpr Property kTicket[] = {
    {"ticket_id", Shape::kId, Need::kRequired},
    {"conversation_id", Shape::kId, Need::kOptional},
    {"subject", Shape::kText, Need::kOptional},
    {"description", Shape::kText, Need::kOptional},
    {"priority", Shape::kPriority, Need::kOptional},
    {"status", Shape::kTicketStatus, Need::kOptional},
    {"channel", Shape::kText, Need::kOptional},
    {"assignee", Shape::kText, Need::kOptional},
    {"team", Shape::kText, Need::kOptional},
    {"tags", Shape::kTexts, Need::kOptional},
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
    {model::kConversationAssigned, kAssigned},
    {model::kLeadQualified, kLead},
    {model::kDealCreated, kDeal},
    {model::kDealUpdated, kDeal},
    {model::kTaskCreated, kTask},
    {model::kTaskUpdated, kTask},
    {model::kTaskCompleted, kTask},
    {model::kTicketCreated, kTicket},
    {model::kTicketUpdated, kTicket},
    {model::kTicketClosed, kTicket},
    {model::kTicketReopened, kTicket},
    {model::kTicketReplied, kTicket},
};

const EventShape* shape_of(std::string_view type) {
  const auto* found = std::find_if(std::begin(kShapes), std::end(kShapes),
                                   [&](const EventShape& s) { return s.type == type; });
  return found == std::end(kShapes) ? nullptr : found;
}

bool is_author(std::string_view word) {
  return word == "customer" || word == "ai" || word == "agent";
}

constexpr std::string_view kPriorities[] = {"low", "medium", "high", "urgent"};
constexpr std::string_view kTaskStatuses[] = {"open", "in_progress", "completed"};
constexpr std::string_view kTicketStatuses[] = {"new",     "open",   "waiting_on_customer",
                                                "on_hold", "solved", "closed"};

bool is_one_of(const Json& value, std::span<const std::string_view> words) {
  return value.is_string() &&
         std::find(words.begin(), words.end(), value.as_string()) != words.end();
}

// A decimal: what has an exponent, or is no number of money, is none.
bool is_amount(const Json& value) {
  if (value.is_number()) return value.as_double() >= 0 && value.as_double() <= kMostAmount;
  if (!value.is_string()) return false;
  const std::string_view text = value.as_string();
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view rest = point == text.npos ? "0" : text.substr(point + 1);
  const auto digits = [](std::string_view part, size_t most) {
    return !part.empty() && part.size() <= most &&
           part.find_first_not_of("0123456789") == part.npos;
  };
  return digits(whole, 15) && digits(rest, 4);
}

bool is_currency(const Json& value) {
  if (!value.is_string() || value.as_string().size() != 3) return false;
  return std::all_of(value.as_string().begin(), value.as_string().end(),
                     [](char c) { return c >= 'A' && c <= 'Z'; });
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
    case Shape::kAmount:
      return is_amount(value) ? "" : "an amount such as 1500 or \"1500.50\"";
    case Shape::kCurrency:
      return is_currency(value) ? "" : "an ISO 4217 code such as \"EUR\"";
    case Shape::kTime:
      return value.is_string() && parse_time(value.as_string()).ok()
                 ? ""
                 : "a time such as \"2026-03-02T09:00:00Z\"";
    case Shape::kPriority:
      return is_one_of(value, kPriorities) ? ""
                                           : "one of \"low\", \"medium\", \"high\", \"urgent\"";
    case Shape::kTaskStatus:
      return is_one_of(value, kTaskStatuses) ? ""
                                             : "one of \"open\", \"in_progress\", \"completed\"";
    case Shape::kTicketStatus:
      return is_one_of(value, kTicketStatuses)
                 ? ""
                 : "one of \"new\", \"open\", \"waiting_on_customer\", \"on_hold\", \"solved\", "
                   "\"closed\"";
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

bool is_known_event(std::string_view type) {
  return shape_of(type) != nullptr;
}

Result<void> check_known_event(std::string_view type, const Json& properties) {
  const EventShape* shape = shape_of(type);
  CHECK(shape != nullptr);
  for (const Property& property : shape->properties) TRY(check_property(property, properties));
  return {};
}

bool speaks_for_customer(std::string_view type, const Json& properties) {
  for (std::string_view business : {"deal.", "task.", "ticket."})
    if (type.starts_with(business)) return false;
  return type != model::kMessageSent || properties.text("author") == "customer";
}

}  // namespace rapport::intake
