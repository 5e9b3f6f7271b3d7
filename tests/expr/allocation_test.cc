// Common conditions take nothing from the heap, however they are evaluated.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "expr/json_slots.h"
#include "expr/parser.h"
#include "expr/program.h"
#include "expr/rule_set.h"

namespace {
size_t allocations = 0;
}
void* operator new(size_t size) {
  ++allocations;
  if (void* at = std::malloc(size)) return at;
  std::abort();
}
void operator delete(void* at) noexcept {
  std::free(at);
}
void operator delete(void* at, size_t) noexcept {
  std::free(at);
}

namespace rapport::expr {
namespace {

const std::vector<std::string> kFields = {"event.type",    "event.intents", "event.text",
                                          "contact.email", "account.ltv",   "account.tier"};
const char* const kConditions[] = {
    "event.type == 'message' && 'pricing' in event.intents",
    "event.type in ['ticket', 'case'] && account.tier == 'gold'",
    "event.type == 'message' && account.ltv > 100",
    "event.text.hasAnyWord(['price', 'legal'])",
    "event.text.hasAnyWord(['cost']) || event.text.contains('x')",
    "contact.email != '' ? contact.email.endsWith('.example') : false",
    "event.intents.exists(i, i == 'pricing') && event.intents.all(i, i != '')",
    "account.ltv * 2.0 + 1.0 > 50.0",
};

TEST(Allocation, CommonConditionsTakeNothingFromTheHeap) {
  const auto reader = JsonSlotReader::make(kFields);
  ASSERT_TRUE(reader.ok());
  const auto registry = Registry::build(all_libraries());
  ASSERT_TRUE(registry.ok());
  Declarations declarations;
  ASSERT_TRUE(declare(*registry, declarations).ok());
  for (const std::string& field : kFields)
    ASSERT_TRUE(declarations.add_variable(field, Type()).ok());
  std::vector<std::shared_ptr<const Binding>> bindings;
  std::vector<Program> programs;
  for (const char* source : kConditions) {
    Parsed parsed = parse(source);
    Checked checked = check(parsed.ast, declarations);
    ASSERT_TRUE(checked.ok()) << source;
    auto made = Binding::make(std::move(parsed.ast), std::move(checked), declarations, *registry,
                              *reader, nullptr);
    ASSERT_TRUE(made.ok()) << source;
    bindings.push_back(std::make_shared<const Binding>(std::move(*made)));
    programs.emplace_back(bindings.back());
  }
  const RuleSet set(bindings);
  RuleSetState state(set);
  const std::string json =
      R"({"event":{"type":"message","text":"the price, no cost","intents":["faq","pricing"]},)"
      R"("contact":{"email":"ana@acme.example"},"account":{"ltv":500.5,"tier":"gold"}})";
  Arena arena;
  JsonSlots record;
  for (int round = 0; round < 3; ++round) {
    const size_t before = allocations;
    ASSERT_TRUE(reader->read(json, record).ok());
    set.evaluate(record, arena, state);
    for (const Program& program : programs)
      ASSERT_TRUE(program.evaluate(record, arena).is(Kind::kBool));
    const size_t taken = allocations - before;
    EXPECT_TRUE(round == 0 || taken == 0) << taken;
  }
  EXPECT_EQ(state.matched().size(), 7u);
}

}  // namespace
}  // namespace rapport::expr
