// Runs CEL conformance cases, files of JSON as docs/design/expressions.md describes them:
//   expr_conformance [folder]      default: $RAPPORT_CEL_CASES; none or absent is skipped
// Each is checked, printed and parsed again, interpreted, and evaluated in its compiled form.
// Prints passed/total per file and every failure; the exit code is 1 when one failed.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "base/json.h"
#include "expr/checker.h"
#include "expr/conformance_values.h"
#include "expr/interpreter.h"
#include "expr/parser.h"
#include "expr/printer.h"
#include "expr/program.h"
#include "expr/zones.h"

namespace rapport::expr {
namespace {

// The bindings of a case as a record: its variables are its slots.
class CaseRecord : public Layout, public RecordView {
 public:
  void add(std::string name, const Value& value) {
    names_.push_back(std::move(name));
    values_.push_back(value);
    ready_ = values_;
  }
  std::optional<uint32_t> slot(std::string_view path) const override {
    const auto found = std::find(names_.rbegin(), names_.rend(), path);
    if (found == names_.rend()) return std::nullopt;
    return static_cast<uint32_t>(names_.rend() - found - 1);
  }

 protected:
  Value load(uint32_t, Arena&) const override { return Value::absent(); }

 private:
  std::vector<std::string> names_;
  std::vector<Value> values_;
};

struct Failed {
  std::string why;
};
using Outcome = std::optional<Failed>;  // nothing: passed

class Case {
 public:
  Case(const Json& json, const Declarations& standard, const Registry& registry, const Zones* zones)
      : json_(json), declarations_(standard), registry_(registry), zones_(zones) {}

  Outcome run() {
    if (Outcome failed = declare_case()) return failed;
    ParseOptions options;
    options.macros = !json_.flag("disableMacros");
    Parsed parsed = parse(json_.text("expr"), options);
    if (!parsed.ok()) return refused(to_text(parsed.problems[0]));
    if (Outcome failed = check_printing(parsed.ast, options)) return failed;
    const bool strict = !json_.flag("disableCheck");
    Checked checked =
        check(parsed.ast, declarations_, strict ? Strictness::kTypes : Strictness::kNames);
    if (!checked.ok()) return refused(to_text(checked.problems[0]));
    if (const Json* type = json_.find("type"); type != nullptr && strict) {
      const std::string found = to_text(checked.types[parsed.ast.root()]);
      if (found != type->as_string())
        return Failed{"has type " + found + ", expected " + std::string(type->as_string())};
    }
    if (json_.flag("checkOnly")) return std::nullopt;
    return evaluate(std::move(parsed.ast), std::move(checked));
  }

 private:
  Outcome declare_case() {
    declarations_.set_container(std::string(json_.text("container")));
    if (const Json* types = json_.find("typeEnv"))
      for (const Json& entry : types->as_array())
        if (Outcome failed = declare_name(entry)) return failed;
    const Json* bindings = json_.find("bindings");
    if (bindings == nullptr) return std::nullopt;
    for (const auto& [key, json] : bindings->as_object()) {
      const std::string name(static_cast<std::string_view>(key));
      const auto value = read_value(json, arena_);
      if (!value) return Failed{"the binding of " + name + " cannot be read"};
      if (!declarations_.find_variable(name)) {
        const auto added = declarations_.add_variable(name, Type());
        if (!added) return Failed{added.error().message};
      }
      record_.add(name, *value);
    }
    return std::nullopt;
  }

  Outcome declare_name(const Json& entry) {
    const std::string name(entry.text("name"));
    if (const Json* overloads = entry.find("overloads")) {
      for (const Json& overload : overloads->as_array())
        if (Outcome failed = declare_overload(name, overload)) return failed;
      return std::nullopt;
    }
    auto type = parse_type(entry.text("type"));
    if (!type) return Failed{type.error().message};
    const auto added = declarations_.add_variable(name, *type);
    if (!added) return Failed{added.error().message};
    record_.add(name, Value::absent());
    return std::nullopt;
  }

  Outcome declare_overload(const std::string& name, const Json& overload) {
    std::string text;
    bool first = true;
    const bool method = overload.flag("instance");
    for (const Json& parameter : overload.find("params")->as_array()) {
      if (first && !method) text += '(';
      text += parameter.as_string();
      text += first && method ? ".(" : ", ";
      first = false;
    }
    if (text.ends_with(", ")) text.resize(text.size() - 2);
    if (text.empty()) text = "(";
    text += ") -> " + std::string(overload.text("result"));
    auto signature = parse_signature(text);
    if (!signature) return Failed{signature.error().message};
    const auto added = declarations_.add_function(name, *signature, UINT32_MAX);
    return added ? Outcome() : Failed{added.error().message};
  }

  // parse, print, parse again: the same tree and the same text.
  static Outcome check_printing(const Ast& ast, const ParseOptions& options) {
    const std::string text = print(ast);
    const Parsed again = parse(text, options);
    if (!again.ok()) return Failed{"printed as " + text + ", which does not parse"};
    if (!same_tree(ast, again.ast)) return Failed{"printed as " + text + ", which is another tree"};
    if (print(again.ast) != text) return Failed{"printed twice as " + text};
    return std::nullopt;
  }

  Outcome evaluate(Ast ast, Checked checked) {
    auto bound = Binding::make(std::move(ast), std::move(checked), declarations_, registry_,
                               record_, zones_);
    if (!bound) return refused(bound.error().message);
    EvaluationOptions options;
    options.zones = zones_;
    if (Outcome failed = judge(interpret(*bound, record_, arena_, options))) return failed;
    Outcome failed = judge(Program(std::move(*bound)).evaluate(record_, arena_, options));
    return failed ? Failed{"compiled: " + failed->why} : failed;
  }

  Outcome judge(const Value& value) {
    if (value.is_error()) return refused(std::string(value.failure()->message));
    const Json* wanted = json_.find("value");
    if (wanted == nullptr) {
      if (json_.find("error") == nullptr) return std::nullopt;
      return Failed{"gave " + describe(value) + ", expected an error"};
    }
    const auto expected = read_value(*wanted, arena_);
    if (!expected) return Failed{"the expected value cannot be read"};
    if (same_value(value, *expected, arena_)) return std::nullopt;
    return Failed{"gave " + describe(value) + ", expected " + describe(*expected)};
  }

  Outcome refused(std::string message) const {
    if (json_.find("error") != nullptr) return std::nullopt;
    return Failed{"error: " + message};
  }

  const Json& json_;
  Declarations declarations_;
  const Registry& registry_;
  const Zones* zones_;
  Arena arena_;
  CaseRecord record_;
};

struct Tally {
  size_t passed = 0;
  size_t total = 0;
};

Tally run_file(const std::filesystem::path& path, const Declarations& standard,
               const Registry& registry, const Zones* zones) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto cases = parse_json(text, {.depth = 200, .members = 10'000'000});
  Tally tally;
  if (!cases || !cases->is_array()) {
    std::printf("%s: not a list of cases: %s\n", path.c_str(),
                cases ? "" : cases.error().message.c_str());
    return {0, 1};
  }
  for (const Json& json : cases->as_array()) {
    ++tally.total;
    const Outcome failed = Case(json, standard, registry, zones).run();
    if (!failed) {
      ++tally.passed;
      continue;
    }
    std::printf("FAILED %s %s/%s: %s\n  %s\n", path.stem().c_str(),
                std::string(json.text("section")).c_str(), std::string(json.text("name")).c_str(),
                failed->why.c_str(), std::string(json.text("expr")).c_str());
  }
  std::printf("%-20s %5zu/%zu\n", path.stem().c_str(), tally.passed, tally.total);
  return tally;
}

int run(const std::filesystem::path& folder) {
  const auto registry = Registry::build(all_libraries());
  const auto zones = open_system_zones();
  Declarations standard;
  if (!registry || !zones) {
    std::printf("%s\n", (registry ? zones.error() : registry.error()).message.c_str());
    return 1;
  }
  if (const auto declared = declare(*registry, standard); !declared) {
    std::printf("%s\n", declared.error().message.c_str());
    return 1;
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  Tally all;
  for (const auto& file : files) {
    const Tally tally = run_file(file, standard, *registry, zones->get());
    all.passed += tally.passed;
    all.total += tally.total;
  }
  std::printf("%-20s %5zu/%zu\n", "all", all.passed, all.total);
  return all.passed == all.total && all.total > 0 ? 0 : 1;
}

}  // namespace
}  // namespace rapport::expr

int main(int argc, char** argv) {
  const char* named = argc > 1 ? argv[1] : std::getenv("RAPPORT_CEL_CASES");
  if (named == nullptr || !std::filesystem::is_directory(named)) {
    std::printf(
        "skipped: no folder of conformance cases%s%s; name one as argument or in "
        "RAPPORT_CEL_CASES\n",
        named == nullptr ? "" : " at ", named == nullptr ? "" : named);
    return 0;
  }
  return rapport::expr::run(named);
}
