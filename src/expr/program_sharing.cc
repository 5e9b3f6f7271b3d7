// What the expressions of a set have in common.
#include <bit>
#include <set>

#include "expr/program_compiler.h"
#include "expr/program_patterns.h"

namespace rapport::expr {
namespace {

constexpr uint32_t kTestsForTable = 3;  // below, comparing is as quick as looking up
constexpr uint32_t kWordsForTable = 2;

template <class T>
void append_bits(std::string& out, T bits) {
  out.append(reinterpret_cast<const char*>(&bits), sizeof bits);
}
void append_text(std::string& out, std::string_view text) {
  append_bits(out, text.size());
  out += text;
}

// Names each sub-expression by a number: equal ones have the same. Those that need a variable of a
// loop around them have none.
class Namer {
 public:
  Namer(const Binding& binding, std::map<std::string, uint32_t>& known)
      : binding_(binding), ast_(binding.ast()), known_(known) {}

  std::vector<uint32_t> run() {
    std::vector<std::set<uint32_t>> outside(ast_.size());  // locals set outside of the node
    std::vector<uint32_t> names(ast_.size());
    for (NodeId id = 0; id < ast_.size(); ++id) {
      names[id] = name_of(id, names);
      outside[id] = outside_of(id, outside);
    }
    for (NodeId id = 0; id < ast_.size(); ++id)
      if (!outside[id].empty() || !is_worth_it(id)) names[id] = Sharing::kNoKey;
    return names;
  }

 private:
  uint32_t name_of(NodeId id, const std::vector<uint32_t>& names) {
    const BoundNode& node = binding_.node(id);
    const Node& parsed = ast_.node(id);
    std::string text;
    for (const uint8_t part : {static_cast<uint8_t>(parsed.kind), static_cast<uint8_t>(node.origin),
                               static_cast<uint8_t>(parsed.macro), uint8_t{parsed.optional},
                               uint8_t{parsed.method}, uint8_t{node.qualified}})
      append_bits(text, part);
    append_bits(text, node.number);
    append_bits(text, node.local);
    if (node.origin == Origin::kConstant) append_constant(text, node.constant);
    append_text(text, ast_.text(id));
    for (const BoundCall& call : node.calls) append_bits(text, call.overload);
    append_text(text, ast_.second_text(id));
    for (const NodeId child : ast_.children(id)) append_bits(text, names[child]);
    return known_.try_emplace(std::move(text), static_cast<uint32_t>(known_.size())).first->second;
  }

  static void append_constant(std::string& text, const Value& value) {
    append_bits(text, value.kind());
    const bool is_text = value.is(Kind::kString) || value.is(Kind::kBytes) || value.is(Kind::kType);
    if (is_text)
      append_text(text, value.as_text());
    else
      append_bits(text, value.as_uint());
  }

  std::set<uint32_t> outside_of(NodeId id, const std::vector<std::set<uint32_t>>& outside) const {
    std::set<uint32_t> needed;
    const BoundNode& node = binding_.node(id);
    if (node.origin == Origin::kLocal) return {node.number};
    const auto children = ast_.children(id);
    const NodeKind kind = ast_.kind(id);
    const bool binds =
        kind == NodeKind::kComprehension || kind == NodeKind::kBind || kind == NodeKind::kOptMap;
    for (size_t i = 0; i < children.size(); ++i) {
      for (const uint32_t local : outside[children[i]]) {
        const bool second = !ast_.second_text(id).empty() && local == node.local + 1;
        if (!binds || i == 0 || (local != node.local && !second)) needed.insert(local);
      }
    }
    return needed;
  }

  bool is_worth_it(NodeId id) const {
    if (binding_.node(id).origin != Origin::kComputed) return false;
    switch (ast_.kind(id)) {
      case NodeKind::kCall:
      case NodeKind::kAnd:
      case NodeKind::kOr:
      case NodeKind::kConditional:
      case NodeKind::kIndex:
      case NodeKind::kComprehension:
      case NodeKind::kBind:
      case NodeKind::kOptMap:
        return true;
      default:
        return false;
    }
  }

  const Binding& binding_;
  const Ast& ast_;
  std::map<std::string, uint32_t>& known_;
};

}  // namespace

std::vector<uint32_t> Sharing::keys(const Binding& binding,
                                    const std::vector<std::optional<Value>>& constants) {
  std::vector<uint32_t> names = Namer(binding, known_).run();
  counts_.resize(known_.size());
  for (NodeId id = 0; id < names.size(); ++id)
    if (constants[id] || find_test(binding, constants, id)) names[id] = kNoKey;
  return names;
}

void Sharing::count(const Binding& binding) {
  Arena arena;
  const auto constants = fold_constants(binding, arena);
  const std::vector<uint32_t> names = keys(binding, constants);
  if (binding.ast().size() > 0) count_node(binding, binding.ast().root(), names);
  for (NodeId id = 0; id < binding.ast().size(); ++id) {
    const auto test = find_test(binding, constants, id);
    if (!test) continue;
    if (test->code == OpCode::kWordsInText) words_[test->slot]++;
    if (test->code == OpCode::kEqualNumber && test->as_whole && test->as_real)
      numbers_[test->slot]++;
    if (test->code == OpCode::kEqualText || test->code == OpCode::kListHasText)
      texts_[test->slot]++;
    if (test->code == OpCode::kTextInList) texts_[test->slot] += test->constant.cell_count();
  }
}

// What stands within something that stands twice is counted once.
void Sharing::count_node(const Binding& binding, NodeId id, const std::vector<uint32_t>& keys) {
  if (keys[id] != kNoKey && ++counts_[keys[id]] > 1) return;
  for (const NodeId child : binding.ast().children(id)) count_node(binding, child, keys);
}

bool Sharing::has_table(const Op& test) const {
  const auto enough = [&](const std::map<uint32_t, uint32_t>& counts, uint32_t least) {
    const auto found = counts.find(test.number);
    return found != counts.end() && found->second >= least;
  };
  switch (test.code) {
    case OpCode::kWordsInText:
      return enough(words_, kWordsForTable);
    case OpCode::kEqualNumber:
      return test.as_whole && test.as_real && enough(numbers_, kTestsForTable);
    case OpCode::kEqualText:
    case OpCode::kTextInList:
    case OpCode::kListHasText:
      return enough(texts_, kTestsForTable);
    default:
      return false;
  }
}

uint32_t Sharing::table(uint32_t slot) {
  const auto [place, fresh] = table_of_.try_emplace(slot, static_cast<uint32_t>(tables_.size()));
  if (fresh) {
    tables_.emplace_back();
    tables_.back().slot = slot;
  }
  return place->second;
}

std::vector<SlotTable> Sharing::finish() {
  for (SlotTable& table : tables_) {
    const std::vector<std::string_view> words(table.words.begin(), table.words.end());
    table.scanner = std::make_unique<WordScanner>(words);
  }
  return std::move(tables_);
}

}  // namespace rapport::expr
