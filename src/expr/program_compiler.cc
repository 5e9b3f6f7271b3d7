#include "expr/program_compiler.h"

#include <algorithm>
#include <map>
#include <optional>

#include "expr/program_patterns.h"
#include "expr/selection.h"

namespace rapport::expr {
namespace {

class Compiler {
 public:
  Compiler(const Binding& binding, Code& code, Sharing* sharing)
      : binding_(binding),
        ast_(binding.ast()),
        code_(code),
        sharing_(sharing),
        constants_(fold_constants(binding, *code.constants)) {
    if (sharing != nullptr) keys_ = sharing->keys(binding, constants_);
  }

  uint32_t run() {
    code_.locals = std::max(code_.locals, binding_.locals() + 2);
    const uint32_t root = reserve(1);
    if (sharing_ != nullptr) {
      emit_truth(ast_.root(), root);
    } else {
      emit(ast_.root(), root);  // its value may be asked for
    }
    return root;
  }

 private:
  uint32_t reserve(size_t count) {
    code_.ops.resize(code_.ops.size() + count);
    return static_cast<uint32_t>(code_.ops.size() - count);
  }

  Op start(NodeId id, OpCode code) const {
    Op op;
    op.code = code;
    op.node = &binding_.node(id);
    op.in_loop = loops_ > 0;
    return op;
  }

  // A value where a bool is needed.
  void emit_truth(NodeId id, uint32_t at) {
    const BoundNode& node = binding_.node(id);
    if (node.origin == Origin::kSlot && ast_.kind(id) != NodeKind::kHas) {
      Op op = start(id, OpCode::kSlotIsTrue);
      op.number = node.number;
      put(op, at);
    } else {
      emit(id, at);
    }
  }

  void emit(NodeId id, uint32_t at) {
    const BoundNode& node = binding_.node(id);
    if (constants_[id]) return emit_constant(id, *constants_[id], at);
    switch (node.origin) {
      case Origin::kConstant:
        return emit_constant(id, node.constant, at);
      case Origin::kSlot:
        return emit_number(id, ast_.kind(id) == NodeKind::kHas ? OpCode::kHasSlot : OpCode::kSlot,
                           at);
      case Origin::kLocal:
        return emit_number(id, OpCode::kLocal, at);
      case Origin::kComputed:
        break;
    }
    if (sharing_ == nullptr || !sharing_->stands_twice(keys_[id])) return emit_computed(id, at);
    auto [place, fresh] = sharing_->places().try_emplace(keys_[id]);
    if (fresh) {
      const uint32_t operand = reserve(1);
      place->second = {operand, code_.memos++};
      emit_computed(id, operand);
    }
    Op op = start(id, OpCode::kShared);
    op.number = place->second.memo;
    op.first = place->second.op;
    op.count = 1;
    put(op, at);
  }

  void emit_constant(NodeId id, const Value& value, uint32_t at) {
    Op op = start(id, OpCode::kConstant);
    op.constant = value;
    put(op, at);
  }
  void emit_number(NodeId id, OpCode code, uint32_t at) {
    Op op = start(id, code);
    op.number = binding_.node(id).number;
    put(op, at);
  }
  void put(const Op& op, uint32_t at) { code_.ops[at] = op; }

  void emit_computed(NodeId id, uint32_t at) {
    const Node& node = ast_.node(id);
    switch (node.kind) {
      case NodeKind::kAnd:
        return emit_junction(id, OpCode::kAnd, at);
      case NodeKind::kOr:
        return emit_junction(id, OpCode::kOr, at);
      case NodeKind::kSelect:
        return emit_field(id, node.optional ? OpCode::kSelectOptional : OpCode::kSelect, at);
      case NodeKind::kHas:
        return emit_field(id, OpCode::kHasField, at);
      case NodeKind::kIndex:
        return emit_all(id, node.optional ? OpCode::kIndexOptional : OpCode::kIndex, at);
      case NodeKind::kCall:
        return emit_call(id, at);
      case NodeKind::kConditional:
        return emit_conditional(id, at);
      case NodeKind::kList:
        return emit_all(id, OpCode::kList, at);
      case NodeKind::kOptionalItem:
        return emit_all(id, OpCode::kOptionalItem, at);
      case NodeKind::kMap:
        return emit_all(id, OpCode::kMap, at);
      case NodeKind::kEntry:
        return emit_all(id, OpCode::kEntry, at);
      case NodeKind::kComprehension:
        return emit_loop(id, at);
      case NodeKind::kBind:
        return emit_all(id, OpCode::kBind, at);
      case NodeKind::kOptMap:
        return emit_all(id, OpCode::kOptMap, at);
      default:
        return put(start(id, OpCode::kNoObjects), at);
    }
  }

  // Every child as an operand.
  void emit_all(NodeId id, OpCode code, uint32_t at) {
    Op op = start(id, code);
    op.negated = ast_.node(id).optional;
    op.macro = ast_.node(id).macro;
    op.number = binding_.node(id).local;
    emit_operands(op, ast_.children(id));
    put(op, at);
  }
  void emit_operands(Op& op, std::span<const NodeId> children) {
    op.count = static_cast<uint32_t>(children.size());
    op.first = reserve(children.size());
    for (size_t i = 0; i < children.size(); ++i)
      emit(children[i], op.first + static_cast<uint32_t>(i));
  }

  void emit_field(NodeId id, OpCode code, uint32_t at) {
    Op op = start(id, code);
    op.constant = Value::string(ast_.text(id));
    emit_operands(op, ast_.children(id));
    put(op, at);
  }

  void emit_conditional(NodeId id, uint32_t at) {
    Op op = start(id, OpCode::kConditional);
    op.count = 3;
    op.first = reserve(3);
    emit_truth(ast_.child(id, 0), op.first);
    emit(ast_.child(id, 1), op.first + 1);
    emit(ast_.child(id, 2), op.first + 2);
    put(op, at);
  }

  void emit_loop(NodeId id, uint32_t at) {
    const Node& node = ast_.node(id);
    const bool plain = node.child_count == 2;
    Op op = start(id, plain && node.macro == Macro::kAll      ? OpCode::kAll
                      : plain && node.macro == Macro::kExists ? OpCode::kExists
                                                              : OpCode::kLoop);
    op.macro = node.macro;
    op.two_variables = !ast_.second_text(id).empty();
    op.number = binding_.node(id).local;
    op.count = node.child_count;
    op.first = reserve(op.count);
    emit(ast_.child(id, 0), op.first);
    ++loops_;
    for (uint32_t i = 1; i < op.count; ++i) {
      if (op.code == OpCode::kLoop)
        emit(ast_.child(id, i), op.first + i);
      else
        emit_truth(ast_.child(id, i), op.first + i);
    }
    --loops_;
    put(op, at);
  }

  // Calls

  void emit_call(NodeId id, uint32_t at) {
    if (auto test = find_test(binding_, constants_, id)) return emit_test(id, *test, at);
    emit_plain_call(id, at);
  }

  void emit_plain_call(NodeId id, uint32_t at) {
    const BoundNode& node = binding_.node(id);
    const std::string_view name = ast_.text(id);
    std::span<const NodeId> children = ast_.children(id);
    if (node.qualified) children = children.subspan(1);
    Op op = start(id, OpCode::kCall);
    if (name == "!_" && children.size() == 1 && !node.calls.empty()) {
      op.code = OpCode::kNot;
      op.count = 1;
      op.first = reserve(1);
      emit_truth(children[0], op.first);
      return put(op, at);
    }
    if (is_equality(node, name)) {
      op.code = OpCode::kEqual;
      op.negated = name == "_!=_";
    } else if (ast_.node(id).method && children.size() == 2 && !node.qualified &&
               (name == "or" || name == "orValue")) {
      op.code = OpCode::kOptionalOr;
      op.negated = name == "orValue";
    }
    emit_operands(op, children);
    put(op, at);
  }

  // A test of a slot, with what answers for unexpected kinds as its operand.
  void emit_test(NodeId id, const SlotTest& test, uint32_t at) {
    Op op = start(id, test.code);
    op.relation = test.relation;
    op.negated = test.negated;
    op.number = test.slot;
    op.constant = test.constant;
    op.as_whole = test.as_whole;
    op.as_real = test.as_real;
    op.whole = test.whole;
    if (test.as_real) op.real = test.real;
    if (op.code == OpCode::kWordsInText) {
      code_.words.push_back(std::make_shared<WordScanner>(texts_of(test.constant)));
      op.words = code_.words.back().get();
    }
    op.count = 1;
    op.first = reserve(1);
    emit_plain_call(id, op.first);
    Op by_table = op;
    if (!to_table(by_table)) return put(op, at);
    by_table.first = reserve(1);
    put(op, by_table.first);
    put(by_table, at);
  }

  // Turns a test into one by its slot's table; false where it stays as it is.
  bool to_table(Op& op) {
    if (sharing_ == nullptr) return false;
    if (!sharing_->has_table(op)) return false;
    switch (op.code) {
      case OpCode::kEqualNumber:
        return number_whole(op);
      case OpCode::kEqualText:
        op.code = OpCode::kTableTextIs;
        return number_symbols(op, {{op.constant.as_text()}});
      case OpCode::kTextInList:
        op.code = OpCode::kTableTextIn;
        return number_symbols(op, texts_of(op.constant));
      case OpCode::kListHasText:
        op.code = OpCode::kTableListHas;
        return number_symbols(op, {{op.constant.as_text()}});
      case OpCode::kWordsInText:
        op.code = OpCode::kTableWords;
        return number_words(op);
      default:
        return false;
    }
  }

  bool number_symbols(Op& op, const std::vector<std::string_view>& texts) {
    const uint32_t number = sharing_->table(op.number);
    SymbolTable& symbols = sharing_->tables()[number].symbols;
    op.symbols = 0;
    for (size_t i = 0; i < texts.size(); ++i) {
      const uint32_t symbol = symbols.add(texts[i]);
      if (i > 0 && symbol / 64 != op.symbol) return false;
      op.symbol = symbol / 64;
      op.symbols |= uint64_t{1} << symbol % 64;
      if (op.code == OpCode::kTableTextIs) op.symbol = symbol;
    }
    op.number = number;
    return !texts.empty();
  }

  bool number_whole(Op& op) {
    op.code = OpCode::kTableNumberIs;
    op.number = sharing_->table(op.number);
    op.symbol = sharing_->tables()[op.number].numbers.add(bytes_of(op.whole));
    return true;
  }

  bool number_words(Op& op) {
    const uint32_t number = sharing_->table(op.number);
    std::vector<std::string>& words = sharing_->tables()[number].words;
    op.symbols = 0;
    for (const std::string_view text : texts_of(op.constant)) {
      const auto at = std::ranges::find(words, text) - words.begin();
      if (at == WordScanner::kMost) return false;
      if (at == std::ssize(words)) words.emplace_back(text);
      op.symbols |= uint64_t{1} << at;
    }
    op.number = number;
    return true;
  }

  // && and ||, which come to the same in any order: plain tests first, the others as written, so
  // that no more work is done than in that order. Tests of one table joined by || become one.
  void emit_junction(NodeId id, OpCode code, uint32_t at) {
    Op op = start(id, code);
    op.count = ast_.node(id).child_count;
    op.first = reserve(op.count);
    for (uint32_t i = 0; i < op.count; ++i) emit_truth(ast_.child(id, i), op.first + i);
    if (code == OpCode::kOr && sharing_ != nullptr) join_tests(op);
    const auto parts = code_.ops.begin() + op.first;
    std::stable_sort(parts, parts + op.count,
                     [](const Op& a, const Op& b) { return weight(a.code) < weight(b.code); });
    put(op.count == 1 ? code_.ops[op.first] : op, at);
  }

  static int weight(OpCode code) {
    if (code == OpCode::kTableWords || code == OpCode::kWordsInText) return 1;
    const bool plain = code >= OpCode::kSlotIsTrue && code <= OpCode::kTableWords;
    return plain || code == OpCode::kConstant ? 0 : 2;
  }

  // What tests must have in common to become one; nothing for others. A test whether a slot equals
  // a text becomes one whether it is among texts.
  struct Family {
    OpCode code;
    uint32_t table;
    uint32_t word;
    auto operator<=>(const Family&) const = default;
  };
  static std::optional<Family> family_of(Op& op) {
    if (op.negated) return std::nullopt;
    if (op.code == OpCode::kTableTextIs) {
      op.code = OpCode::kTableTextIn;
      op.symbols = uint64_t{1} << op.symbol % 64;
      op.symbol /= 64;
    }
    if (op.code == OpCode::kTableTextIn || op.code == OpCode::kTableListHas)
      return Family{op.code, op.number, op.symbol};
    if (op.code == OpCode::kTableWords) return Family{op.code, op.number, 0};
    return std::nullopt;
  }

  void join_tests(Op& op) {
    std::map<Family, std::vector<Op>> families;
    std::vector<Op> parts;
    for (uint32_t i = 0; i < op.count; ++i) {
      Op part = code_.ops[op.first + i];
      if (const auto family = family_of(part))
        families[*family].push_back(part);
      else
        parts.push_back(part);
    }
    for (const auto& [family, members] : families)
      parts.push_back(members.size() == 1 ? members[0] : joined(members));
    std::ranges::copy(parts, code_.ops.begin() + op.first);
    op.count = static_cast<uint32_t>(parts.size());
  }

  // One test for all, whose operand is the || of them.
  Op joined(const std::vector<Op>& members) {
    Op plain = start(members[0].node, OpCode::kOr);
    plain.count = static_cast<uint32_t>(members.size());
    plain.first = reserve(members.size());
    std::ranges::copy(members, code_.ops.begin() + plain.first);
    Op all = members[0];
    for (const Op& member : members) all.symbols |= member.symbols;
    all.first = reserve(1);
    put(plain, all.first);
    return all;
  }
  Op start(const BoundNode* node, OpCode code) const {
    Op op;
    op.code = code;
    op.node = node;
    op.in_loop = loops_ > 0;
    return op;
  }

  const Binding& binding_;
  const Ast& ast_;
  Code& code_;
  Sharing* sharing_;
  std::vector<std::optional<Value>> constants_;
  std::vector<uint32_t> keys_;
  int loops_ = 0;
};

}  // namespace

uint32_t compile(const Binding& binding, Code& code, Sharing* sharing) {
  return Compiler(binding, code, sharing).run();
}

}  // namespace rapport::expr
