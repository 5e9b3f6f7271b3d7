#include "intake/request.h"

#include <fmt/format.h>

#include "base/text.h"

namespace rapport::intake {
namespace {

constexpr size_t kRawSample = 4096;  // kept of a call that is too large
constexpr size_t kMaxNumber = 32;    // bytes

// At least the bytes that to_text would give, without writing them.
size_t size_at_most(const Json& value) {
  constexpr size_t kEscaped = 6, kQuotesAndComma = 3, kColon = 1;
  if (value.is_string()) return value.as_string().size() * kEscaped + kQuotesAndComma;
  if (value.is_array()) {
    size_t sum = kQuotesAndComma;
    for (const Json& item : value.as_array()) sum += size_at_most(item);
    return sum;
  }
  if (value.is_object()) {
    size_t sum = kQuotesAndComma;
    for (const auto& [key, item] : value.as_object()) {
      sum += key.size() * kEscaped + kQuotesAndComma + kColon + size_at_most(item);
    }
    return sum;
  }
  return kMaxNumber;
}

// Nothing when the call, together with what the batch adds to it, is within the limit; else its
// text. Most calls are so small that they need not be written out to know.
std::optional<std::string> too_large(const Json& call, size_t added, size_t limit) {
  if (added + size_at_most(call) <= limit) return std::nullopt;
  std::string text = to_text(call);
  if (added + text.size() <= limit) return std::nullopt;
  return text;
}

size_t text_size(const Json* value) {
  return value == nullptr ? 0 : to_text(*value).size();
}

Reading refuse_as_too_large(const Json& call, const Surroundings& around, std::string_view text,
                            size_t size, size_t limit) {
  return {.call = Error{Code::kTooLarge,
                        fmt::format("the call is {} bytes as JSON (with what its batch adds), over "
                                    "the limit of {}: send less, or split it",
                                    size, limit),
                        Retryable::kNo, path_of(around, "")},
          .raw = std::string(cut_utf8(text, kRawSample)),
          .message_id = std::string(usable_message_id(call))};
}

Reading read_one(Json& call, const Surroundings& around, size_t added, const IntakeOptions& options,
                 PhoneBook& phones) {
  if (const auto text = too_large(call, added, options.max_event_bytes)) {
    return refuse_as_too_large(call, around, *text, added + text->size(), options.max_event_bytes);
  }
  auto read = read_call(call, around, options, phones);
  if (read) return {.call = std::move(read), .raw = {}, .message_id = {}};
  return {.call = std::move(read),
          .raw = to_text(complete_call(call, around)),
          .message_id = std::string(usable_message_id(call))};
}

Error over_limit(std::string what, std::string where) {
  return {Code::kTooLarge, std::move(what), Retryable::kNo, std::move(where)};
}

Result<std::vector<Reading>> read_batch(Json& request, Surroundings around,
                                        const IntakeOptions& options, PhoneBook& phones) {
  Json* batch = request.edit("batch");
  if (batch == nullptr) return invalid("batch is missing: give {\"batch\": [calls]}", "batch");
  if (!batch->is_array()) return invalid("batch must be a list of calls", "batch");
  if (batch->as_array().size() > options.max_batch_events) {
    return over_limit(fmt::format("the batch has {} calls, over the limit of {}: send it in parts",
                                  batch->as_array().size(), options.max_batch_events),
                      "batch");
  }
  const auto own = [&](std::string_view key) {
    const Json* value = request.find(key);
    return value == nullptr || value->is_null() ? nullptr : value;
  };
  around.context = own("context");
  around.integrations = own("integrations");
  around.sent_at = own("sentAt");
  const size_t added = text_size(around.context) + text_size(around.integrations);
  std::vector<Reading> readings;
  auto& calls = batch->edit_array();
  readings.reserve(calls.size());
  for (size_t i = 0; i < calls.size(); ++i) {
    around.index = i;
    readings.push_back(read_one(calls[i], around, added, options, phones));
  }
  return readings;
}

}  // namespace

Result<std::vector<Reading>> read_request(Call call, std::string_view body, Micros received,
                                          const IntakeOptions& options, PhoneBook& phones) {
  if (body.size() > options.max_batch_bytes) {
    return over_limit(fmt::format("the request is {} bytes, over the limit of {}: send it in parts",
                                  body.size(), options.max_batch_bytes),
                      "body");
  }
  TRY_ASSIGN(Json request, parse_json(body));
  if (!request.is_object()) return invalid("the body must be a JSON object", "body");
  Surroundings around{.call = call, .received = received};
  if (call == Call::kBatch) return read_batch(request, around, options, phones);
  std::vector<Reading> readings;
  readings.push_back(read_one(request, around, 0, options, phones));
  return readings;
}

Reading read_again(Json call, Micros received, const IntakeOptions& options, PhoneBook& phones) {
  const auto first = parse_time(call.text("receivedAt"));
  Surroundings around{.call = Call::kBatch, .received = received};
  if (first && *first <= received) around.received = *first;
  return read_one(call, around, 0, options, phones);
}

}  // namespace rapport::intake
