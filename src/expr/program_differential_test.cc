// Random expressions over random records: the compiled forms against the interpreter.
//   RAPPORT_SEEDS=100000 expr_test --gtest_filter=ProgramDifferential*      RAPPORT_SECONDS=600 …
//   RAPPORT_SEED=17 … one of them. A difference is made as small as it goes and printed.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>
#include <random>

#include "expr/collections.h"
#include "expr/parser.h"
#include "expr/program.h"
#include "expr/rule_set.h"
#include "expr/selection.h"
#include "expr/zones.h"

namespace rapport::expr {
namespace {

int64_t from_environment(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoll(text);
}

using Random = std::mt19937_64;
size_t below(Random& random, size_t limit) {
  return random() % limit;
}
bool chance(Random& random, size_t percent) {
  return below(random, 100) < percent;
}
template <class Items>
const auto& any_of(Random& random, const Items& items) {
  return items[below(random, std::size(items))];
}

enum class Want { kBool, kInt, kReal, kText, kTexts, kNumbers, kMap, kTime, kMoney, kAny };

constexpr const char* kTexts[] = {
    "'a'",     "'b'",       "'red'", "'green'", "''",           "'social media'", "'Legal'",
    "'price'", "'message'", "'ça'",  "'a.b'",   "'message.in'", "'c++'",          "'7'"};
constexpr const char* kWholes[] = {"0",
                                   "1",
                                   "2",
                                   "-1",
                                   "7",
                                   "50000",
                                   "9223372036854775807",
                                   "9007199254740993",
                                   "3u",
                                   "18446744073709551615u"};
constexpr const char* kReals[] = {"0.0", "0.5", "-1.5", "7.0", "1e300", "9007199254740992.0"};

struct Field {
  const char* path;
  Want want;
};
constexpr Field kFields[] = {
    {"s.type", Want::kText},    {"s.text", Want::kText}, {"s.plan", Want::kText},
    {"n.a", Want::kInt},        {"n.b", Want::kInt},     {"n.r", Want::kReal},
    {"b.x", Want::kBool},       {"b.y", Want::kBool},    {"l.tags", Want::kTexts},
    {"l.nums", Want::kNumbers}, {"m.map", Want::kMap},   {"t.at", Want::kTime},
    {"c.ltv", Want::kMoney},    {"x.any", Want::kAny},   {"x.more", Want::kAny},
    {"s", Want::kMap},          {"n", Want::kMap},       {"b", Want::kMap},
    {"l", Want::kMap},          {"m", Want::kMap},       {"t", Want::kMap},
    {"c", Want::kMap},          {"x", Want::kMap},       {"o", Want::kMap},
};
constexpr uint32_t kReady = 12;  // slots laid out ready, the others are asked for

constexpr uint32_t pack(const char* c) {
  return static_cast<uint32_t>(c[0]) | static_cast<uint32_t>(c[1]) << 8 |
         static_cast<uint32_t>(c[2]) << 16;
}
constexpr uint32_t kUsd = pack("USD");
constexpr uint32_t kEur = pack("EUR");

class FieldLayout : public Layout {
 public:
  std::optional<uint32_t> slot(std::string_view path) const override {
    for (uint32_t i = 0; i < std::size(kFields); ++i)
      if (path == kFields[i].path) return i;
    return std::nullopt;
  }
};

class HostList : public ListView {
 public:
  explicit HostList(std::vector<Value> items) : items_(std::move(items)) {}
  uint32_t size() const override { return static_cast<uint32_t>(items_.size()); }
  Value at(uint32_t index, Arena&) const override { return items_[index]; }

 private:
  std::vector<Value> items_;
};

class HostObject : public MapView {
 public:
  explicit HostObject(std::vector<MapEntry> entries) : entries_(std::move(entries)) {}
  uint32_t size() const override { return static_cast<uint32_t>(entries_.size()); }
  MapEntry at(uint32_t index, Arena&) const override { return entries_[index]; }
  Value find(const Value& key, Arena&) const override {
    for (const MapEntry& entry : entries_)
      if (same_key(entry.key, key)) return entry.value;
    return Value::absent();
  }
  std::string_view type_name() const override { return "thing"; }

 private:
  std::vector<MapEntry> entries_;
};

class RandomRecord : public RecordView {
 public:
  RandomRecord(Random& random) {
    for (const Field& field : kFields) values_.push_back(make(random, field.want, 0));
    ready_ = std::span(values_).first(kReady);
  }
  std::string describe_all() const {
    std::string all;
    for (size_t i = 0; i < values_.size(); ++i)
      all += std::string("  ") + kFields[i].path + " = " + describe(values_[i]) + "\n";
    return all;
  }

 protected:
  Value load(uint32_t slot, Arena&) const override { return values_[slot]; }

 private:
  Value make(Random& random, Want want, int depth) {
    const size_t odd = below(random, 100);
    static constexpr Failure kFailure{"the host failed"};
    static constexpr Missing kMissing{"host.field"};
    if (odd < 10) return Value::absent();
    if (odd < 13) return Value::null();
    if (odd < 16) return Value::unknown(&kMissing);
    if (odd < 17) return Value::error(&kFailure);
    if (odd < 25) want = static_cast<Want>(below(random, 10));
    switch (want) {
      case Want::kBool:
        return Value::boolean(chance(random, 50));
      case Want::kInt:
        if (chance(random, 25)) return Value::real(static_cast<double>(below(random, 9)));
        if (chance(random, 10)) return Value::uint(random());
        return Value::integer(chance(random, 90) ? static_cast<int64_t>(below(random, 9)) - 1
                                                 : static_cast<int64_t>(random()));
      case Want::kReal:
        return Value::real(any_of(random, kNumbers));
      case Want::kText:
        return Value::string(any_of(random, kContents));
      case Want::kTexts:
      case Want::kNumbers:
        return make_list(random, want == Want::kTexts ? Want::kText : Want::kInt, depth);
      case Want::kMap:
        return make_map(random, depth);
      case Want::kTime:
        return Value::timestamp({static_cast<int64_t>(below(random, 2'000'000'000)), 5});
      case Want::kMoney:
        return Value::money(
            {static_cast<int64_t>(below(random, 100)) * 100'000, chance(random, 70) ? kUsd : kEur});
      case Want::kAny:
        return make(random, static_cast<Want>(below(random, 9)), depth + 1);
    }
    return {};
  }
  Value make_list(Random& random, Want element, int depth) {
    std::vector<Value> items;
    for (size_t i = below(random, 4); i > 0; --i) {
      Value item = depth > 2 ? Value::integer(1) : make(random, element, depth + 1);
      if (chance(random, 70) && !item.is_known()) item = Value::string("a");
      items.push_back(item);
    }
    if (chance(random, 80)) return arena_.list(items);
    lists_.push_back(std::make_unique<HostList>(std::move(items)));
    return Value::list(lists_.back().get());
  }
  Value make_map(Random& random, int depth) {
    std::vector<MapEntry> entries;
    for (const char* key : {"a", "b", "red", "type"})
      if (depth < 3 && chance(random, 50))
        entries.push_back({Value::string(key), make(random, Want::kAny, depth + 1)});
    if (chance(random, 50)) return arena_.map(entries);
    objects_.push_back(std::make_unique<HostObject>(std::move(entries)));
    return Value::object(objects_.back().get());
  }

  static constexpr double kNumbers[] = {
      0.0, 0.5, -1.5, 7.0, 9007199254740992.0, 1e300, std::numeric_limits<double>::quiet_NaN()};
  static constexpr const char* kContents[] = {"a",
                                              "b",
                                              "red",
                                              "green",
                                              "",
                                              "message",
                                              "message.in",
                                              "7",
                                              "We saw it on SOCIAL MEDIA, a legal matter of price",
                                              "socialmedia prices",
                                              "der Preis, ça va: price",
                                              "a.b c++ x"};
  std::vector<Value> values_;
  std::vector<std::unique_ptr<HostList>> lists_;
  std::vector<std::unique_ptr<HostObject>> objects_;
  Arena arena_;
};

// An expression as text with holes: "(# && #)" and what stands in them.
struct Tree {
  std::string text;
  std::vector<Tree> parts;
  std::string print() const {
    std::string out;
    size_t next = 0;
    for (const char c : text) {
      if (c == '#')
        out += parts[next++].print();
      else
        out += c;
    }
    return out;
  }
};

struct Form {
  const char* text;
  std::vector<Want> parts;
};
std::vector<Form> truth_forms() {
  using enum Want;
  return {{"(# && #)", {kBool, kBool}},
          {"(# && # && #)", {kBool, kBool, kBool}},
          {"(# || #)", {kBool, kBool}},
          {"(# || # || #)", {kBool, kBool, kBool}},
          {"!#", {kBool}},
          {"(# == #)", {kText, kText}},
          {"(# != #)", {kText, kText}},
          {"(# == #)", {kAny, kAny}},
          {"(# == #)", {kInt, kInt}},
          {"(# < #)", {kInt, kInt}},
          {"(# >= #)", {kInt, kReal}},
          {"(# > #)", {kMoney, kMoney}},
          {"(# <= #)", {kText, kText}},
          {"(# != #)", {kInt, kReal}},
          {"(# in #)", {kText, kTexts}},
          {"(# in #)", {kInt, kNumbers}},
          {"(# in #)", {kText, kMap}},
          {"(# ? # : #)", {kBool, kBool, kBool}},
          {"#.hasAnyWord(#)", {kText, kTexts}},
          {"#.hasAnyWord(['price', 'legal', 'social media'])", {kText}},
          {"#.contains(#)", {kText, kText}},
          {"#.matches('(?i)a|price')", {kText}},
          {"#.exists(v, v == #)", {kTexts, kText}},
          {"#.all(v, v > # || #)", {kNumbers, kInt, kBool}},
          {"#.exists_one(v, v == #)", {kTexts, kText}},
          {"#.exists(k, v, v == # && k != #)", {kMap, kAny, kText}},
          {"has(s.text)", {}},
          {"has(o.a)", {}},
          {"has(o.a.b)", {}},
          {"has(x.any.b)", {}},
          {"cel.bind(w, #, w && (w || #))", {kBool, kBool}},
          {"o.?a.hasValue()", {}},
          {"(# in #)", {kAny, kAny}},
          {"(# == #)", {kTexts, kTexts}},
          {"(# == #)", {kMap, kMap}},
          {"#.exists(v, #.exists(w, v == w && #))", {kTexts, kTexts, kBool}},
          {"#.all(v, v in #)", {kTexts, kTexts}},
          {"#.all(k, k != # && #)", {kMap, kText, kBool}},
          {"#.exists(i, v, i > # || v == #)", {kTexts, kInt, kText}},
          {"(# < #)", {kTime, kTime}},
          {"(type(#) == string)", {kAny}},
          {"sets.intersects(#, #)", {kTexts, kTexts}},
          {"#.startsWith(#)", {kText, kText}},
          {"(# == #)", {kBool, kBool}}};
}
const std::map<Want, std::vector<Form>>& forms() {
  using enum Want;
  static const std::map<Want, std::vector<Form>> kForms = {
      {kBool, truth_forms()},
      {kInt,
       {{"(# + #)", {kInt, kInt}},
        {"(# - #)", {kInt, kInt}},
        {"(# * #)", {kInt, kInt}},
        {"(# / #)", {kInt, kInt}},
        {"#.size()", {kText}},
        {"size(#)", {kTexts}},
        {"(# ? # : #)", {kBool, kInt, kInt}},
        {"#[#]", {kNumbers, kInt}},
        {"math.greatest(#, #)", {kInt, kInt}},
        {"o.?a.orValue(#)", {kInt}},
        {"cel.bind(w, #, w + w * #)", {kInt, kInt}},
        {"(# % #)", {kInt, kInt}},
        {"-#", {kInt}},
        {"int(#)", {kText}},
        {"#.getFullYear()", {kTime}},
        {"#.indexOf(#)", {kText, kText}}}},
      {kReal, {{"double(#)", {kInt}}, {"(# * #)", {kReal, kReal}}}},
      {kText,
       {{"(# + #)", {kText, kText}},
        {"#.lowerAscii()", {kText}},
        {"(# ? # : #)", {kBool, kText, kText}},
        {"#[#]", {kTexts, kInt}},
        {"string(#)", {kInt}},
        {"#.join(',')", {kTexts}},
        {"o.?b.orValue(#)", {kText}},
        {"optional.of(#).optMap(z, z + #).orValue(#)", {kText, kText, kText}}}},
      {kTexts,
       {{"[#, #]", {kText, kText}},
        {"['red', 'green']", {}},
        {"['a']", {}},
        {"[#, ?o.?b]", {kText}},
        {"#.filter(v, v != #)", {kTexts, kText}},
        {"#.map(v, v + #)", {kTexts, kText}},
        {"#.map(v, v != #, v)", {kTexts, kText}},
        {"#.split('e')", {kText}},
        {"(# + #)", {kTexts, kTexts}},
        {"#.filter(v, #.exists(w, w == v))", {kTexts, kTexts}},
        {"#.sortBy(v, v)", {kTexts}},
        {"#.transformList(i, v, i < #, v)", {kTexts, kInt}}}},
      {kNumbers, {{"[#, #]", {kInt, kInt}}, {"#.map(v, v + #)", {kNumbers, kInt}}}},
      {kMap,
       {{"{'a': #, 'b': #}", {kAny, kAny}},
        {"{?'a': o.?b, 'red': #}", {kAny}},
        {"#.transformMap(k, v, v == #)", {kMap, kAny}}}},
      {kTime, {{"(# + duration('1h'))", {kTime}}, {"timestamp('2026-01-02T03:04:05Z')", {}}}},
      {kMoney, {{"money('50000 USD')", {}}, {"(# + #)", {kMoney, kMoney}}}},
      {kAny, {{"o.a", {}}, {"o.a.b", {}}, {"o['red']", {}}, {"m.map[#]", {kText}}, {"null", {}}}},
  };
  return kForms;
}

Tree leaf(Random& random, Want want) {
  if (chance(random, 55)) {
    std::vector<const char*> fitting;
    for (const Field& field : kFields)
      if (field.want == want) fitting.push_back(field.path);
    if (!fitting.empty()) return {any_of(random, fitting), {}};
  }
  switch (want) {
    case Want::kBool:
      return {chance(random, 50) ? "true" : "false", {}};
    case Want::kInt:
      return {any_of(random, kWholes), {}};
    case Want::kReal:
      return {any_of(random, kReals), {}};
    case Want::kTexts:
      return {"['red', 'price', 'social media']", {}};
    case Want::kNumbers:
      return {"[1, 2, 7]", {}};
    case Want::kMap:
      return {"{'a': 1}", {}};
    case Want::kTime:
      return {"timestamp('2020-01-01T00:00:00Z')", {}};
    case Want::kMoney:
      return {"money('1 EUR')", {}};
    default:
      return {any_of(random, kTexts), {}};
  }
}

Tree grow(Random& random, Want want, int depth) {
  if (want == Want::kAny || chance(random, 5)) want = static_cast<Want>(below(random, 10));
  if (depth <= 0 || chance(random, 20)) return leaf(random, want);
  const Form& form = any_of(random, forms().at(want));
  Tree tree{form.text, {}};
  for (const Want part : form.parts) tree.parts.push_back(grow(random, part, depth - 1));
  return tree;
}

// Expressions of one batch often share a guard and a part.
std::vector<Tree> grow_batch(Random& random) {
  std::vector<Tree> trees;
  const Tree shared = grow(random, Want::kBool, 2);
  for (int i = 0; i < 10; ++i) {
    Tree tree = grow(random, Want::kBool, 1 + static_cast<int>(below(random, 4)));
    if (chance(random, 30)) tree = {"(s.type == # && #)", {leaf(random, Want::kText), tree}};
    if (chance(random, 10)) tree = {"(s.type in ['a', 'red'] && #)", {tree}};
    if (chance(random, 10))
      tree = {"((s.type == 'a' || s.type == #) && #)", {leaf(random, Want::kText), tree}};
    if (chance(random, 30)) tree = {"(# || #)", {shared, tree}};
    if (chance(random, 20)) tree = {"(n.a == # && #)", {leaf(random, Want::kInt), tree}};
    if (chance(random, 20)) tree = {"(# in l.tags && #)", {leaf(random, Want::kText), tree}};
    if (chance(random, 10))
      tree = {"(('a' in l.tags || # in l.tags) && #)", {leaf(random, Want::kText), tree}};
    if (chance(random, 10)) tree = {"('a' in l.tags || 'red' in l.tags || #)", {tree}};
    if (chance(random, 20)) tree = grow(random, static_cast<Want>(below(random, 10)), 3);
    trees.push_back(std::move(tree));
  }
  return trees;
}

class ProgramDifferential : public ::testing::Test {
 protected:
  ProgramDifferential() {
    auto built = Registry::build(all_libraries());
    EXPECT_TRUE(built.ok());
    registry_ = std::move(*built);
    EXPECT_TRUE(declare(registry_, declarations_).ok());
    EXPECT_TRUE(declare(registry_, typed_).ok());
    for (const char* name : {"s", "n", "b", "l", "m", "t", "c", "x", "o"})
      EXPECT_TRUE(declarations_.add_variable(name, Type()).ok());
    for (const Field& field : kFields)
      EXPECT_TRUE(typed_.add_variable(field.path, type_of(field.want)).ok());
  }

  static Type type_of(Want want) {
    switch (want) {
      case Want::kBool:
        return TypeKind::kBool;
      case Want::kInt:
        return TypeKind::kInt;
      case Want::kReal:
        return TypeKind::kDouble;
      case Want::kText:
        return TypeKind::kString;
      case Want::kTexts:
        return Type::list(TypeKind::kString);
      case Want::kTime:
        return TypeKind::kTimestamp;
      default:
        return {};
    }
  }

  // With the fields' types, so that overloads are chosen before, where the expression has no fault
  // then; else without types. Null when the text is refused.
  std::shared_ptr<const Binding> bind(const std::string& text) {
    Parsed parsed = parse(text);
    if (!parsed.ok()) return nullptr;
    const Declarations* declarations = text.size() % 3 != 0 ? &typed_ : &declarations_;
    Checked checked = check(parsed.ast, *declarations);
    if (!checked.ok()) {
      declarations = &declarations_;
      checked = check(parsed.ast, *declarations, Strictness::kNames);
    }
    auto made = Binding::make(std::move(parsed.ast), std::move(checked), *declarations, registry_,
                              layout_, nullptr);
    if (!made.ok()) return nullptr;
    return std::make_shared<const Binding>(std::move(*made));
  }

  // What is different, or nothing. `rules` are told together, the last being `binding`'s.
  std::string difference(const std::shared_ptr<const Binding>& binding, const RandomRecord& record,
                         uint64_t cost) {
    Arena plain, compiled;
    const EvaluationOptions options{.cost = cost};
    const Value expected = interpret(*binding, record, plain, options);
    if (expected.is_error() && expected.failure() == cost_exceeded().failure()) return {};
    const Program program(binding);
    const Value value = program.evaluate(record, compiled, options);
    const std::string want = describe(expected), got = describe(value);
    if (want != got || expected.kind() != value.kind()) return want + " but compiled " + got;
    const Truth truth = program.test(record, compiled, options);
    if (truth != to_truth(expected)) return want + " but as a condition " + name(truth);
    return {};
  }

  static std::string name(Truth truth) {
    static constexpr const char* kNames[] = {"false", "unknown", "error", "true"};
    return kNames[static_cast<int>(truth)];
  }

  std::string difference_in_set(const std::vector<std::shared_ptr<const Binding>>& bindings,
                                const RuleSet& set, RuleSetState& state, const RandomRecord& record,
                                size_t* which) {
    Arena arena;
    set.evaluate(record, arena, state);
    std::vector<Truth> told(bindings.size(), Truth::kFalse);
    for (const uint32_t rule : state.matched()) told[rule] = Truth::kTrue;
    for (const auto& unsettled : state.unsettled()) told[unsettled.rule] = unsettled.truth;
    for (size_t i = 0; i < bindings.size(); ++i) {
      Arena plain;
      const Value expected = interpret(*bindings[i], record, plain);
      *which = i;
      if (told[i] != to_truth(expected))
        return describe(expected) + " but in a set " + name(told[i]);
    }
    return {};
  }

  // Makes one tree of the batch smaller as long as `differs` holds.
  static void shrink(std::vector<Tree>& batch, const std::function<bool()>& differs) {
    for (bool smaller = true; smaller;) {
      smaller = false;
      for (size_t i = 0; i < batch.size() && batch.size() > 1; ++i) {
        std::vector<Tree> before = batch;
        batch.erase(batch.begin() + static_cast<std::ptrdiff_t>(i));
        if (differs())
          smaller = true;
        else
          batch = std::move(before);
      }
      for (Tree& tree : batch) smaller |= shrink_tree(tree, differs);
    }
  }
  static bool shrink_tree(Tree& tree, const std::function<bool()>& differs) {
    const Tree before = tree;
    std::vector<Tree> candidates = tree.parts;
    if (!tree.parts.empty())
      for (const char* simple : {"true", "1", "'a'", "s.type", "b.x"})
        candidates.push_back({simple, {}});
    for (const Tree& candidate : candidates) {
      tree = candidate;
      if (differs()) return true;
    }
    tree = before;
    for (Tree& part : tree.parts)
      if (shrink_tree(part, differs)) return true;
    return false;
  }

  void run_seed(uint64_t seed) {
    Random random(seed);
    std::vector<Tree> batch = grow_batch(random);
    std::vector<std::unique_ptr<RandomRecord>> records;
    for (int i = 0; i < 12; ++i) records.push_back(std::make_unique<RandomRecord>(random));
    const uint64_t cost = chance(random, 20) ? 10 + below(random, 100) : 1'000'000;
    std::string found;
    const RandomRecord* at = nullptr;
    std::string of;
    const auto differs = [&] {
      found.clear();
      std::vector<std::shared_ptr<const Binding>> bindings;
      std::vector<std::string> texts;
      for (const Tree& tree : batch) {
        if (auto bound = bind(tree.print())) {
          bindings.push_back(std::move(bound));
          texts.push_back(tree.print());
        }
      }
      bound_ += bindings.size();
      const RuleSet set(bindings);
      RuleSetState state(set);
      for (const auto& record : records) {
        size_t which = 0;
        for (which = 0; which < bindings.size() && found.empty(); ++which)
          found = difference(bindings[which], *record, cost);
        if (!found.empty()) --which;
        if (found.empty()) found = difference_in_set(bindings, set, state, *record, &which);
        if (found.empty()) continue;
        at = record.get();
        of = texts[which];
        return true;
      }
      return false;
    };
    if (!differs()) return;
    shrink(batch, differs);
    differs();
    std::string others;
    for (const Tree& tree : batch) others += "  " + tree.print() + "\n";
    ADD_FAILURE() << "seed " << seed << ": " << of << "\nis " << found << "\nin the set\n"
                  << others << "over\n"
                  << at->describe_all();
  }

  Registry registry_;
  Declarations declarations_;  // all dyn
  Declarations typed_;
  FieldLayout layout_;
  size_t bound_ = 0;
};

TEST_F(ProgramDifferential, CompiledExpressionsGiveWhatTheInterpreterGives) {
  const int64_t seconds = from_environment("RAPPORT_SECONDS", 0);
  const int64_t only = from_environment("RAPPORT_SEED", -1);
  const auto seeds = static_cast<uint64_t>(from_environment("RAPPORT_SEEDS", 300));
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  if (only >= 0) return run_seed(static_cast<uint64_t>(only));
  uint64_t seed = 0;
  while (seconds > 0 ? std::chrono::steady_clock::now() < end : seed < seeds) {
    run_seed(seed++);
    if (HasFailure()) break;
  }
  RecordProperty("seeds", static_cast<int>(seed));
  RecordProperty("expressions", static_cast<int>(bound_));
  EXPECT_GT(bound_, seed * 5) << "hardly any expression can be bound";
  if (seconds > 0) std::printf("%lu seeds, %zu expressions\n", seed, bound_);
}

}  // namespace
}  // namespace rapport::expr
