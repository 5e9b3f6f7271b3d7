#include "decide/pack/outcomes.h"

#include <algorithm>
#include <map>

#include "expr/parser.h"

namespace rapport::decide {
namespace {

using expr::Ast;
using expr::NodeId;
using expr::NodeKind;

bool is_outcome(const Ast& ast, NodeId node) {
  if (ast.kind(node) != NodeKind::kSelect) return false;
  const NodeId of = ast.child(node, 0);
  return ast.kind(of) == NodeKind::kName && ast.text(of) == "outcome";
}

// The texts that a node is, or holds as a list.
std::vector<std::string> texts_of(const Ast& ast, NodeId node) {
  std::vector<std::string> texts;
  if (ast.kind(node) == NodeKind::kString) texts.emplace_back(ast.text(node));
  if (ast.kind(node) != NodeKind::kList) return texts;
  for (const NodeId item : ast.children(node)) {
    if (ast.kind(item) == NodeKind::kString) texts.emplace_back(ast.text(item));
  }
  return texts;
}

// What each `outcome.<step>` is compared with, by its node.
std::map<NodeId, std::vector<std::string>> compared(const Ast& ast) {
  std::map<NodeId, std::vector<std::string>> words;
  for (NodeId node = 0; node < ast.size(); node++) {
    if (ast.kind(node) != NodeKind::kCall || ast.children(node).size() != 2) continue;
    const std::string_view name = ast.text(node);
    if (name != "_==_" && name != "_!=_" && name != "@in") continue;
    const NodeId left = ast.child(node, 0);
    const NodeId right = ast.child(node, 1);
    if (is_outcome(ast, left)) words[left] = texts_of(ast, right);
    if (name != "@in" && is_outcome(ast, right)) words[right] = texts_of(ast, left);
  }
  return words;
}

std::vector<std::string> path_ids(const StepSpec& step) {
  std::vector<std::string> ids;
  for (const PathSpec& path : step.paths) ids.push_back(path.id);
  return ids;
}

std::vector<std::string> outcomes_of_wait(const WaitSpec& wait) {
  if (!wait.until.formula.empty()) return {"time", "unknown"};
  std::vector<std::string> words;
  if (!wait.on.empty()) words.emplace_back("event");
  if (wait.on.empty() && !wait.when.empty()) words.emplace_back("held");
  if (words.empty() || !wait.at_most.empty()) words.emplace_back("time");
  return words;
}

std::vector<std::string> outcomes_of_ask(const AskSpec& ask) {
  std::vector<std::string> words = ask.answers;
  if (ask.action.kind == "request_approval") {
    words = {"approved", "rejected"};
  } else {
    words.emplace_back("done");
  }
  if (!ask.at_most.empty()) words.emplace_back("time");
  return words;
}

std::vector<std::string> outcomes_of_kind(const StepSpec& step) {
  std::vector<std::string> words;
  switch (step.kind) {
    case StepKind::kDo:
      return {"done"};
    case StepKind::kWait:
      return outcomes_of_wait(step.wait);
    case StepKind::kBranch:
      words = path_ids(step);
      if (!step.paths.back().when.empty()) words.emplace_back("none");
      return words;
    case StepKind::kSplit:
      return path_ids(step);
    case StepKind::kParallel:
      return step.first_ends ? path_ids(step) : std::vector<std::string>{"all"};
    case StepKind::kRepeat:
      return {"times", "while"};
    case StepKind::kRun:
      return {"finished", "reached", "exited", "refused", "held_out"};
    case StepKind::kAsk:
      return outcomes_of_ask(step.ask);
    case StepKind::kEnd:
      return words;
  }
  return words;
}

}  // namespace

std::vector<std::string> outcomes_of(const StepSpec& step) {
  std::vector<std::string> words = outcomes_of_kind(step);
  if (!step.when.empty()) words.emplace_back("skipped");
  return words;
}

std::vector<OutcomeUse> outcomes_used(const Formula& formula) {
  std::vector<OutcomeUse> uses;
  const expr::Parsed parsed = expr::parse(formula.text);
  if (!parsed.ok()) return uses;
  const Ast& ast = parsed.ast;
  const auto words = compared(ast);
  for (NodeId node = 0; node < ast.size(); node++) {
    if (!is_outcome(ast, node)) continue;
    const expr::Position at = expr::position_of(ast.source(), ast.node(node).begin);
    OutcomeUse use{
        .step = std::string(ast.text(node)),
        .word = {},
        .place = formula.place_at(static_cast<int>(at.line), static_cast<int>(at.column))};
    const auto found = words.find(node);
    if (found == words.end() || found->second.empty()) {
      uses.push_back(std::move(use));
      continue;
    }
    for (const std::string& word : found->second) {
      use.word = word;
      uses.push_back(use);
    }
  }
  return uses;
}

}  // namespace rapport::decide
