// Each wrong expression of wrong_expressions.txt is refused with exactly these words, at exactly
// this place. The format of the file stands at its head.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/text.h"
#include "expr/checker.h"
#include "expr/parser.h"
#include "expr/registry.h"

namespace rapport::expr {
namespace {

struct WrongExpression {
  size_t line = 0;
  std::string source;
  std::string told;  // "line:column message", and "meant: …" on a line of its own
};

std::vector<WrongExpression> read_table() {
  std::ifstream file(std::string(RAPPORT_SOURCE_DIR) + "/src/expr/wrong_expressions.txt");
  std::vector<WrongExpression> table;
  size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    number++;
    if (line.empty() || line[0] == '#') continue;
    if (line.starts_with("> ")) {
      const bool more = !table.empty() && table.back().told.empty();
      if (!more) table.push_back({.line = number, .source = {}, .told = {}});
      table.back().source += (more ? "\n" : "") + line.substr(2);
    } else {
      table.back().told += std::string(trim(line)) + "\n";
    }
  }
  return table;
}

Declarations record_types() {
  Declarations made;
  const auto type = [](std::string_view text) { return parse_type(text).value(); };
  ObjectDeclaration contact{.name = "contact", .fields = {}};
  for (const auto& [name, text] :
       std::initializer_list<std::pair<const char*, const char*>>{{"email", "string"},
                                                                  {"score", "int"},
                                                                  {"plan", "string"},
                                                                  {"vip", "bool"},
                                                                  {"tags", "list(string)"},
                                                                  {"created_at", "timestamp"},
                                                                  {"balance", "double"},
                                                                  {"custom", "map(string, dyn)"}}) {
    contact.fields.push_back({name, type(text)});
  }
  made.add_object(contact).value();
  made.add_variable("contact", Type::object("contact")).value();
  made.add_variable("account.ltv", type("int")).value();
  made.add_variable("account.seats", type("int")).value();
  made.add_variable("event", type("map(string, dyn)")).value();
  made.add_variable("orders", type("list(map(string, double))")).value();
  const auto registry = Registry::build(all_libraries());
  declare(*registry, made).value();
  return made;
}

std::string told(const std::vector<Problem>& problems) {
  std::string out;
  for (const Problem& problem : problems) {
    out += std::to_string(problem.at.line) + ":" + std::to_string(problem.at.column) + " " +
           problem.message + "\n";
    if (!problem.suggestion.empty()) out += "meant: " + problem.suggestion + "\n";
  }
  return out;
}

TEST(WrongExpression, IsRefusedInTheWordsOfTheTable) {
  const Declarations declarations = record_types();
  const std::vector<WrongExpression> table = read_table();
  for (const WrongExpression& wrong : table) {
    const Parsed parsed = parse(wrong.source);
    const auto problems = parsed.ok() ? check(parsed.ast, declarations).problems : parsed.problems;
    EXPECT_EQ(told(problems), wrong.told)
        << "wrong_expressions.txt:" << wrong.line << ": " << wrong.source;
  }
  EXPECT_GE(table.size(), 40u);
}

}  // namespace
}  // namespace rapport::expr
