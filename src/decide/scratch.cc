#include "decide/scratch.h"

namespace rapport::decide {

std::unique_ptr<SlotMemory> Scratch::take(size_t slots, size_t objects) {
  auto memory = free_.empty() ? std::make_unique<SlotMemory>() : std::move(free_.back());
  if (!free_.empty()) free_.pop_back();
  if (memory->values.size() < slots) {
    memory->values.resize(slots);
    memory->read_in.resize(slots);
  }
  if (memory->records.size() < objects) {
    memory->records.resize(objects);
    memory->found_in.resize(objects);
  }
  memory->first = ++memory->turn;
  return memory;
}

void Scratch::give_back(std::unique_ptr<SlotMemory> memory) {
  memory->arena.reset();
  free_.push_back(std::move(memory));
}

expr::RuleSetState& Scratch::state(const expr::RuleSet& set, uint32_t number) {
  if (number >= states_.size()) states_.resize(number + 1);
  if (!states_[number]) states_[number] = std::make_unique<expr::RuleSetState>(set);
  return *states_[number];
}

std::unique_ptr<Scratch> ScratchPool::take() {
  std::lock_guard lock(mutex_);
  if (free_.empty()) return std::make_unique<Scratch>();
  auto scratch = std::move(free_.back());
  free_.pop_back();
  return scratch;
}

void ScratchPool::give_back(std::unique_ptr<Scratch> scratch) {
  std::lock_guard lock(mutex_);
  free_.push_back(std::move(scratch));
}

}  // namespace rapport::decide
