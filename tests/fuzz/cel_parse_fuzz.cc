// rooms: expr
// Any text as an expression: it is refused with a place and a reason, or it is read, prints, and
// is the same when it is read again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "expr/parser.h"
#include "expr/printer.h"

namespace {

using namespace rapport::expr;

void check_nodes(const Ast& ast) {
  for (NodeId id = 0; id < ast.size(); id++) {
    const Node& node = ast.node(id);
    CHECK(node.begin <= node.end && node.end <= ast.source().size());
    CHECK(node.at <= ast.source().size());
    for (const NodeId child : ast.children(id)) CHECK(child < id);
  }
}

void check_text(std::string_view text, const ParseOptions& options) {
  const Parsed parsed = parse(text, options);
  if (!parsed.ok()) {
    CHECK(!parsed.problems.front().message.empty());
    CHECK(parsed.problems.front().at.line > 0 && parsed.problems.front().at.column > 0);
    return;
  }
  check_nodes(parsed.ast);
  const std::string printed = print(parsed.ast);
  ParseOptions wide = options;
  wide.limits.bytes = printed.size() + 1;
  wide.limits.depth = 2 * options.limits.depth;  // names in parentheses
  const Parsed again = parse(printed, wide);
  CHECK(again.ok());
  CHECK(same_tree(parsed.ast, again.ast));
  CHECK(print(again.ast) == printed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  check_text(text, {});
  check_text(text, {.limits = {.bytes = 1000, .depth = 12, .nodes = 60, .loops = 2}});
  check_text(text, {.macros = false});
  return 0;
}
