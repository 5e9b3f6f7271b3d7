// rooms: expr
// Any text as an expression over one record: what can be bound is evaluated within its limits, and
// the compiled form gives what the interpreter gives.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/result.h"
#include "expr/expression.h"
#include "expr/parser.h"
#include "expr/program.h"
#include "expr/registry.h"
#include "expr/zones.h"

namespace {

using namespace rapport::expr;

constexpr const char* kNames[] = {"s", "t", "n", "u", "d", "b", "l", "w", "m", "z", "i", "a"};

// Text, numbers, lists, a map, null; `a` is absent.
class Record : public Layout, public RecordView {
 public:
  Record() {
    const Value words[] = {Value::string("vip"), Value::string("eu"), Value::null()};
    const Value numbers[] = {Value::integer(3), Value::real(1.5), Value::uint(2)};
    const MapEntry entries[] = {{Value::string("k"), Value::integer(1)},
                                {Value::integer(2), Value::string("v")}};
    values_ = {Value::string("Zoë 4711, a-b_c"),
               Value::string("2026-03-02T08:30:15Z"),
               Value::integer(-7),
               Value::uint(42),
               Value::real(2.5),
               Value::boolean(true),
               arena_.list(numbers),
               arena_.list(words),
               arena_.map(entries),
               Value::null(),
               Value::timestamp({1772440215, 250'000'000})};
    ready_ = values_;
  }
  std::optional<uint32_t> slot(std::string_view path) const override {
    for (uint32_t i = 0; i < std::size(kNames); ++i)
      if (path == kNames[i]) return i;
    return std::nullopt;
  }

 protected:
  Value load(uint32_t, Arena&) const override { return Value::absent(); }

 private:
  Arena arena_;
  std::vector<Value> values_;
};

struct World {
  Registry registry = Registry::build(all_libraries()).value();
  std::unique_ptr<const Zones> zones = open_system_zones().value();
  Record record;
  Declarations declarations;

  World() {
    declare(registry, declarations).value();
    for (const char* name : kNames) declarations.add_variable(name, Type()).value();
  }
};

// Work and memory run out at other places in the two forms.
bool ran_out(std::string_view result) {
  return result.find("limit") != std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static const World* const kWorld = new World;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto made = read_expression(
      text, {kWorld->declarations, kWorld->registry, kWorld->record, kWorld->zones.get()});
  if (!made.ok()) {
    CHECK(!made.error().message.empty() && !made.error().where.empty());
    return 0;
  }
  EvaluationOptions options;
  options.cost = 20'000;
  options.zones = kWorld->zones.get();
  Arena arena(size_t{1} << 20);
  const std::string plain = describe(interpret(*made->binding, kWorld->record, arena, options));
  arena.reset();
  const Program program(made->binding);
  const std::string quick = describe(program.evaluate(kWorld->record, arena, options));
  if (plain != quick && !ran_out(plain)) {
    std::fprintf(stderr, "interpreted %s\ncompiled    %s\n", plain.c_str(), quick.c_str());
    __builtin_trap();
  }
  return 0;
}
