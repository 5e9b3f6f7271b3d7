// An expression as a tree in one flat arena: every node knows its place in the source.
//
// Macros (all, map, cel.bind, optMap …) are nodes of their own, not expanded: they print as they
// were written, and one node stands for one loop. `&&` and `||` are flat: `a && b && c` is one node
// of three children. Every other operator but `?:` and `[]` is a call of the function that names
// it, such as "_+_".
//
// What a parsed tree promises: children come before their parents, the root is last, no path from
// the root is longer than ParseLimits::depth, so a pass over it may recurse.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rapport::expr {

using NodeId = uint32_t;
constexpr NodeId kNoNode = UINT32_MAX;

enum class NodeKind : uint8_t {
  kNull,
  kBool,
  kInt,
  kUint,
  kDouble,
  kString,         // text
  kBytes,          // text
  kName,           // text; `.name` has leading_dot
  kSelect,         // text: the field; child: the operand; `a.?b` is optional
  kHas,            // has(a.b); text: the field; child: the operand
  kCall,           // text: the function; children: the arguments, a method's receiver first
  kAnd,            // two or more children
  kOr,             // two or more children
  kConditional,    // condition, then, else
  kIndex,          // operand, index; `a[?i]` is optional
  kList,           // the elements
  kOptionalItem,   // `?e` in a list: child e
  kMap,            // kEntry nodes
  kEntry,          // key, value; `?k: v` is optional
  kObject,         // `Type{field: value}`; text: the type; leading_dot; children: kField
  kField,          // text: the field; child: the value; `?f: v` is optional
  kComprehension,  // macro says which; text, second_text: the variables; children: range, then the
                   // arguments as written: a predicate, or [filter,] transform
  kBind,           // cel.bind(text, child 0, child 1)
  kOptMap,         // child0.optMap(text, child1); macro says optMap or optFlatMap
};

enum class Macro : uint8_t {
  kNone,
  kAll,
  kExists,
  kExistsOne,
  kMap,                // [filter,] transform
  kFilter,             // predicate
  kTransformList,      // [filter,] transform, two variables
  kTransformMap,       // [filter,] transform of the value, two variables
  kTransformMapEntry,  // [filter,] map of the entries to add, two variables
  kSortBy,             // key: what @sortByKeys(range, keys of its elements) gives
  kOptMap,
  kOptFlatMap,
};

struct Node {
  NodeKind kind = NodeKind::kNull;
  Macro macro = Macro::kNone;
  bool optional = false;     // `.?`, `[?`, `{?`
  bool method = false;       // kCall: the first child is a receiver: a.f(b)
  bool leading_dot = false;  // `.name`
  bool grouped = false;      // kName, kSelect: in parentheses before a `.`, so that no longer
                             // name is sought: (a.b).c
  bool camel_case = false;   // kExistsOne written as existsOne
  uint32_t at = 0;           // byte in the source where a message about this node points
  uint32_t begin = 0;        // the bytes in the source this node was read from; parentheses
  uint32_t end = 0;          // around it are outside
  uint32_t first_child = 0;  // index into the arena's list of children
  uint32_t child_count = 0;  //
  uint32_t text = 0;         // index into the arena's texts
  uint32_t second_text = 0;  // a two-variable macro's second variable
  union {
    bool bool_value;
    int64_t int_value = 0;
    uint64_t uint_value;
    double double_value;
  };
};

// Both from 1; the column counts code points.
struct Position {
  uint32_t line = 1;
  uint32_t column = 1;
  bool operator==(const Position&) const = default;
};
// Of a byte of a text of UTF-8. Linear.
Position position_of(std::string_view source, size_t byte);

class Ast {
 public:
  Ast() = default;
  explicit Ast(std::string source) : source_(std::move(source)), texts_(1) {}

  NodeId root() const { return static_cast<NodeId>(nodes_.size()) - 1; }  // kNoNode when empty
  size_t size() const { return nodes_.size(); }
  const Node& node(NodeId id) const { return nodes_[id]; }
  NodeKind kind(NodeId id) const { return nodes_[id].kind; }
  std::span<const NodeId> children(NodeId id) const {
    return {children_.data() + nodes_[id].first_child, nodes_[id].child_count};
  }
  NodeId child(NodeId id, size_t n) const { return children_[nodes_[id].first_child + n]; }
  // A name, a function, a field, a variable of a macro, the content of a string or bytes literal.
  std::string_view text(NodeId id) const { return texts_[nodes_[id].text]; }
  // A macro's second variable; empty when it has one.
  std::string_view second_text(NodeId id) const { return texts_[nodes_[id].second_text]; }

  std::string_view source() const { return source_; }
  std::string_view source_of(NodeId id) const {
    return source().substr(nodes_[id].begin, nodes_[id].end - nodes_[id].begin);
  }
  Position position(NodeId id) const { return position_of(source_, nodes_[id].at); }

  // Building: for the parser and for passes that rewrite. The children exist already.
  NodeId add(Node node, std::span<const NodeId> children = {});
  uint32_t add_text(std::string_view text);
  Node& edit(NodeId id) { return nodes_[id]; }

 private:
  std::string source_;
  std::vector<Node> nodes_;
  std::vector<NodeId> children_;
  std::vector<std::string> texts_;  // the first is empty
};

// Equal but for places in the source.
bool same_tree(const Ast& a, const Ast& b);

}  // namespace rapport::expr
