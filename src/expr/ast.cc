#include "expr/ast.h"

#include <algorithm>
#include <bit>

namespace rapport::expr {
namespace {

bool same_literal(const Node& a, const Node& b) {
  switch (a.kind) {
    case NodeKind::kBool:
      return a.bool_value == b.bool_value;
    case NodeKind::kInt:
    case NodeKind::kUint:
      return a.uint_value == b.uint_value;
    case NodeKind::kDouble:
      return std::bit_cast<uint64_t>(a.double_value) == std::bit_cast<uint64_t>(b.double_value);
    default:
      return true;
  }
}

bool same_node(const Ast& a, NodeId x, const Ast& b, NodeId y) {
  const Node& left = a.node(x);
  const Node& right = b.node(y);
  if (left.kind != right.kind || left.macro != right.macro || left.optional != right.optional ||
      left.method != right.method || left.leading_dot != right.leading_dot ||
      left.camel_case != right.camel_case || left.grouped != right.grouped ||
      !same_literal(left, right) || a.text(x) != b.text(y) ||
      a.second_text(x) != b.second_text(y)) {
    return false;
  }
  return std::ranges::equal(a.children(x), b.children(y), [&](NodeId child, NodeId other) {
    return same_node(a, child, b, other);
  });
}

}  // namespace

Position position_of(std::string_view source, size_t byte) {
  Position position;
  for (const char c : source.substr(0, byte)) {
    if (c == '\n') {
      position = {position.line + 1, 1};
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      position.column++;
    }
  }
  return position;
}

NodeId Ast::add(Node node, std::span<const NodeId> children) {
  node.first_child = static_cast<uint32_t>(children_.size());
  node.child_count = static_cast<uint32_t>(children.size());
  children_.insert(children_.end(), children.begin(), children.end());
  nodes_.push_back(node);
  return root();
}

uint32_t Ast::add_text(std::string_view text) {
  if (texts_.empty()) texts_.emplace_back();
  if (text.empty()) return 0;
  texts_.emplace_back(text);
  return static_cast<uint32_t>(texts_.size()) - 1;
}

bool same_tree(const Ast& a, const Ast& b) {
  if (a.size() == 0 || b.size() == 0) return a.size() == b.size();
  return same_node(a, a.root(), b, b.root());
}

}  // namespace rapport::expr
