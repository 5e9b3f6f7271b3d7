#include "main/commands/event_sender.h"

#include <fmt/format.h>

#include <fstream>
#include <iostream>

#include "base/crypto.h"
#include "base/text.h"

namespace rapport {

namespace {

constexpr uint64_t kBatchEvents = 100;
constexpr size_t kBatchBytes = 400 * 1024;  // under the server's limit
constexpr int kTries = 20;

}  // namespace

EventSender::EventSender(ApiClient& api, Clock& clock, std::function<void(const Sums&)> progress)
    : api_(api), clock_(clock), progress_(std::move(progress)) {}

Result<void> EventSender::send_file(const std::string& file) {
  if (file == "-") return send_lines(std::cin);
  std::ifstream lines(file);
  if (!lines) return not_found(fmt::format("cannot read {}", file));
  return send_lines(lines);
}

Result<void> EventSender::send_lines(std::istream& lines) {
  std::string line;
  line_ = 0;
  while (std::getline(lines, line)) {
    ++line_;
    if (trim(line).empty()) continue;
    TRY(add(trim(line)));
  }
  return flush();
}

Result<void> EventSender::add(std::string_view line) {
  auto parsed = parse_json(line);
  if (!parsed.ok() || !parsed->is_object())
    return invalid(
        fmt::format("line {}: {}", line_,
                    parsed.ok() ? "a call must be a JSON object" : parsed.error().message),
        fmt::format("line {}", line_));
  Json& call = *parsed;
  std::string text(line);
  if (!call.find("messageId")) {
    const auto id = sha256({std::to_string(line_), ":", line});
    call.set("messageId", "line-" + to_hex(bytes_of(id).substr(0, 16)));
    text = to_text(call);
  }
  if (in_batch_ > 0 && batch_.size() + text.size() > kBatchBytes) TRY(flush());
  batch_ += (in_batch_ == 0 ? "" : ",") + text;
  return ++in_batch_ >= kBatchEvents ? flush() : Result<void>();
}

Result<void> EventSender::flush() {
  if (in_batch_ == 0) return {};
  TRY_ASSIGN(const Json receipt, send_batch("{\"batch\":[" + batch_ + "]}"));
  sums_.sent += in_batch_;
  sums_.stored += static_cast<uint64_t>(receipt.integer("stored"));
  sums_.repeated += static_cast<uint64_t>(receipt.integer("repeated"));
  sums_.quarantined += static_cast<uint64_t>(receipt.integer("quarantined"));
  sums_.sequence = std::max(sums_.sequence, static_cast<uint64_t>(receipt.integer("sequence")));
  batch_.clear();
  in_batch_ = 0;
  progress_(sums_);
  return {};
}

// A batch is safe to send again: its message ids tell the server what it has.
Result<Json> EventSender::send_batch(const std::string& body) {
  Micros pause = millis(250);
  for (int attempt = 1;; ++attempt) {
    const auto response = api_.send("POST", "/v1/batch", body);
    if (response.ok() && response->status < 400) return parse_json(response->body);
    const bool passes = response.ok() ? response->status == 429 || response->status == 503 ||
                                            response->status == 507
                                      : response.error().code != Code::kForbidden;
    if (!passes || attempt == kTries) {
      Error error = response.ok() ? error_of(*response) : response.error();
      error.where = fmt::format("lines up to {}", line_);
      return error;
    }
    clock_.sleep(response.ok() ? retry_after(*response, pause) : pause);
    pause = std::min(pause + pause, seconds(10));
  }
}

}  // namespace rapport
