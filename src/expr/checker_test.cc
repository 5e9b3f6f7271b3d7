#include "expr/checker.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "expr/parser.h"
#include "testing/case_files.h"

namespace rapport::expr {
namespace {

void declare(Declarations& into, std::string_view name, std::string_view signature) {
  const auto read = parse_signature(signature);
  ASSERT_TRUE(read.ok()) << read.error().message;
  static uint32_t next = 0;
  const auto added = into.add_function(std::string(name), *read, next++);
  ASSERT_TRUE(added.ok()) << added.error().message;
}

const std::pair<const char*, const char*> kFunctions[] = {
    {"_==_", "(T, T) -> bool"},
    {"_!=_", "(T, T) -> bool"},
    {"@in", "(T, list(T)) -> bool"},
    {"@in", "(K, map(K, V)) -> bool"},
    {"!_", "(bool) -> bool"},
    {"-_", "(int) -> int"},
    {"-_", "(double) -> double"},
    {"_+_", "(int, int) -> int"},
    {"_+_", "(double, double) -> double"},
    {"_+_", "(string, string) -> string"},
    {"_+_", "(list(T), list(T)) -> list(T)"},
    {"_-_", "(int, int) -> int"},
    {"_*_", "(int, int) -> int"},
    {"_<_", "(int, int) -> bool"},
    {"_<_", "(int, double) -> bool"},
    {"_<_", "(string, string) -> bool"},
    {"_>_", "(int, int) -> bool"},
    {"size", "(string) -> int"},
    {"size", "(list(T)) -> int"},
    {"size", "list(T).() -> int"},
    {"size", "string.() -> int"},
    {"contains", "string.(string) -> bool"},
    {"startsWith", "string.(string) -> bool"},
    {"substring", "string.(int) -> string"},
    {"substring", "string.(int, int) -> string"},
    {"lowerAscii", "string.() -> string"},
    {"matches", "string.(string) -> bool"},
    {"matches", "(string, string) -> bool"},
    {"int", "(string) -> int"},
    {"string", "(int) -> string"},
    {"dyn", "(T) -> dyn"},
    {"type", "(T) -> type(T)"},
    {"math.abs", "(int) -> int"},
    {"math.greatest", "(dyn, ...) -> dyn"},
    {"optional.of", "(T) -> optional_type(T)"},
    {"optional.none", "() -> optional_type(T)"},
    {"orValue", "optional_type(T).(T) -> T"},
    {"hasValue", "optional_type(T).() -> bool"},
    {"ip", "(string) -> net.IP"},
};

Type type_of(std::string_view text) {
  return parse_type(text).value();
}

Declarations house() {
  Declarations declarations;
  for (const auto& [name, signature] : kFunctions) declare(declarations, name, signature);
  ObjectDeclaration contact{"contact", {}, false};
  contact.fields = {{"email", type_of("string")},
                    {"score", type_of("int")},
                    {"tags", type_of("list(string)")},
                    {"plan", type_of("string")},
                    {"custom", type_of("map(string, dyn)")},
                    {"vip", type_of("bool")}};
  EXPECT_TRUE(declarations.add_object(contact).ok());
  EXPECT_TRUE(declarations.add_variable("contact", Type::object("contact")).ok());
  EXPECT_TRUE(declarations.add_variable("account.ltv", type_of("int")).ok());
  EXPECT_TRUE(declarations.add_variable("event", type_of("map(string, dyn)")).ok());
  return declarations;
}

Checked checked(std::string_view source, const Declarations& declarations,
                Strictness strictness = Strictness::kTypes) {
  const Parsed parsed = parse(source);
  EXPECT_TRUE(parsed.ok()) << source;
  return check(parsed.ast, declarations, strictness);
}

// The type of an expression, or "line:column message".
std::string deduced(std::string_view source, const Declarations& declarations = house()) {
  const Checked result = checked(source, declarations);
  if (result.ok()) return to_text(result.types.back());
  const Error error = to_error(result.problems);
  return error.where + " " + error.message;
}

TEST(Checker, DeducesTypes) {
  const std::pair<const char*, const char*> cases[] = {
      {"contact.score + 1", "int"},
      {"contact.email", "string"},
      {"contact.tags[0]", "string"},
      {"contact.?plan", "optional_type(string)"},
      {"contact.?plan.orValue('free')", "string"},
      {"contact.custom.x.y.z", "dyn"},
      {"contact.?custom.x", "optional_type(dyn)"},
      {"contact['plan']", "string"},
      {"account.ltv", "int"},
      {"event.a.b[1]", "dyn"},
      {"[1, 2]", "list(int)"},
      {"[1, 'a']", "list(dyn)"},
      {"{'a': 1, 'b': null}", "map(string, dyn)"},
      {"[]", "list(dyn)"},
      {"[?contact.?plan]", "list(string)"},
      {"{?'a': contact.?score}", "map(string, int)"},
      {"contact.tags.map(t, size(t))", "list(int)"},
      {"contact.tags.filter(t, t != '')", "list(string)"},
      {"contact.tags.exists(i, t, i > 0 && t == 'a')", "bool"},
      {"contact.custom.map(k, k)", "list(string)"},
      {"contact.tags.transformMap(i, t, t)", "map(int, string)"},
      {"contact.custom.transformMap(k, v, size(k))", "map(string, int)"},
      {"contact.tags.transformMapEntry(i, t, {t: i})", "map(string, int)"},
      {"contact.tags.transformList(i, t, i)", "list(int)"},
      {"contact.tags.sortBy(t, size(t))", "list(string)"},
      {"cel.bind(x, contact.score, x + x)", "int"},
      {"contact.?score.optMap(s, s + 1)", "optional_type(int)"},
      {"contact.?score.optFlatMap(s, optional.of('a'))", "optional_type(string)"},
      {"type(1)", "type(int)"},
      {"type(1) == string", "bool"},
      {"type(ip('1.1.1.1')) == net.IP", "bool"},
      {"true ? 1 : dyn('a')", "dyn"},
      {"contact.plan == null", "bool"},
      {"contact.score == 1.5", "bool"},
      {"1 in [1.5]", "bool"},
      {"[1] in [[1.5]]", "bool"},
      {"{'a': [1]} == {'a': [1.5]}", "bool"},
      {"contact.?score == optional.of(1.5)", "bool"},
      {"[contact.score] == []", "bool"},
      {"math.greatest(1, 2.5, dyn('a'))", "dyn"},
      {"dyn(1) + dyn(2)", "dyn"},
      {"([].map(x, x))[0].foo", "dyn"},
      {"has(contact.custom.a)", "bool"},
  };
  for (const auto& [source, type] : cases) EXPECT_EQ(deduced(source), type) << source;
}

TEST(Checker, ResolvesNamesWithinContainers) {
  Declarations declarations;
  declarations.set_container("com.example");
  ASSERT_TRUE(declarations.add_variable("com.example.y", TypeKind::kInt).ok());
  ASSERT_TRUE(declarations.add_variable("com.y", TypeKind::kBool).ok());
  ASSERT_TRUE(declarations.add_variable("y", TypeKind::kString).ok());
  ASSERT_TRUE(declarations.add_variable("com.z", TypeKind::kUint).ok());
  ASSERT_TRUE(declarations.add_variable("a", type_of("map(string, string)")).ok());
  ASSERT_TRUE(declarations.add_variable("a.b", TypeKind::kBool).ok());
  ASSERT_TRUE(declarations.add_variable("a.b.c", TypeKind::kDouble).ok());
  declare(declarations, "com.f", "(int) -> bytes");
  EXPECT_EQ(deduced("y", declarations), "int");
  EXPECT_EQ(deduced(".y", declarations), "string");
  EXPECT_EQ(deduced("z", declarations), "uint");
  EXPECT_EQ(deduced("a.b.c", declarations), "double");
  EXPECT_EQ(deduced("a.b", declarations), "bool");
  EXPECT_EQ(deduced("(a).b", declarations), "string");
  EXPECT_EQ(deduced("a.d", declarations), "string");
  EXPECT_EQ(deduced("f(1)", declarations), "bytes");
  EXPECT_EQ(deduced("com.f(1)", declarations), "bytes");
  EXPECT_EQ(deduced("['x'].map(y, y)", declarations), "list(string)");
  EXPECT_EQ(deduced("[1u].map(y, .y)", declarations), "list(string)");
  EXPECT_EQ(deduced("[{'b': 1u}].map(a, a.b)", declarations), "list(uint)");
  EXPECT_EQ(deduced("[{'b': 1u}].map(a, .a.b)", declarations), "list(bool)");
}

TEST(Checker, SaysWhatEachNameAndCallMeans) {
  const Declarations declarations = house();
  const Parsed parsed = parse("contact.tags.exists(t, math.abs(size(t)) > account.ltv)");
  const Checked result = check(parsed.ast, declarations);
  ASSERT_TRUE(result.ok());
  const NodeId root = parsed.ast.root();
  EXPECT_EQ(result.slots, 1u);
  const NodeId greater = parsed.ast.child(root, 1);
  const NodeId abs = parsed.ast.child(greater, 0);
  EXPECT_TRUE(result.references[abs].qualified);
  EXPECT_EQ(result.names[result.name_of[abs]], "math.abs");
  EXPECT_EQ(result.references[abs].overload_count, 1);
  const NodeId size = parsed.ast.child(abs, 1);
  EXPECT_EQ(result.references[size].overload_count, 1);
  const NodeId local = parsed.ast.child(size, 0);
  EXPECT_EQ(result.references[local].meaning, Meaning::kLocal);
  EXPECT_EQ(result.references[local].number, result.references[root].slot);
  const NodeId ltv = parsed.ast.child(greater, 1);
  EXPECT_EQ(result.references[ltv].meaning, Meaning::kVariable);
  EXPECT_EQ(result.references[ltv].number, 1u);
}

TEST(Checker, ReportsNothingWhenOnlyNamesMatter) {
  const Declarations declarations = house();
  const Checked result = checked("unknown.f(1) + 'a' * contact.none && math.abs('x')", declarations,
                                 Strictness::kNames);
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(std::ranges::count(result.references, Meaning::kUnknown, &Reference::meaning), 2);
}

TEST(Checker, ListsTheFieldsAnExpressionReads) {
  const Declarations declarations = house();
  const auto fields = [&](std::string_view source) {
    std::string all;
    for (const std::string& field : checked(source, declarations).fields) all += field + " ";
    return all;
  };
  EXPECT_EQ(fields("contact.score > 1 && has(contact.plan) && contact.score < 9"),
            "contact.plan contact.score ");
  EXPECT_EQ(fields("contact"), "contact ");
  EXPECT_EQ(fields("event.a['b'].c[contact.score].d"), "contact.score event.a.b.c ");
  EXPECT_EQ(fields("contact.tags.exists(t, t == contact.email)"), "contact.email contact.tags ");
  EXPECT_EQ(fields("cel.bind(c, contact, c.email + c.plan)"), "contact.email contact.plan ");
  EXPECT_EQ(fields("contact.?plan.optMap(p, p + 'x').orValue(contact.email)"),
            "contact.email contact.plan ");
  EXPECT_EQ(fields("contact.?plan.optMap(p, 1)"), "contact.plan ");
  EXPECT_EQ(fields("contact.?custom.optMap(c, c.x)"), "contact.custom contact.custom.x ");
  EXPECT_EQ(fields("account.ltv + math.abs(-1)"), "account.ltv ");
  EXPECT_EQ(fields("1 + 2"), "");
}

TEST(Checker, TellsAtMostTwentyProblemsInTheOrderOfTheText) {
  std::string source = "a0";
  for (int i = 1; i < 30; i++) source += " || a" + std::to_string(i);
  const Checked result = checked(source, house());
  ASSERT_EQ(result.problems.size(), 20u);
  EXPECT_EQ(to_text(result.problems[19]), "unknown name 'a19'");
}

}  // namespace
}  // namespace rapport::expr
