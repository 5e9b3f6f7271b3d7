// The speed of expressions beside the limit: the same conditions written by hand in C++, over the
// same record view, in the same run. Prints one JSON object per row; bench/cel.py makes a table of
// them and of what engines of others need.
//
//   bench_cel [--records 1000000] [--export folder --exported 100000]
//
// Each row is the least of several passes over blocks of records that fit the cache, summed over
// the blocks. --export writes records as JSON lines and what hand-written C++ decides of them.
#include <fmt/format.h>

#include <bit>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <limits>
#include <string>

#include "cel/hand_written.h"
#include "cel/records.h"
#include "expr/interpreter.h"
#include "expr/json_slots.h"
#include "expr/parser.h"
#include "expr/program.h"
#include "expr/rule_set.h"

namespace rapport::bench {
namespace {

using namespace rapport::expr;

constexpr size_t kBlock = 500;
constexpr int kPasses = 9;

class Sources : public Layout {
 public:
  Sources() {
    auto built = Registry::build(all_libraries());
    CHECK(built.ok());
    registry_ = std::move(*built);
    CHECK(declare(registry_, declarations_).ok());
    const Type text(TypeKind::kString);
    for (uint32_t i = 0; i < kSlots; ++i) {
      const bool list = i == kIntents || i == kTags, number = i == kLtv || i == kAmount;
      const Type type = list             ? Type::list(text)
                        : number         ? Type()
                        : i == kFreeMail ? Type(TypeKind::kBool)
                                         : text;
      CHECK(declarations_.add_variable(kPaths[i], type).ok());
    }
  }
  std::optional<uint32_t> slot(std::string_view path) const override {
    for (uint32_t i = 0; i < kPaths.size(); ++i)
      if (kPaths[i] == path) return i;
    return std::nullopt;
  }
  std::shared_ptr<const Binding> bind(const std::string& source) const {
    Parsed parsed = parse(source);
    CHECK(parsed.ok());
    Checked checked = check(parsed.ast, declarations_);
    if (!checked.ok()) BUG(checked.problems[0].message);
    auto made = Binding::make(std::move(parsed.ast), std::move(checked), declarations_, registry_,
                              *this, nullptr);
    if (!made.ok()) BUG(made.error().message);
    return std::make_shared<const Binding>(std::move(*made));
  }

 private:
  Registry registry_;
  Declarations declarations_;
};

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

struct Row {
  const char* name;
  std::function<void()> work;  // over one block
  double seconds = 0;          // of all blocks
};

// Takes turns, so that what disturbs the machine disturbs all.
void measure_block(std::vector<Row>& rows) {
  std::vector<double> least(rows.size(), std::numeric_limits<double>::max());
  for (int pass = 0; pass < kPasses; ++pass)
    for (size_t i = 0; i < rows.size(); ++i)
      least[i] = std::min(least[i], seconds_of(rows[i].work));
  for (size_t i = 0; i < rows.size(); ++i) rows[i].seconds += least[i];
}

void print_row(const char* name, double nanoseconds) {
  fmt::print("{{\"row\":\"{}\",\"ns\":{:.1f}}}\n", name, nanoseconds);
  std::fflush(stdout);
}

uint32_t bits_of(const RuleSetState& state) {
  uint32_t bits = 0;
  for (const uint32_t rule : state.matched()) bits |= 1u << rule;
  return bits;
}

void write_records(const std::string& folder, size_t count) {
  std::ofstream file(folder + "/records.jsonl"), decided(folder + "/decided.txt");
  std::mt19937_64 random(7);
  Records records(count);
  records.make(random);
  Arena arena;
  for (size_t i = 0; i < count; ++i) {
    file << records.json(i) << '\n';
    decided << decide_by_hand(records.view(i), arena) << '\n';
  }
  std::ofstream conditions(folder + "/conditions.txt");
  for (const Condition& condition : kConditions)
    conditions << condition.id << '\t' << condition.points << '\t' << condition.source << '\n';
}

// CH-40, CH-41, CO-20 to CO-28.
class ConditionsBench {
 public:
  explicit ConditionsBench(const Sources& sources)
      : bindings_(bind_all(sources)), set_(bindings_), state_(set_), records_(kBlock) {
    for (const auto& binding : bindings_) programs_.emplace_back(binding);
    auto made = JsonSlotReader::make(kPaths);
    CHECK(made.ok());
    reader_.emplace(std::move(*made));
  }

  void run(size_t count) {
    std::vector<Row> rows = rows_to_measure();
    std::mt19937_64 random(1);
    double interpreted = 0;
    const size_t blocks = (count + kBlock - 1) / kBlock;
    for (size_t block = 0; block < blocks; ++block) {
      records_.make(random);
      compare();
      measure_block(rows);
      if (block == 0) interpreted = seconds_of([&] { sum_over(&ConditionsBench::interpreted); });
    }
    const auto all = static_cast<double>(blocks * kBlock);
    for (const Row& row : rows) print_row(row.name, row.seconds / all * 1e9);
    print_row("interpreter", interpreted / kBlock * 1e9);
    const auto each = [&](size_t n) { return static_cast<double>(n) / all; };
    fmt::print("{{\"row\":\"bytes of JSON\",\"n\":{:.0f}}}\n", each(bytes_));
    fmt::print("{{\"row\":\"conditions true\",\"n\":{:.2f}}}\n", each(true_));
    fmt::print("{{\"row\":\"records\",\"n\":{},\"sum\":{}}}\n", blocks * kBlock, sum_);
  }

 private:
  static std::vector<std::shared_ptr<const Binding>> bind_all(const Sources& sources) {
    std::vector<std::shared_ptr<const Binding>> bindings;
    for (const Condition& condition : kConditions)
      bindings.push_back(sources.bind(condition.source));
    return bindings;
  }

  // How each way decides record i of the block.
  uint32_t by_hand(size_t i) { return decide_by_hand(records_.view(i), arena_); }
  uint32_t by_set(size_t i) {
    set_.evaluate(records_.view(i), arena_, state_);
    return bits_of(state_);
  }
  uint32_t by_programs(size_t i) {
    uint32_t bits = 0;
    for (size_t k = 0; k < programs_.size(); ++k)
      bits |= uint32_t{programs_[k].test(records_.view(i), arena_) == Truth::kTrue} << k;
    return bits;
  }
  uint32_t interpreted(size_t i) {
    arena_.reset();
    uint32_t bits = 0;
    for (size_t k = 0; k < bindings_.size(); ++k)
      bits |= uint32_t{interpret(*bindings_[k], records_.view(i), arena_).is_true()} << k;
    return bits;
  }
  uint32_t from_json(size_t i) {
    read_json(i);
    set_.evaluate(slots_, arena_, state_);
    return bits_of(state_);
  }
  uint32_t read_json(size_t i) {
    CHECK(reader_->read(records_.json(i), slots_).ok());
    return 0;
  }
  using Way = uint32_t (ConditionsBench::*)(size_t);
  void sum_over(Way way) {
    for (size_t i = 0; i < kBlock; ++i) sum_ += (this->*way)(i);
  }

  std::vector<Row> rows_to_measure() {
    const auto row = [this](const char* name, Way way) {
      return Row{name, [this, way] { sum_over(way); }};
    };
    return {row("hand-written C++", &ConditionsBench::by_hand),
            row("rule set", &ConditionsBench::by_set),
            row("programs one by one", &ConditionsBench::by_programs),
            row("from JSON text to decisions", &ConditionsBench::from_json),
            row("JSON text to slots alone", &ConditionsBench::read_json)};
  }

  // All ways decide the same.
  void compare() {
    for (size_t i = 0; i < kBlock; ++i) {
      const uint32_t expected = by_hand(i);
      if (by_set(i) != expected || by_programs(i) != expected || from_json(i) != expected)
        BUG("decided otherwise than by hand: " + records_.json(i));
      bytes_ += records_.json(i).size();
      true_ += static_cast<size_t>(std::popcount(expected));
    }
  }

  std::vector<std::shared_ptr<const Binding>> bindings_;
  std::vector<Program> programs_;
  RuleSet set_;
  RuleSetState state_;
  std::optional<JsonSlotReader> reader_;
  Records records_;
  JsonSlots slots_;
  Arena arena_;
  uint64_t sum_ = 0;
  size_t bytes_ = 0;
  size_t true_ = 0;
};

// 1,000 rules, each for one of 100 types of event, beside a set of the 10 for that type.
void run_guards(const Sources& sources) {
  constexpr int kTypes = 100, kEach = 10;
  std::vector<std::shared_ptr<const Binding>> all;
  std::vector<std::unique_ptr<RuleSet>> parts;
  for (int type = 0; type < kTypes; ++type) {
    std::vector<std::shared_ptr<const Binding>> part;
    for (int i = 0; i < kEach; ++i)
      part.push_back(sources.bind(fmt::format(
          "event.type == 'shop.event_{}' && account.ltv > {} && account.tier != 'tier_{}'", type,
          i * 7'000 + type, i)));
    all.insert(all.end(), part.begin(), part.end());
    parts.push_back(std::make_unique<RuleSet>(std::move(part)));
  }
  print_row("making a set of 1,000, per rule",
            seconds_of([&] { CHECK(RuleSet(all).size() == all.size()); }) * 1e6);
  const RuleSet set(all);
  RuleSetState state(set);
  std::vector<RuleSetState> states;
  for (const auto& part : parts) states.emplace_back(*part);
  Records records(kBlock);
  std::mt19937_64 random(3);
  records.make(random);
  std::vector<std::array<Value, kSlots>> values(kBlock);
  std::vector<SlotRecord> views(kBlock);
  std::vector<std::string> names;
  for (int type = 0; type < kTypes; ++type) names.push_back(fmt::format("shop.event_{}", type));
  Arena arena;
  for (size_t i = 0; i < kBlock; ++i) {
    for (uint32_t slot = 0; slot < kSlots; ++slot)
      values[i][slot] = records.view(i).read(slot, arena);
    values[i][kType] = Value::string(names[i % kTypes]);
    views[i].show(values[i]);
  }
  size_t of_all = 0, of_parts = 0;
  std::vector<Row> rows = {{"1,000 rules of 100 guards",
                            [&] {
                              for (size_t i = 0; i < kBlock; ++i) {
                                set.evaluate(views[i], arena, state);
                                of_all += state.matched().size();
                              }
                            }},
                           {"the 10 that apply", [&] {
                              for (size_t i = 0; i < kBlock; ++i) {
                                RuleSetState& part = states[i % kTypes];
                                parts[i % kTypes]->evaluate(views[i], arena, part);
                                of_parts += part.matched().size();
                              }
                            }}};
  for (int i = 0; i < 20; ++i) measure_block(rows);
  if (of_all != of_parts) BUG("the sets of rules differ");
  for (const Row& row : rows) print_row(row.name, row.seconds / 20 / kBlock * 1e9);
}

}  // namespace
}  // namespace rapport::bench

int main(int argc, char** argv) {
  size_t count = 1'000'000, exported = 100'000;
  std::string folder;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--records") count = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--export") folder = argv[i + 1];
    if (name == "--exported") exported = std::strtoull(argv[i + 1], nullptr, 10);
  }
  if (!folder.empty()) rapport::bench::write_records(folder, exported);
  const rapport::bench::Sources sources;
  rapport::bench::ConditionsBench(sources).run(count);
  rapport::bench::run_guards(sources);
  return 0;
}
