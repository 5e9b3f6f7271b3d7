// The walk of the checker over one expression; its parts are spread over several sources.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expr/checker.h"
#include "expr/type_bindings.h"

namespace rapport::expr {

class CheckerWalk {
 public:
  CheckerWalk(const Ast& ast, const Declarations& declarations, Strictness strictness);
  Checked run();

 private:
  using Overload = Declarations::FunctionOverload;
  struct Local {
    std::string_view name;
    Type type;
    uint32_t slot;
  };

  // Each gives the node's type, as far as it is known.
  Type visit(NodeId id);
  Type visit_kind(NodeId id);
  Type visit_name(NodeId id);
  Type visit_select(NodeId id);
  Type visit_has(NodeId id);
  Type visit_index(NodeId id);
  Type visit_logic(NodeId id);
  Type visit_conditional(NodeId id);
  Type visit_list(NodeId id);
  Type visit_map(NodeId id);
  Type visit_object(NodeId id);
  Type visit_comprehension(NodeId id);
  Type visit_bind(NodeId id);
  Type visit_opt_map(NodeId id);
  Type visit_call(NodeId id);

  // Names.
  const Local* find_local(std::string_view name) const;
  bool starts_with_local(NodeId chain) const;
  // The declared variable or type the name means, if any; sets the node's reference.
  std::optional<Type> resolve_name(NodeId id, const std::string& name, bool leading_dot);
  Type unknown_name(NodeId id);
  // Whether some longest prefix of a chain means something.
  bool means_something(NodeId chain) const;
  std::vector<std::string> candidates(const std::string& name, bool leading_dot) const;

  // Fields.
  Type field_of(NodeId id, const Type& operand, std::string_view field);
  Type without_fields(NodeId id, const Type& operand, std::string_view field);
  Type element_of(NodeId id, const Type& operand, const Type& key);

  // Loops.
  struct Range {
    Type key;       // what a macro with one variable sees
    Type element;   // the second variable of one with two
    Type loop_key;  // the first variable of one with two
    bool is_map = false;
    bool known = false;
  };
  Range range_of(NodeId id, const Type& type, bool two);
  Type loop_result(NodeId id, const Range& range, const Type& range_type, const Type& body);
  void push_local(std::string_view name, Type type);

  // Calls.
  struct Callee {
    std::string name;  // in full
    const std::vector<Overload>* overloads = nullptr;
    bool qualified = false;
    size_t first_argument = 0;
  };
  std::optional<Callee> find_function(NodeId id);
  std::optional<Callee> find_qualified(NodeId id, NodeId receiver);
  // Whether a name with dots is one of a family of functions, or spelt nearly as one.
  bool is_near_function(const std::string& name) const;
  Type unknown_function(NodeId id, bool method, const std::string& name);
  Type resolve_call(NodeId id, const Callee& callee, std::span<const NodeId> arguments);
  bool applies(const Overload& overload, bool method, std::span<const Type> arguments,
               Type& result);
  void refer(NodeId id, const Callee& callee, std::span<const uint32_t> ids);
  Type no_overload(NodeId id, const Callee& callee, std::span<const NodeId> arguments,
                   std::span<const Type> types);
  Type no_operator(NodeId id, std::string_view sign, std::span<const NodeId> arguments,
                   std::span<const Type> types);
  std::string operator_remedy(std::string_view sign, std::span<const NodeId> arguments,
                              std::span<const Type> types) const;
  std::string optional_remedy(NodeId id, const Callee& callee) const;
  std::string wrong_style_remedy(NodeId id, const Callee& callee) const;
  // Whether `==` can ever be true, or `in` find something.
  bool comparable(const Type& a, const Type& b);
  bool check_equality(NodeId id, std::string_view name, std::span<const Type> types);

  // Whether the node is bool; else says so.
  void want_bool(NodeId id, const Type& type, std::string_view what);
  std::string bool_remedy(NodeId id, const Type& type) const;
  Type problem(NodeId id, std::string message, std::string suggestion = {});
  Type problem_at(uint32_t byte, std::string message, std::string suggestion = {});
  bool strict() const { return strictness_ == Strictness::kTypes; }
  // Whether one more problem would be told: else its words need not be found.
  bool speaks() const { return strict() && found_.size() < kMaxProblems; }
  Type known(const Type& type) { return bindings_.resolve(type, TypeBindings::Unbound::kKeep); }
  std::string shown(const Type& type);

  const Ast& ast_;
  const Declarations& declarations_;
  const Strictness strictness_;
  TypeBindings bindings_;
  std::vector<Local> locals_;
  NodeId outer_chain_ = kNoNode;  // the longest chain of selects around a name
  static constexpr size_t kMaxProblems = 20;
  struct Found {
    uint32_t at;
    Problem problem;
  };
  std::vector<Found> found_;
  Checked checked_;
};

// The paths an expression reads, for Checked::fields.
std::vector<std::string> read_fields(const Ast& ast, const Checked& checked,
                                     const Declarations& declarations);

// A name or selects of one, none of them in parentheses of its own.
bool is_open_chain(const Ast& ast, NodeId id);
NodeId chain_root(const Ast& ast, NodeId id);

}  // namespace rapport::expr
