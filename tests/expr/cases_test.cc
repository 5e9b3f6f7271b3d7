// Runs the tables of tests/expr/cases: a record, then expressions and what they are.
//   # comment
//   variables: contact, account      names that are declared, as dyn; those of a record are anyway
//   given: {"contact": {"score": 1}} the record of the lines below, one line of JSON
//   contact.score > 3 => false       as `describe` writes values; `error(*)` stands for any error
// Of a page of documentation the lines between ```cel and ``` are read so.
// Each expression is checked and evaluated with a slot for every path and with slots for the
// variables alone, each time by the interpreter and in its compiled form.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/text.h"
#include "expr/functions/money.h"
#include "expr/interpreter.h"
#include "expr/json_record.h"
#include "expr/macros.h"
#include "expr/parser.h"
#include "expr/program.h"
#include "expr/zones.h"

namespace rapport::expr {
namespace {

// One USD is 0.90 EUR and 150 JPY; there are no other rates.
class SomeRates : public ExchangeRates {
 public:
  std::optional<ExchangeRate> find(std::string_view from, std::string_view to) const override {
    if (from == "USD" && to == "EUR") return ExchangeRate{9, 10};
    if (from == "EUR" && to == "USD") return ExchangeRate{10, 9};
    if (from == "USD" && to == "JPY") return ExchangeRate{150, 1};
    return std::nullopt;
  }
};

struct World {
  Registry registry = Registry::build(all_libraries()).value();
  std::unique_ptr<const Zones> zones = open_system_zones().value();
  SomeRates rates;
};
const World& world() {
  static const World* const kWorld = new World;
  return *kWorld;
}

std::string evaluate(const std::string& source, const std::vector<std::string>& variables,
                     const JsonRecord& record) {
  Declarations declarations;
  if (auto done = declare(world().registry, declarations); !done) return done.error().message;
  for (const std::string& name : variables)
    if (auto done = declarations.add_variable(name, Type()); !done) return done.error().message;
  Parsed parsed = parse(source);
  if (!parsed.ok()) return "error(" + to_text(parsed.problems[0]) + ")";
  Checked checked = check(parsed.ast, declarations);
  if (!checked.ok()) return "error(" + to_text(checked.problems[0]) + ")";
  auto bound = Binding::make(std::move(parsed.ast), std::move(checked), declarations,
                             world().registry, record, world().zones.get());
  if (!bound) return "error(" + bound.error().message + ")";
  Arena arena;
  EvaluationOptions options;
  options.zones = world().zones.get();
  options.rates = &world().rates;
  const std::string found = describe(interpret(*bound, record, arena, options));
  EXPECT_EQ(describe(Program(std::move(*bound)).evaluate(record, arena, options)), found)
      << "compiled: " << source;
  return found;
}

// The variables named, and those of the record.
std::vector<std::string> names_of(std::string_view named, const Json& given) {
  std::vector<std::string> names;
  for (const std::string_view name : split(named, ','))
    if (!trim(name).empty()) names.emplace_back(trim(name));
  for (const auto& [key, value] : given.as_object()) {
    const std::string name(static_cast<std::string_view>(key));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

void expect_case(const std::string& source, std::string expected, std::string_view variables,
                 const Json& given) {
  for (const auto fields : {JsonRecord::Fields::kWithSlots, JsonRecord::Fields::kWithinObjects}) {
    std::string found = evaluate(source, names_of(variables, given), JsonRecord(given, fields));
    if (expected == "error(*)" && found.starts_with("error(")) found = expected;
    EXPECT_EQ(found, expected) << source;
  }
}

// How many cases the file has.
int run_file(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::string line, variables;
  Json given = Json::object();
  int cases = 0;
  const bool page = path.extension() == ".md";
  bool outside = page;
  for (int number = 1; std::getline(in, line); ++number) {
    if (page && line.starts_with("```")) {
      outside = line != "```cel";
      given = Json::object();
    }
    if (outside || line.starts_with("```")) continue;
    SCOPED_TRACE(path.filename().string() + ":" + std::to_string(number));
    if (line.empty() || line.starts_with("#")) continue;
    if (line.starts_with("variables:")) {
      variables = line.substr(10);
    } else if (line.starts_with("given:")) {
      const auto json = parse_json(line.substr(6));
      EXPECT_TRUE(json.ok()) << json.error().message;
      if (json) given = *json;
    } else {
      const size_t at = line.rfind(" => ");
      if (at == std::string::npos) {
        ADD_FAILURE() << "no ` => ` in: " << line;
        continue;
      }
      expect_case(std::string(trim(line.substr(0, at))), std::string(trim(line.substr(at + 4))),
                  variables, given);
      ++cases;
    }
  }
  return cases;
}

class Table : public testing::TestWithParam<std::pair<const char*, int>> {};

TEST_P(Table, Holds) {
  const auto [name, least] = GetParam();
  const int cases = run_file(std::filesystem::path(RAPPORT_SOURCE_DIR) / "tests/expr/cases" /
                             (std::string(name) + ".txt"));
  EXPECT_GE(cases, least) << "the table of " << name << " got shorter";
}

INSTANTIATE_TEST_SUITE_P(Expressions, Table,
                         testing::Values(std::pair{"unknown", 60}, std::pair{"lists", 40},
                                         std::pair{"sets", 20}, std::pair{"regex", 40},
                                         std::pair{"money", 30}, std::pair{"words", 20},
                                         std::pair{"business_time", 20}, std::pair{"time", 20},
                                         std::pair{"text", 20}),
                         [](const auto& info) { return std::string(info.param.first); });

const std::filesystem::path kReference =
    std::filesystem::path(RAPPORT_SOURCE_DIR) / "docs/reference/cel.md";

TEST(Reference, SaysWhatIsTrue) {
  EXPECT_GE(run_file(kReference), 150);
}

TEST(Reference, HasAnExampleOfEachFunctionAndMacro) {
  std::ostringstream page;
  page << std::ifstream(kReference).rdbuf();
  const std::string text = page.str();
  std::vector<std::string_view> names;
  for (const BoundOverload& bound : world().registry.all()) names.push_back(bound.overload->name);
  for (const MacroForm& form : macro_forms()) names.push_back(form.name);
  for (const std::string_view name : names) {
    if (name.find('_') == 0 || name.find('@') == 0 || name.ends_with('_')) continue;  // operators
    EXPECT_NE(text.find(std::string(name) + "("), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace rapport::expr
