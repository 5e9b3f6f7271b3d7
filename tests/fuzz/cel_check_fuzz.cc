// rooms: expr
// Any expression is checked without harm, says the same each time, and what is found right keeps
// its type when it is printed and read again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "expr/checker.h"
#include "expr/parser.h"
#include "expr/printer.h"
#include "expr/registry.h"

namespace {

using namespace rapport::expr;

Declarations declared() {
  Declarations made;
  const auto type = [](std::string_view text) { return parse_type(text).value(); };
  made.set_container("a.b");
  made.add_object({.name = "thing",
                   .fields = {{"s", type("string")},
                              {"n", type("int")},
                              {"l", type("list(thing)")},
                              {"m", type("map(string, double)")},
                              {"t", type("timestamp")}}})
      .value();
  made.add_object({.name = "open", .fields = {}, .open = true}).value();
  for (const auto& [name, text] : {std::pair{"x", "thing"},
                                   {"o", "open"},
                                   {"d", "dyn"},
                                   {"a.b.y", "int"},
                                   {"a.y", "string"},
                                   {"y", "bool"},
                                   {"l", "list(int)"},
                                   {"m", "map(int, string)"},
                                   {"q", "optional_type(int)"}}) {
    made.add_variable(name, type(text)).value();
  }
  made.add_function("pair", parse_signature("(T, U) -> pair(T, U)").value(), 100'000).value();
  made.add_function("first", parse_signature("pair(T, U).() -> T").value(), 100'001).value();
  const auto registry = Registry::build(all_libraries());
  declare(*registry, made).value();
  return made;
}

void check_references(const Ast& ast, const Checked& checked) {
  CHECK(checked.types.size() == ast.size() && checked.references.size() == ast.size());
  for (NodeId id = 0; id < ast.size(); id++) {
    const Reference& reference = checked.references[id];
    CHECK(checked.name_of[id] < checked.names.size());
    if (reference.meaning == Meaning::kLocal) CHECK(reference.number < checked.slots);
    if (reference.meaning == Meaning::kFunction) {
      CHECK(reference.number + reference.overload_count <= checked.overloads.size());
    }
    CHECK(!checked.types[id].is_generic());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static const Declarations declarations = declared();
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const Parsed parsed = parse(text);
  if (!parsed.ok()) return 0;
  CHECK(check(parsed.ast, declarations, Strictness::kNames).ok());
  const Checked checked = check(parsed.ast, declarations);
  check_references(parsed.ast, checked);
  for (const Problem& problem : checked.problems) CHECK(!problem.message.empty());
  if (!checked.ok()) return 0;
  const Parsed again = parse(print(parsed.ast));
  if (!again.ok()) return 0;  // longer in print than the limit
  const Checked same = check(again.ast, declarations);
  CHECK(same.ok());
  CHECK(same.types.back() == checked.types.back());
  CHECK(same.fields == checked.fields);
  return 0;
}
