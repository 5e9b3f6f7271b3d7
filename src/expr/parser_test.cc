#include "expr/parser.h"

#include <gtest/gtest.h>

#include "expr/printer.h"
#include "testing/case_files.h"

namespace rapport::expr {
namespace {

std::string printed(std::string_view source) {
  const Parsed parsed = parse(source);
  return parsed.ok() ? print(parsed.ast) : to_text(parsed.problems.front());
}

Node root_of(std::string_view source) {
  const Parsed parsed = parse(source);
  EXPECT_TRUE(parsed.ok()) << source;
  return parsed.ast.node(parsed.ast.root());
}

std::string text_of(std::string_view source) {
  const Parsed parsed = parse(source);
  if (!parsed.ok()) return to_text(parsed.problems.front());
  return std::string(parsed.ast.text(parsed.ast.root()));
}

// What stands in parentheses by precedence alone.
std::string shape(const Ast& ast, NodeId id) {
  std::string out = "(" + std::string(ast.text(id));
  if (ast.kind(id) == NodeKind::kAnd) out += "&&";
  if (ast.kind(id) == NodeKind::kOr) out += "||";
  if (ast.kind(id) == NodeKind::kConditional) out += "?:";
  if (ast.kind(id) == NodeKind::kInt) out += std::to_string(ast.node(id).int_value);
  for (const NodeId child : ast.children(id)) out += " " + shape(ast, child);
  return out + ")";
}
std::string shape(std::string_view source) {
  const Parsed parsed = parse(source);
  return parsed.ok() ? shape(parsed.ast, parsed.ast.root()) : to_text(parsed.problems.front());
}

TEST(Parser, BindsOperatorsByPrecedence) {
  EXPECT_EQ(shape("1 + 2 * 3 - 4"), "(_-_ (_+_ (1) (_*_ (2) (3))) (4))");
  EXPECT_EQ(shape("a || b && c == 1"), "(|| (a) (&& (b) (_==_ (c) (1))))");
  EXPECT_EQ(shape("a ? b : c ? d : e"), "(?: (a) (b) (?: (c) (d) (e)))");
  EXPECT_EQ(shape("!a.b(1)[2]"), "(!_ ( (b (a) (1)) (2)))");
  EXPECT_EQ(shape("a in b + c"), "(@in (a) (_+_ (b) (c)))");
  EXPECT_EQ(shape("a < b < c"), "(_<_ (_<_ (a) (b)) (c))");
}

TEST(Parser, KeepsChainsOfAndAndOrFlat) {
  EXPECT_EQ(shape("a && b && c"), "(&& (a) (b) (c))");
  EXPECT_EQ(shape("a && (b && c)"), "(&& (a) (&& (b) (c)))");
  std::string chain = "a";
  for (int i = 0; i < 5000; i++) chain += " || a";
  EXPECT_TRUE(parse(chain).ok());
}

TEST(Parser, ReadsNumbersWithTheirSigns) {
  EXPECT_EQ(root_of("-9223372036854775808").int_value, INT64_MIN);
  EXPECT_EQ(root_of("0x7fffffffffffffff").int_value, INT64_MAX);
  EXPECT_EQ(root_of("-0x8000000000000000").int_value, INT64_MIN);
  EXPECT_EQ(root_of("18446744073709551615u").uint_value, UINT64_MAX);
  EXPECT_EQ(root_of("0xFFu").uint_value, 255u);
  EXPECT_EQ(root_of(".5e+2").double_value, 50.0);
  EXPECT_EQ(root_of("-1e3").double_value, -1000.0);
  EXPECT_EQ(shape("--1"), "(-_ (-1))");
  EXPECT_EQ(shape("-(1)"), "(-_ (1))");
  EXPECT_EQ(shape("a - -1"), "(_-_ (a) (-1))");
  EXPECT_EQ(shape("-1.f()"), "(f (-1))");
}

TEST(Parser, ReadsEveryEscape) {
  EXPECT_EQ(text_of(R"('\a\b\f\n\r\t\v\\\?\"\'\`')"), "\a\b\f\n\r\t\v\\?\"'`");
  EXPECT_EQ(text_of(R"("\x41\X42\103\u00e9\U0001F62C")"), "ABC\u00e9\U0001F62C");
  EXPECT_EQ(text_of(R"("\377")"), "\u00ff");
  EXPECT_EQ(text_of(R"("\ud83d\ude2c")"), "\U0001F62C");
  EXPECT_EQ(text_of(R"(b'\377\xff\x00')"), std::string("\xff\xff\0", 3));
  EXPECT_EQ(text_of("b'\u00ff'"), "\u00ff");
  EXPECT_EQ(text_of(R"(r'\n\'')"), "the text is not closed: ' is missing on this line");
  EXPECT_EQ(text_of(R"(bR"\n")"), "\\n");
  EXPECT_EQ(text_of("'''a'b\nc'''"), "a'b\nc");
  EXPECT_EQ(text_of("r\"\"\"\\\"\"\""), "\\");
  EXPECT_EQ(text_of("''"), "");
  EXPECT_EQ(text_of("''''''"), "");
}

TEST(Parser, RefusesWrongEscapes) {
  EXPECT_EQ(text_of(R"('\d')"), "unknown escape '\\d', did you mean '\\\\d'?");
  EXPECT_EQ(text_of(R"('\x4')"), "the escape '\\x' takes 2 hexadecimal digits");
  EXPECT_EQ(text_of(R"('\u12')"), "the escape '\\u' takes 4 hexadecimal digits");
  EXPECT_EQ(text_of(R"('\ud800')"), "half a surrogate pair is no code point");
  EXPECT_EQ(text_of(R"('\U00110000')"), "code points end at \\U0010FFFF");
  EXPECT_EQ(text_of(R"('\400')"), "the escape is over \\377");
  EXPECT_EQ(text_of(R"(b'\u0041')"), "'\\u' is for strings; bytes take \\xHH");
}

TEST(Parser, TakesReservedWordsAsFieldsAndMethodsOnly) {
  EXPECT_EQ(printed("a.if.break(1)"), "a.if.break(1)");
  EXPECT_EQ(printed("let"), "'let' is a reserved word");
  EXPECT_EQ(printed("a.in"), "expected the name of a field after '.', found 'in'");
  EXPECT_EQ(printed("a.`content-type`.?`x.y`"), "a.`content-type`.?`x.y`");
  EXPECT_EQ(printed("a.`plain`"), "a.plain");
  EXPECT_EQ(printed("has(a.`x/y z`)"), "has(a.`x/y z`)");
}

TEST(Parser, KnowsMacrosByNameAndNumberOfArguments) {
  EXPECT_EQ(root_of("a.all(x, x)").macro, Macro::kAll);
  EXPECT_EQ(root_of("a.all(k, v, v)").macro, Macro::kAll);
  EXPECT_EQ(root_of("a.all(x)").kind, NodeKind::kCall);
  EXPECT_EQ(root_of("all(x, x)").kind, NodeKind::kCall);
  EXPECT_EQ(root_of("a.optMap(x, x)").kind, NodeKind::kOptMap);
  EXPECT_EQ(root_of("cel.bind(x, 1, x)").kind, NodeKind::kBind);
  EXPECT_EQ(root_of("has(a.b)").kind, NodeKind::kHas);
  const Parsed plain = parse("a.all(x, x)", {.macros = false});
  EXPECT_EQ(plain.ast.kind(plain.ast.root()), NodeKind::kCall);
}

TEST(Parser, TellsWhereEveryNodeStands) {
  const Parsed parsed = parse("a &&\n  '\u00e9' == (b.c)");
  ASSERT_TRUE(parsed.ok());
  const Ast& ast = parsed.ast;
  const NodeId equal = ast.child(ast.root(), 1);
  EXPECT_EQ(ast.position(equal), (Position{2, 7}));
  EXPECT_EQ(ast.source_of(equal), "'\u00e9' == (b.c)");
  EXPECT_EQ(ast.source_of(ast.child(equal, 1)), "b.c");
  EXPECT_EQ(ast.position(ast.child(equal, 1)), (Position{2, 13}));
  EXPECT_EQ(ast.source_of(ast.root()), ast.source());
}

TEST(Printer, HasOneFormForEach) {
  const std::pair<const char*, const char*> forms[] = {
      {"((a))+(b*c)", "a + b * c"},
      {"(a+b)*c", "(a + b) * c"},
      {"a-(b-c)", "a - (b - c)"},
      {"(a-b)-c", "a - b - c"},
      {"a&&(b||c)", "a && (b || c)"},
      {"(a?b:c)?d:(e?f:g)", "(a ? b : c) ? d : e ? f : g"},
      {"-(-1)", "-(-1)"},
      {"-(1)", "-(1)"},
      {"-(1.5.f())", "-(1.5).f()"},
      {"(-1).f()", "(-1).f()"},
      {"-1u", "-1u"},
      {"!(!a)", "!!a"},
      {"-(a+b)", "-(a + b)"},
      {"0x10", "16"},
      {"1e2", "100.0"},
      {"1e300", "1e+300"},
      {"-0.0", "-0.0"},
      {"\"it's\"", "\"it's\""},
      {"\"plain\"", "'plain'"},
      {"'\"\\''", "'\"\\''"},
      {"r'\\d'", "'\\\\d'"},
      {"b'\\xff\\n'", "b'\\xff\\n'"},
      {"[1,?a,]", "[1, ?a]"},
      {"{?'a':b.?c,}", "{?'a': b.?c}"},
      {"a[?0].b[1]", "a[?0].b[1]"},
      {".a.b", ".a.b"},
      {"(a.b).c", "(a.b).c"},
      {"((a.b)).c.d", "(a.b).c.d"},
      {"(a).f(1)", "(a).f(1)"},
      {".a.B{c:1,?d:e}", ".a.B{c: 1, ?d: e}"},
      {"a.exists_one(x,x)", "a.exists_one(x, x)"},
      {"a.existsOne(x,y,x)", "a.existsOne(x, y, x)"},
      {"a.map(x,x>1,x)", "a.map(x, x > 1, x)"},
      {"a.transformMapEntry(k,v,{v:k})", "a.transformMapEntry(k, v, {v: k})"},
      {"cel.bind(x,1,x+x)", "cel.bind(x, 1, x + x)"},
      {"a.optFlatMap(x,x.?b)", "a.optFlatMap(x, x.?b)"},
      {"has(a.b)", "has(a.b)"},
      {"a // why\n + b", "a + b"},
  };
  for (const auto& [source, form] : forms) {
    EXPECT_EQ(printed(source), form);
    EXPECT_EQ(printed(form), form);
  }
}

TEST(Printer, IsStableOnTheWholeConformanceSuite) {
  const auto files = read_case_files();
  if (files.empty()) GTEST_SKIP() << "no case files at " << case_folder();
  size_t expressions = 0;
  for (const CaseFile& file : files) {
    for (const Json& one : file.cases) {
      const std::string_view source = one.text("expr");
      const Parsed parsed = parse(source, {.macros = !one.flag("disableMacros")});
      ASSERT_TRUE(parsed.ok()) << source << ": " << to_text(parsed.problems.front());
      const std::string text = print(parsed.ast);
      const Parsed again = parse(text, {.macros = !one.flag("disableMacros")});
      ASSERT_TRUE(again.ok()) << text << ": " << to_text(again.problems.front());
      EXPECT_TRUE(same_tree(parsed.ast, again.ast)) << source << "\n" << text;
      EXPECT_EQ(print(again.ast), text);
      expressions++;
    }
  }
  RecordProperty("expressions", static_cast<int>(expressions));
  EXPECT_GT(expressions, 0u);
}

}  // namespace
}  // namespace rapport::expr
