// What a workspace has declared. Packs will fill this; until then first_definitions() does.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "decide/step.h"

namespace rapport::decide {

// Missing data is its own answer: a rule acts on kYes only.
enum class Truth { kNo, kYes, kUnknown };

// What a condition may look at. The expression language will read the same thing.
struct Situation {
  const model::Event& event;
  const model::Record* contact = nullptr;
  const model::Record* account = nullptr;
  const model::Record* conversation = nullptr;
};

// The seam of the rule language: a compiled condition.
class Condition {
 public:
  virtual ~Condition() = default;
  virtual Truth holds(const Situation& situation) const = 0;  // pure, any thread
};

// KU-12: opens one ticket per conversation; a second escalation adds to it.
struct OpenTicket {
  std::string priority;  // "low", "medium", "high", "urgent"
};

struct Rule {
  std::string id;
  std::string on;                         // event type
  std::shared_ptr<const Condition> when;  // none: always
  OpenTicket action;
};

// A count of events over a sliding window, per contact and per account, exact at its grain.
struct WindowedCount {
  std::string name;    // "messages"
  std::string event;   // type that is counted
  std::string author;  // when not empty: only messages of this author
  Micros grain;        // width of a bucket
  int buckets;         // window = grain × buckets
};

struct Definitions {
  std::vector<Rule> rules;
  std::vector<WindowedCount> counts;
  Micros idle_close = hours(24);  // an open conversation without a message for so long is closed
};

Definitions first_definitions();

}  // namespace rapport::decide
