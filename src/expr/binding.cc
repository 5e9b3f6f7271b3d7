#include "expr/binding.h"

#include <algorithm>

#include "expr/type.h"

namespace rapport::expr {
namespace {

constexpr size_t kMostPrepared = 100;  // each may take milliseconds and half a megabyte
constexpr Failure kUndeclared{"undeclared reference"};
constexpr Failure kUnbound{"unbound function"};

class Binder {
 public:
  Binder(const Ast& ast, const Checked& checked, const Declarations& declarations,
         const Registry& registry, const Layout& layout, const Zones* zones)
      : ast_(ast),
        checked_(checked),
        declarations_(declarations),
        registry_(registry),
        layout_(layout),
        zones_(zones),
        nodes_(ast.size()),
        local_paths_(checked.slots + 2) {}

  Result<std::vector<BoundNode>> run() {
    if (ast_.size() > 0) TRY(bind(ast_.root()));
    return std::move(nodes_);
  }

 private:
  // Parents before children, so that a macro's variables know the path of their range.
  Result<void> bind(NodeId id) {
    const Reference& reference = checked_.references[id];
    BoundNode& node = nodes_[id];
    node.qualified = reference.qualified;
    node.local = reference.slot;
    switch (reference.meaning) {
      case Meaning::kVariable:
        return bind_variable(id, declared_name(reference));
      case Meaning::kLocal:
        node.origin = Origin::kLocal;
        node.number = reference.number;
        node.path = local_paths_[reference.number];
        return {};
      case Meaning::kType:
        return bind_type(id);
      case Meaning::kUnknown:
        set_constant(node, Value::error(&kUndeclared));
        return {};
      case Meaning::kFunction:
      case Meaning::kNone:
        break;
    }
    return bind_computed(id);
  }

  std::string declared_name(const Reference& reference) const {
    return declarations_.variables()[reference.number].name;
  }

  Result<void> bind_variable(NodeId id, std::string name) {
    const auto slot = layout_.slot(name);
    if (!slot) return fail(id, "the record has no slot for the variable '" + name + "'");
    set_slot(nodes_[id], *slot, std::move(name));
    return {};
  }

  Result<void> bind_type(NodeId id) {
    BoundNode& node = nodes_[id];
    const Type& type = checked_.types[id];
    const bool named = type.is(TypeKind::kType) && !type.parameters().empty();
    node.owned.emplace_back(named ? type_name(type.parameters()[0]) : written_name(id));
    set_constant(node, Value::type(node.owned.back()));
    return {};
  }
  std::string written_name(NodeId id) const {
    if (ast_.kind(id) != NodeKind::kSelect) return std::string(ast_.text(id));
    return written_name(ast_.child(id, 0)) + "." + std::string(ast_.text(id));
  }

  Result<void> bind_computed(NodeId id) {
    switch (ast_.kind(id)) {
      case NodeKind::kNull:
        set_constant(nodes_[id], Value::null());
        return {};
      case NodeKind::kBool:
        return literal(id, Value::boolean(ast_.node(id).bool_value));
      case NodeKind::kInt:
        return literal(id, Value::integer(ast_.node(id).int_value));
      case NodeKind::kUint:
        return literal(id, Value::uint(ast_.node(id).uint_value));
      case NodeKind::kDouble:
        return literal(id, Value::real(ast_.node(id).double_value));
      case NodeKind::kString:
        return text_literal(id, Value::string);
      case NodeKind::kBytes:
        return text_literal(id, Value::bytes);
      case NodeKind::kName:
        set_constant(nodes_[id], Value::error(&kUndeclared));
        return {};
      case NodeKind::kComprehension:
      case NodeKind::kBind:
      case NodeKind::kOptMap:
        return bind_variables(id);
      case NodeKind::kCall:
        return bind_call(id);
      default:
        break;
    }
    for (const NodeId child : ast_.children(id)) TRY(bind(child));
    if (ast_.kind(id) == NodeKind::kSelect || ast_.kind(id) == NodeKind::kHas) bind_field(id);
    if (ast_.kind(id) == NodeKind::kIndex) bind_element(id);
    return {};
  }

  // An element read at a text is named as the field of that name is.
  void bind_element(NodeId id) {
    const NodeId index = ast_.child(id, 1);
    const bool field = ast_.kind(index) == NodeKind::kString;
    const std::string end = field ? "." + std::string(ast_.text(index)) : "[]";
    set_path(nodes_[id], path_of_child(id) + end);
  }

  Result<void> literal(NodeId id, const Value& value) {
    set_constant(nodes_[id], value);
    return {};
  }
  Result<void> text_literal(NodeId id, Value (*make)(std::string_view)) {
    BoundNode& node = nodes_[id];
    node.owned.emplace_back(ast_.text(id));
    set_constant(node, make(node.owned.back()));
    return {};
  }

  // A field with a slot of its own is read without its object.
  void bind_field(NodeId id) {
    const BoundNode& operand = nodes_[ast_.child(id, 0)];
    const std::string path = path_of_child(id) + "." + std::string(ast_.text(id));
    const bool plain = !ast_.node(id).optional &&
                       (operand.origin == Origin::kSlot || may_be_slot_[ast_.child(id, 0)]);
    const auto slot = plain ? layout_.slot(path) : std::nullopt;
    may_be_slot_[id] = plain;
    if (slot)
      set_slot(nodes_[id], *slot, path);
    else
      set_path(nodes_[id], path);
  }

  std::string path_of_child(NodeId id) const {
    const NodeId child = ast_.child(id, 0);
    return nodes_[child].path.empty() ? std::string(ast_.source_of(child)) : nodes_[child].path;
  }

  Result<void> bind_variables(NodeId id) {
    TRY(bind(ast_.child(id, 0)));
    const uint32_t slot = nodes_[id].local;
    const bool loop = ast_.kind(id) == NodeKind::kComprehension;
    const std::string path = path_of_child(id) + (loop ? "[]" : "");
    if (local_paths_.size() < size_t{slot} + 2) local_paths_.resize(size_t{slot} + 2);
    local_paths_[slot] = local_paths_[slot + 1] = path;
    for (size_t i = 1; i < ast_.children(id).size(); ++i) TRY(bind(ast_.child(id, i)));
    return {};
  }

  Result<void> bind_call(NodeId id) {
    const Reference& reference = checked_.references[id];
    const size_t skipped = reference.qualified ? 1 : 0;
    std::vector<const Value*> constants;
    for (size_t i = skipped; i < ast_.children(id).size(); ++i) {
      const NodeId child = ast_.child(id, i);
      TRY(bind(child));
      const bool constant = nodes_[child].origin == Origin::kConstant;
      constants.push_back(constant ? &nodes_[child].constant : nullptr);
    }
    for (uint32_t i = 0; i < reference.overload_count; ++i) {
      const uint32_t number = checked_.overloads[reference.number + i];
      if (number >= registry_.all().size()) continue;  // declared without a body: a type check only
      BoundCall call{&registry_.all()[number], nullptr};
      // A literal decides among the overloads already.
      if (!fits(*call.overload, constants)) continue;
      if (call.overload->overload->prepare != nullptr) {
        auto prepared = call.overload->overload->prepare(constants, zones_);
        if (!prepared) return fail(id, prepared.error().message);
        call.prepared = std::move(*prepared);
        prepared_ += call.prepared != nullptr;
        if (prepared_ > kMostPrepared)
          return fail(id,
                      "the expression has more than 100 patterns, zones and calendars; split it");
      }
      nodes_[id].calls.push_back(std::move(call));
    }
    if (reference.overload_count == 0) set_constant(nodes_[id], Value::error(&kUnbound));
    return {};
  }

  static bool fits(const BoundOverload& overload, const std::vector<const Value*>& constants) {
    for (size_t i = 0; i < constants.size(); ++i) {
      if (constants[i] == nullptr || !constants[i]->is_known()) continue;
      if (overload.kinds.empty() || (i >= overload.kinds.size() && !overload.variadic))
        return false;
      const uint32_t kinds = overload.kinds[std::min(i, overload.kinds.size() - 1)];
      if ((kinds >> static_cast<unsigned>(constants[i]->kind()) & 1) == 0) return false;
    }
    return true;
  }

  static void set_constant(BoundNode& node, const Value& value) {
    node.origin = Origin::kConstant;
    node.constant = value;
  }
  static void set_slot(BoundNode& node, uint32_t slot, std::string path) {
    node.origin = Origin::kSlot;
    node.number = slot;
    set_path(node, std::move(path));
  }
  static void set_path(BoundNode& node, std::string path) { node.path = std::move(path); }

  Error fail(NodeId id, std::string message) const {
    const Position at = ast_.position(id);
    return invalid(std::move(message), std::to_string(at.line) + ":" + std::to_string(at.column));
  }

  const Ast& ast_;
  const Checked& checked_;
  const Declarations& declarations_;
  const Registry& registry_;
  const Layout& layout_;
  const Zones* zones_;
  std::vector<BoundNode> nodes_;
  std::vector<std::string> local_paths_;
  size_t prepared_ = 0;  // patterns, zones and calendars
  std::vector<bool> may_be_slot_ = std::vector<bool>(nodes_.size());  // variable.field.field …
};

}  // namespace

Result<Binding> Binding::make(Ast ast, Checked checked, const Declarations& declarations,
                              const Registry& registry, const Layout& layout, const Zones* zones) {
  if (!checked.ok()) return to_error(checked.problems);
  Binding binding;
  TRY_ASSIGN(binding.nodes_, Binder(ast, checked, declarations, registry, layout, zones).run());
  // A short text lives within its std::string: borrow it where it lies now.
  for (BoundNode& node : binding.nodes_) {
    node.missing = {node.path};
    if (node.owned.empty()) continue;
    const std::string_view text = node.owned.back();
    node.constant = node.constant.is(Kind::kBytes)    ? Value::bytes(text)
                    : node.constant.is(Kind::kString) ? Value::string(text)
                                                      : Value::type(text);
  }
  binding.ast_ = std::move(ast);
  binding.locals_ = checked.slots;
  return binding;
}

}  // namespace rapport::expr
