// Sends lines of tracking calls to a server in batches, and waits out what passes by itself.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <string>

#include "base/clock.h"
#include "main/api_client.h"
#include "main/commands/commands.h"

namespace rapport {

class EventSender {
 public:
  struct Sums {
    uint64_t sent = 0, stored = 0, repeated = 0, quarantined = 0, sequence = 0;
  };
  EventSender(ApiClient& api, Clock& clock, std::function<void(const Sums&)> progress);
  // "-": standard input. Errors name the line; what was sent before stays sent.
  Result<void> send_file(const std::string& file);
  Result<void> send_lines(std::istream& lines);
  const Sums& sums() const { return sums_; }

 private:
  Result<void> add(std::string_view line);
  Result<void> flush();
  Result<Json> send_batch(const std::string& body);

  ApiClient& api_;
  Clock& clock_;
  std::function<void(const Sums&)> progress_;
  Sums sums_;
  std::string batch_;
  uint64_t line_ = 0, in_batch_ = 0;
};

}  // namespace rapport
