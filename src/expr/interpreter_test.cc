#include "expr/interpreter.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <map>

#include "expr/collections.h"
#include "expr/parser.h"

namespace rapport::expr {
namespace {

#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
constexpr double kMostMillis = 10;
#else
constexpr double kMostMillis = 400;
#endif

// A record of values laid out ready.
class Flat : public Layout, public RecordView {
 public:
  explicit Flat(std::vector<std::pair<std::string, Value>> fields) : fields_(std::move(fields)) {
    for (const auto& [name, value] : fields_) values_.push_back(value);
    ready_ = values_;
  }
  std::optional<uint32_t> slot(std::string_view path) const override {
    for (uint32_t i = 0; i < fields_.size(); ++i)
      if (fields_[i].first == path) return i;
    return std::nullopt;
  }
  const auto& fields() const { return fields_; }

 protected:
  Value load(uint32_t, Arena&) const override { return Value::absent(); }

 private:
  std::vector<std::pair<std::string, Value>> fields_;
  std::vector<Value> values_;
};

const Registry& registry() {
  static const Registry* const kRegistry = new Registry(Registry::build(all_libraries()).value());
  return *kRegistry;
}

Result<Binding> bound_to(const std::string& source, const Flat& record) {
  Declarations declarations;
  TRY(declare(registry(), declarations));
  for (const auto& [name, value] : record.fields()) {
    TRY(declarations.add_variable(name, Type()));
  }
  Parsed parsed = parse(source);
  if (!parsed.ok()) return to_error(parsed.problems);
  Checked checked = check(parsed.ast, declarations);
  if (!checked.ok()) return to_error(checked.problems);
  return Binding::make(std::move(parsed.ast), std::move(checked), declarations, registry(), record,
                       nullptr);
}

std::string evaluate(const std::string& source, const Flat& record = Flat({}),
                     EvaluationOptions options = {}) {
  const auto bound = bound_to(source, record);
  if (!bound) return "refused: " + bound.error().message;
  Arena arena;
  return describe(interpret(*bound, record, arena, options));
}

TEST(Interpreter, ReadsValuesLaidOutReady) {
  const Flat record({{"contact.score", Value::integer(7)},
                     {"contact.name", Value::string("Ana")},
                     {"contact.plan", Value::absent()}});
  EXPECT_EQ(evaluate("contact.score > 5 && contact.name == 'Ana'", record), "true");
  EXPECT_EQ(evaluate("contact.plan == 'free'", record), "unknown(contact.plan)");
}

TEST(Interpreter, StopsAtTheCostLimitAndNothingAbsorbsThat) {
  EvaluationOptions few;
  few.cost = 50;
  EXPECT_EQ(evaluate("[1, 2, 3].all(x, x > 0)", Flat({}), few), "true");
  const std::string error = "error(the evaluation costs more than its limit allows)";
  EXPECT_EQ(
      evaluate("[1,2,3,4,5,6,7,8,9].all(x, [1,2,3,4,5,6,7,8,9].all(y, x + y > 0))", Flat({}), few),
      error);
  EXPECT_EQ(evaluate("true || [1,2,3].all(x, x > 0)", Flat({}), few), "true");
  EXPECT_EQ(evaluate("[1,2,3,4,5,6,7,8,9].all(x, [1,2,3,4,5,6,7,8,9].all(y, x + y > 0)) || true",
                     Flat({}), few),
            error);
}

TEST(Interpreter, ChargesForLongTextsAndLists) {
  const std::string text(100'000, 'x');
  const Flat record({{"text", Value::string(text)}});
  EvaluationOptions few;
  few.cost = 100;
  EXPECT_NE(evaluate("text.contains('y')", record, few), "false");
  EXPECT_EQ(evaluate("text.contains('y')", record), "false");
}

TEST(Interpreter, StopsAtTheMemoryLimit) {
  std::string source = "'0123456789abcdef'";
  for (int i = 0; i < 30; ++i) {
    const std::string name = "v" + std::to_string(i);
    source = "cel.bind(" + name + ", " + source + ", " + name + " + " + name + ")";
  }
  EvaluationOptions much;
  much.cost = UINT64_MAX;
  EXPECT_EQ(evaluate(source, Flat({}), much),
            "error(the evaluation needs more memory than its limit allows)");
}

TEST(Interpreter, RefusesABadConstantPatternWhenBound) {
  const Flat record({{"text", Value::string("x")}});
  const auto bound = bound_to("text != '' &&\n  text.matches('(')", record);
  ASSERT_FALSE(bound.ok());
  EXPECT_EQ(bound.error().where, "2:8");
  EXPECT_EQ(bound.error().message, "this is no regular expression of RE2: missing ): (");
}

TEST(Interpreter, RefusesAVariableWithoutASlot) {
  Declarations declarations;
  ASSERT_TRUE(declarations.add_variable("contact", Type()).ok());
  Parsed parsed = parse("contact");
  Checked checked = check(parsed.ast, declarations);
  const auto bound = Binding::make(std::move(parsed.ast), std::move(checked), declarations,
                                   registry(), Flat({}), nullptr);
  ASSERT_FALSE(bound.ok());
  EXPECT_EQ(bound.error().message, "the record has no slot for the variable 'contact'");
}

TEST(Interpreter, ExplainsTheNodesItReached) {
  const Flat record({{"a", Value::integer(1)}, {"b", Value::integer(2)}});
  const auto bound = bound_to("a > 1 && b > 1", record);
  ASSERT_TRUE(bound.ok());
  Arena arena;
  Explanation explanation;
  EXPECT_TRUE(interpret(*bound, record, arena, {}, &explanation).is_false());
  std::map<std::string, std::string> shown;
  for (const auto& [node, value] : explanation.steps)
    shown[std::string(bound->ast().source_of(node))] = describe(value);
  EXPECT_EQ(shown, (std::map<std::string, std::string>{
                       {"1", "1"}, {"a", "1"}, {"a > 1", "false"}, {"a > 1 && b > 1", "false"}}));
}

TEST(Interpreter, KeepsAResultBeyondItsRecord) {
  Arena kept;
  Value copy;
  {
    const std::string name = "a name that is longer than a small string";
    const Flat record({{"name", Value::string(name)}});
    const auto bound = bound_to("{'list': [name, 1], 'maybe': optional.of(name)}", record);
    ASSERT_TRUE(bound.ok());
    Arena arena;
    copy = keep(interpret(*bound, record, arena), kept);
  }
  EXPECT_EQ(describe(copy),
            "{\"list\": [\"a name that is longer than a small string\", 1], "
            "\"maybe\": optional.of(\"a name that is longer than a small string\")}");
}

// A loop of 10^9 steps, and others that would go on for long.
TEST(Interpreter, RefusesHostileWorkWithinTenMilliseconds) {
  const std::string thousand = "lists.range(1000)";
  const std::string text(200, 'x');
  const std::string sources[] = {
      thousand + ".all(a, " + thousand + ".all(b, " + thousand + ".all(c, a + b + c >= 0)))",
      thousand + ".map(a, " + thousand + ".map(b, " + thousand + ".map(c, a + b + c)))",
      thousand + ".exists(a, " + thousand + ".exists(b, 'x'.matches('(' + string(a * b) + ')')))",
      thousand + ".exists(a, 'x'.matches('\\\\pL{10}' + string(a)))",
      thousand + ".exists(a, 'x'.matches('(a{1000})(b{1000})(\\\\pL{1000})' + string(a)))",
      "cel.bind(a, lists.range(30000), a.map(x, a).flatten().distinct().sort())",
      "cel.bind(a, lists.range(30000), sets.intersects(a.map(x, [x]), a.map(x, [-1 - x])))",
      "lists.range(50000).map(x, '" + text + "').join().split('')",
      "lists.range(50000).map(x, '%100f'.format([1.0])).join()",
      "'%s'.format([lists.range(100000)]).replace('', '" + text + "')",
      "editDistance('%s'.format([lists.range(3000)]), '%s'.format([lists.range(3000)]))"};
  for (const std::string& source : sources) {
    const auto bound = bound_to(source, Flat({}));
    ASSERT_TRUE(bound.ok()) << bound.error().message;
    std::vector<double> millis;
    for (int i = 0; i < 20; ++i) {
      Arena arena;
      const std::clock_t start = std::clock();
      EXPECT_TRUE(interpret(*bound, Flat({}), arena).is_error()) << source;
      millis.push_back(1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    }
    std::nth_element(millis.begin(), millis.begin() + 10, millis.end());
    EXPECT_LE(millis[10], kMostMillis) << source;
  }
}

// Keys of one bucket each time: their products with the factor of hash_key end alike.
Value colliding_keys(Arena& arena, size_t count) {
  uint64_t inverse = 1;  // of the factor, by Newton's steps
  for (int i = 0; i < 6; ++i) inverse *= 2 - 0x9e3779b97f4a7c15u * inverse;
  std::vector<Value> keys;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t high = i << 21;
    const uint64_t product = high ^ (high >> 32 & 0x1fffff);
    keys.push_back(Value::integer(static_cast<int64_t>((product * inverse) ^ 0xcbf29ce484222325u)));
  }
  return arena.list(keys);
}

// Texts and lists of a record that are chosen to make a plain expression slow.
TEST(Interpreter, BearsHostileRecordsForTenMilliseconds) {
  Arena arena;
  const std::string as(90'000, 'a');
  const std::string rewrite = [] {
    std::string all;
    for (int i = 0; i < 5000; ++i) all += "\\1";
    return all;
  }();
  const Flat record({{"text", Value::string(as)},
                     {"most", Value::string(std::string_view(as).substr(0, 45'000))},
                     {"rewrite", Value::string(rewrite)},
                     {"keys", colliding_keys(arena, 8000)}});
  const std::string windows = [] {
    std::string all = "00:00-00:01";
    for (int hour = 1; hour < 10; ++hour) all += fmt::format(",0{}:00-0{}:30", hour, hour);
    return all;
  }();
  const std::pair<std::string, const char*> cases[] = {
      {"text.contains(most + 'b')", "false"},
      {"text.indexOf(most + 'b')", "-1"},
      {"text.lastIndexOf('b' + most)", "-1"},
      {"text.split(most + 'b').size()", "1"},
      {"text.replace(most + 'b', '').size()", "90000"},
      {"text.hasAnyWord([most + 'b'])", "false"},
      {"text.hasAnyWord([most])", "error(the evaluation costs more than its limit allows)"},
      {"lists.range(3000).map(x, '').join(text)", "error(the joined text is longer than 1 MiB)"},
      {"regex.replace(text, '(.*)', rewrite)", "error(the replaced text is longer than 1 MiB)"},
      {"lists.range(40000).map(x, text) == lists.range(40000).map(x, text)",
       "error(the evaluation costs more than its limit allows)"},
      {"lists.range(60000).map(x, text).distinct()",
       "error(the evaluation costs more than its limit allows)"},
      {"lists.range(15000).map(x, text).sort()",
       "error(the evaluation costs more than its limit allows)"},
      {"lists.range(10000).sortBy(x, text)",
       "error(the evaluation costs more than its limit allows)"},
      {"cel.bind(m, {0: 0, 1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 0, 8: 0}, "
       "lists.range(30000).map(x, m[?text]))",
       "error(the evaluation costs more than its limit allows)"},
      {"keys.distinct().size()", "error(the evaluation costs more than its limit allows)"},
      {"keys.transformMapEntry(i, key, {key: i}).size()",
       "error(the keys of a map are chosen to make it slow)"},
      {"calendar('UTC; Mon-Sun " + windows +
           "').between(timestamp('2020-01-01T00:00:00Z'), timestamp('2029-01-01T00:00:00Z'))",
       "error(the evaluation costs more than its limit allows)"}};
  for (const auto& [source, expected] : cases) {
    const auto bound = bound_to(source, record);
    ASSERT_TRUE(bound.ok()) << bound.error().message;
    std::vector<double> millis;
    for (int i = 0; i < 20; ++i) {
      Arena own;
      const std::clock_t start = std::clock();
      EXPECT_EQ(describe(interpret(*bound, record, own)), expected) << source;
      millis.push_back(1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    }
    std::nth_element(millis.begin(), millis.begin() + 10, millis.end());
    EXPECT_LE(millis[10], kMostMillis) << source;
  }
}

TEST(Interpreter, DoesNotEvaluateWhatAnOptionalDoesNotNeed) {
  EXPECT_EQ(evaluate("optional.of(1).orValue(1 / 0)"), "1");
  EXPECT_EQ(evaluate("optional.of(1).or(optional.of(1 / 0))"), "optional.of(1)");
  EXPECT_EQ(evaluate("optional.none().orValue(1 / 0)"), "error(divide by zero)");
}

}  // namespace
}  // namespace rapport::expr
