// The paths an expression reads.
#include <algorithm>
#include <set>

#include "expr/checker_walk.h"

namespace rapport::expr {
namespace {

class PathReader {
 public:
  PathReader(const Ast& ast, const Checked& checked, const Declarations& declarations)
      : ast_(ast), checked_(checked), declarations_(declarations), locals_(checked.slots) {}

  std::vector<std::string> run() {
    if (ast_.size() > 0) visit(ast_.root());
    return {paths_.begin(), paths_.end()};
  }

 private:
  // The path a node stands for, when it is a variable, or a field of such a path.
  std::optional<std::string> path_of(NodeId id) const {
    const Reference& reference = checked_.references[id];
    if (reference.meaning == Meaning::kVariable) {
      return declarations_.variables()[reference.number].name;
    }
    if (reference.meaning == Meaning::kLocal) return locals_[reference.number];
    const NodeKind kind = ast_.kind(id);
    const bool field = kind == NodeKind::kSelect || kind == NodeKind::kHas;
    const bool key = kind == NodeKind::kIndex && ast_.kind(ast_.child(id, 1)) == NodeKind::kString;
    if (!field && !key) return std::nullopt;
    auto path = path_of(ast_.child(id, 0));
    if (path) path->append(".").append(ast_.text(field ? id : ast_.child(id, 1)));
    return path;
  }

  void visit(NodeId id) {
    if (auto path = path_of(id)) {
      paths_.insert(std::move(*path));
      return;
    }
    const Reference& reference = checked_.references[id];
    const NodeKind kind = ast_.kind(id);
    const bool binds = kind == NodeKind::kBind || kind == NodeKind::kOptMap;
    const auto children = ast_.children(id);
    for (size_t i = reference.qualified ? 1 : 0; i < children.size(); i++) {
      if (binds && i == 0) {
        locals_[reference.slot] = path_of(children[0]);
        // Whether an optional has a value counts, even where the value itself is not read.
        if (locals_[reference.slot] && kind == NodeKind::kBind) continue;
      }
      if (kind == NodeKind::kComprehension && i == 1) {
        locals_[reference.slot].reset();
        if (!ast_.second_text(id).empty()) locals_[reference.slot + 1].reset();
      }
      visit(children[i]);
    }
  }

  const Ast& ast_;
  const Checked& checked_;
  const Declarations& declarations_;
  std::vector<std::optional<std::string>> locals_;  // by slot: the path it stands for
  std::set<std::string> paths_;
};

}  // namespace

std::vector<std::string> read_fields(const Ast& ast, const Checked& checked,
                                     const Declarations& declarations) {
  return PathReader(ast, checked, declarations).run();
}

}  // namespace rapport::expr
