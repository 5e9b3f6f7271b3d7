// The deciding engine: a pure function (state, event, definitions) → decisions.
//
// It reads no clock, disk, network or global; ids come from the event. What it lacks it names, and
// the caller loads that and asks again: a step that was not finished has had no effect.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "decide/basics.h"
#include "decide/compile.h"
#include "decide/facts.h"
#include "decide/step.h"

namespace rapport::decide {

// Changes whenever the same log could fold to another state. State of another version is rebuilt.
inline constexpr int64_t kFoldVersion = 7;

class Engine {
 public:
  // `zones` must outlive the engine; null: UTC and fixed offsets only.
  explicit Engine(Basics basics, const expr::Zones* zones = nullptr)
      : basics_(std::move(basics)), zones_(zones) {}

  // Folds one event. `due` are the timers with due ≤ event.received_at in (due, id) order; they
  // fire first, as part of this step, and so do those they arm for a moment before it. Any thread.
  std::variant<Decisions, Needs> step(const model::Event& event, std::span<const model::Timer> due,
                                      const Facts& facts) const;

  // What step() will read for this event, as far as `facts` already tells: lets a caller load for
  // many events at once. Empty when nothing more can be foreseen.
  Needs foresee(const model::Event& event, const Facts& facts) const;

  const Basics& basics() const { return basics_; }
  const expr::Zones* zones() const { return zones_; }
  // What is active by the facts; null: nothing is, or it cannot be compiled by this engine, which
  // `problem` then tells. Throws Needs. Compiled once per version and kept.
  std::shared_ptr<const Definitions> definitions(const Step& step,
                                                 std::vector<Error>* problems = nullptr) const;

 private:
  struct Known {
    std::shared_ptr<const Definitions> definitions;
    std::vector<Error> problems;
  };

  // What a pure function gave, so that it need not be asked again.
  struct Memory {
    std::mutex mutex;
    std::map<std::string, Known, std::less<>> known;
  };

  Basics basics_;
  const expr::Zones* zones_;
  std::unique_ptr<Memory> memory_ = std::make_unique<Memory>();
};

}  // namespace rapport::decide
