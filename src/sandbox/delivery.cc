// What becomes of an answer: the part of sandbox.h that transports and servers ask.
#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "sandbox/carriage.h"
#include "sandbox/sandbox.h"

namespace rapport::sandbox {
namespace {

constexpr std::string_view kStatus = "X-Sandbox-Status";
constexpr std::string_view kSize = "X-Sandbox-Size";
constexpr std::string_view kSpan = "X-Sandbox-Span";

int64_t take_number(Headers& headers, std::string_view name, int64_t fallback) {
  const std::string text(header(headers, name));
  std::erase_if(headers, [&](const auto& field) { return field.first == name; });
  int64_t number = fallback;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Carriage carriage_of(int status) {
  switch (status) {
    case kLostResponse:
      return Carriage::kClosed;
    case kNoConnection:
      return Carriage::kNoConnection;
    case kNoAnswer:
      return Carriage::kHeld;
    case kCutAnswer:
      return Carriage::kCut;
    case kSlowAnswer:
      return Carriage::kSlow;
    default:
      return Carriage::kWhole;
  }
}

}  // namespace

HttpResponse cut_answer(HttpResponse answer) {
  const int status = std::exchange(answer.status, kCutAnswer);
  answer.headers.emplace_back(kStatus, std::to_string(status));
  answer.headers.emplace_back(kSize, std::to_string(answer.body.size()));
  answer.body.resize(answer.body.size() / 2);
  return answer;
}

HttpResponse slow_answer(HttpResponse answer, Micros span) {
  const int status = std::exchange(answer.status, kSlowAnswer);
  answer.headers.emplace_back(kStatus, std::to_string(status));
  answer.headers.emplace_back(kSpan, std::to_string(span.value));
  return answer;
}

Delivery delivery_of(HttpResponse answer) {
  Delivery delivery{.how = carriage_of(answer.status)};
  if (delivery.how == Carriage::kCut || delivery.how == Carriage::kSlow)
    answer.status = static_cast<int>(take_number(answer.headers, kStatus, 200));
  const auto size = static_cast<int64_t>(answer.body.size());
  delivery.body_size = static_cast<size_t>(take_number(answer.headers, kSize, size));
  delivery.span = {take_number(answer.headers, kSpan, 0)};
  delivery.answer = std::move(answer);
  return delivery;
}

Result<HttpResponse> carry(HttpResponse answer, Micros timeout, Clock& clock) {
  Delivery delivery = delivery_of(std::move(answer));
  switch (delivery.how) {
    case Carriage::kWhole:
      return std::move(delivery.answer);
    case Carriage::kClosed:
      return Error{Code::kIo, "the connection was closed without an answer"};
    case Carriage::kNoConnection:
      return Error{Code::kIo, "the connection could not be made"};
    case Carriage::kCut:
      return Error{Code::kIo, "the connection was reset in the middle of the answer"};
    case Carriage::kHeld:
      clock.sleep(timeout);
      return Error{Code::kTimeout, "no answer came in time"};
    case Carriage::kSlow:
      break;
  }
  clock.sleep(std::min(delivery.span, timeout));
  if (delivery.span > timeout) return Error{Code::kTimeout, "the answer came too slowly"};
  return std::move(delivery.answer);
}

}  // namespace rapport::sandbox
