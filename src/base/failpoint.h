// Named places where a test may make the process die. The server hands in one that does nothing
// unless the environment asks (docs/reference/configuration.md, RAPPORT_FAILPOINTS).
#pragma once

#include <string_view>

namespace rapport {

// Every name there is: the crash test walks this list and demands that each was reached.
inline constexpr std::string_view kFailpoints[] = {
    "append.before_write", "append.after_write",  "append.after_sync",     "ack.before",
    "ack.after",           "runner.before_apply", "runner.after_apply",    "push.started.durable",
    "push.request_sent",   "push.response_read",  "push.outcome.appended", "push.outcome.folded",
    "ids.before_flush",    "ids.after_flush",     "keys.before_allocate",  "keys.after_allocate",
    "base.before_rename",  "checkpoint.before",
};

class Failpoints {
 public:
  virtual ~Failpoints() = default;
  virtual void reach(std::string_view name) = 0;  // any thread
};

class NoFailpoints final : public Failpoints {
 public:
  void reach(std::string_view) override {}
};

}  // namespace rapport
