#include "decide/pack/run_loops.h"

#include <fmt/core.h>

#include <deque>
#include <map>
#include <set>
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

// The shortest way from a node back to it; empty: none.
RunLoop loop_through(const std::vector<Node>& nodes, size_t start) {
  struct From {
    size_t node;
    const StepSpec* step;
  };
  std::map<size_t, From> from;
  std::deque<size_t> open = {start};
  while (!open.empty()) {
    const size_t at = open.front();
    open.pop_front();
    for (const auto& [to, step] : nodes[at].next) {
      if (!from.emplace(to, From{at, step}).second) continue;
      if (to != start) {
        open.push_back(to);
        continue;
      }
      RunLoop loop;
      size_t back = start;
      do {
        const From& one = from.at(back);
        loop.workflows.insert(loop.workflows.begin(), nodes[one.node].workflow);
        loop.steps.insert(loop.steps.begin(), one.step);
        back = one.node;
      } while (back != start);
      return loop;
    }
  }
  return {};
}

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
  std::vector<RunLoop> loops;
  std::set<const WorkflowSpec*> told;
  for (size_t i = 0; i < nodes.size(); i++) {
    if (told.count(nodes[i].workflow) != 0) continue;
    RunLoop loop = loop_through(nodes, i);
    if (loop.workflows.empty()) continue;
    told.insert(loop.workflows.begin(), loop.workflows.end());
    loops.push_back(std::move(loop));
  }
  return loops;
}

}  // namespace rapport::decide
