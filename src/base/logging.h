// Reports: what the server says about its own running, as named events with fields.
#pragma once

#include <string_view>

#include "base/json.h"

namespace rapport {

enum class Level { kDebug, kInfo, kWarning, kError };

std::string_view name(Level level);  // "debug", "info", "warning", "error"

// Takes reports; handed in. Any thread. No secret gets out: whatever a caller passes under a name
// that contains token, secret, password, authorization or key (any case, any depth) reaches no
// sink, it is replaced by "***".
class Reporter {
 public:
  virtual ~Reporter() = default;
  // `event` is a dotted name such as "server.started"; `fields` an object or null.
  void report(Level level, std::string_view event, Json fields = {});

 private:
  virtual bool wants(Level level) const = 0;
  virtual void write(Level level, std::string_view event, const Json& fields) = 0;
};

class NoReporter final : public Reporter {
  bool wants(Level) const override { return false; }
  void write(Level, std::string_view, const Json&) override {}
};

// Replaces the values under secret names, see Reporter.
void redact(Json& fields);

}  // namespace rapport
