#include "decide/pack/run_loops.h"

#include <fmt/core.h>

#include <map>
#include <string_view>

#include "decide/pack/walk.h"

namespace rapport::decide {
namespace {

struct Node {
  const WorkflowSpec* workflow = nullptr;
  std::vector<std::pair<size_t, const StepSpec*>> next;
};

std::vector<Node> connect(std::span<const WorkflowSpec* const> workflows) {
  std::map<std::string_view, size_t> numbers;
  std::vector<Node> nodes;
  for (const WorkflowSpec* workflow : workflows) {
    numbers.emplace(workflow->id, nodes.size());
    nodes.push_back({workflow, {}});
  }
  for (Node& node : nodes) {
    each_step(node.workflow->steps, [&](const StepSpec& step) {
      const auto found = numbers.find(step.workflow);
      if (step.kind == StepKind::kRun && found != numbers.end()) {
        node.next.emplace_back(found->second, &step);
      }
    });
  }
  return nodes;
}

// Goes down each way once, in the order of the workflows.
class LoopSearch {
 public:
  explicit LoopSearch(const std::vector<Node>& nodes)
      : nodes_(nodes), seen_(nodes.size()), depth_(nodes.size(), 0), told_(nodes.size()) {}

  std::vector<RunLoop> search() {
    for (size_t start = 0; start < nodes_.size(); start++) {
      if (!seen_[start]) go_down(start);
    }
    return std::move(loops_);
  }

 private:
  struct Stop {
    size_t node;
    size_t next = 0;  // of the node's ways
  };

  void enter(size_t node) {
    seen_[node] = true;
    way_.push_back({node});
    depth_[node] = way_.size();  // 0: not on the way
  }

  void go_down(size_t start) {
    enter(start);
    while (!way_.empty()) {
      Stop& at = way_.back();
      if (at.next == nodes_[at.node].next.size()) {
        depth_[at.node] = 0;
        way_.pop_back();
        continue;
      }
      const size_t to = nodes_[at.node].next[at.next++].first;
      if (!seen_[to]) {
        enter(to);
      } else if (depth_[to] != 0 && !told_[to] && !told_[at.node]) {
        tell(depth_[to] - 1);
      }
    }
  }

  // The way from this depth on closes a loop.
  void tell(size_t from) {
    RunLoop loop;
    for (size_t i = from; i < way_.size(); i++) {
      const Node& node = nodes_[way_[i].node];
      loop.workflows.push_back(node.workflow);
      loop.steps.push_back(node.next[way_[i].next - 1].second);
      told_[way_[i].node] = true;
    }
    loops_.push_back(std::move(loop));
  }

  const std::vector<Node>& nodes_;
  std::vector<bool> seen_;
  std::vector<size_t> depth_;
  std::vector<bool> told_;
  std::vector<Stop> way_;
  std::vector<RunLoop> loops_;
};

}  // namespace

std::string to_text(const RunLoop& loop) {
  std::string way;
  for (const WorkflowSpec* workflow : loop.workflows) way += workflow->id + " → ";
  const std::string& first = loop.workflows[0]->id;
  return fmt::format("workflow '{}' runs itself: {}{}; what comes again is a 'repeat'", first, way,
                     first);
}

std::vector<RunLoop> find_run_loops(std::span<const WorkflowSpec* const> workflows) {
  const std::vector<Node> nodes = connect(workflows);
  return LoopSearch(nodes).search();
}

}  // namespace rapport::decide
