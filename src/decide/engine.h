// The deciding engine: a pure function (state, event, definitions) → decisions.
//
// It reads no clock, disk, network or global; ids come from the event. What it lacks it names, and
// the caller loads that and asks again: a step that was not finished has had no effect.
#pragma once

#include <span>
#include <variant>
#include <vector>

#include "decide/definitions.h"
#include "decide/facts.h"
#include "decide/step.h"

namespace rapport::decide {

// Changes whenever the same log could fold to another state. State of another version is rebuilt.
inline constexpr int64_t kFoldVersion = 4;

class Engine {
 public:
  explicit Engine(Definitions definitions) : definitions_(std::move(definitions)) {}

  // Folds one event. `due` are the timers with due ≤ event.received_at in (due, id) order; they
  // fire first, as part of this step. Any thread.
  std::variant<Decisions, Needs> step(const model::Event& event, std::span<const model::Timer> due,
                                      const Facts& facts) const;

  // What step() will read for this event, as far as `facts` already tells: lets a caller load for
  // many events at once. Empty when nothing more can be foreseen.
  Needs foresee(const model::Event& event, const Facts& facts) const;

  const Definitions& definitions() const { return definitions_; }

 private:
  Definitions definitions_;
};

}  // namespace rapport::decide
