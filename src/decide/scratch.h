// Memory that evaluations use again and again. It holds nothing that outlives one evaluation: what
// is decided never depends on it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "expr/arena.h"
#include "expr/rule_set.h"
#include "expr/value.h"
#include "model/record.h"

namespace rapport::decide {

// Values that were read already, by slot; those of another turn count as not read.
struct SlotMemory {
  std::vector<expr::Value> values;
  std::vector<uint32_t> read_in;              // turn
  std::vector<const model::Record*> records;  // by object; null: there is none
  std::vector<uint32_t> found_in;             // turn
  uint32_t turn = 0;
  uint32_t first = 0;  // turn at which the evaluation began
  expr::Arena arena;
};

// One thread at a time.
class Scratch {
 public:
  // For one evaluation, with at least that many slots, nothing read yet.
  std::unique_ptr<SlotMemory> take(size_t slots, size_t objects);
  void give_back(std::unique_ptr<SlotMemory> memory);
  // The state of a rule set, which is known by its number.
  expr::RuleSetState& state(const expr::RuleSet& set, uint32_t number);

 private:
  std::vector<std::unique_ptr<SlotMemory>> free_;
  std::vector<std::unique_ptr<expr::RuleSetState>> states_;
};

// Of one version of the definitions. Any thread.
class ScratchPool {
 public:
  std::unique_ptr<Scratch> take();
  void give_back(std::unique_ptr<Scratch> scratch);

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Scratch>> free_;
};

}  // namespace rapport::decide
