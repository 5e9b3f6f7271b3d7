// Rules that trigger each other for ever.
#include <fmt/core.h>

#include <algorithm>
#include <deque>
#include <optional>

#include "decide/pack/consequences.h"
#include "decide/pack/walk.h"

namespace rapport::decide {
namespace {

constexpr size_t kMostLoops = 20;   // told at once
constexpr size_t kMostValues = 20;  // of one field that are looked at

struct Node {
  const RuleSpec* rule = nullptr;
  std::vector<Write> writes;
  std::set<std::string> effects;  // and all that follows
  std::vector<uint32_t> next;     // the rules that it may trigger
  bool repeats = false;           // may change something each time
};

// The first of the rule's events that the effects hold; of changes only those it looks at.
std::optional<std::string> triggers(const std::set<std::string>& effects, const RuleSpec& rule) {
  for (const std::string& event : rule.on) {
    if (effects.count("@" + event) == 0) continue;
    if (!event.ends_with(".changed") || rule.changed.empty()) return event;
    const std::string object = event.substr(0, event.size() - std::string(".changed").size());
    for (const std::string& field : rule.changed) {
      if (effects.count(object + "." + field) != 0) return event;
    }
  }
  return std::nullopt;
}

bool acts_once(const RuleSpec& rule) {
  return rule.once_per != "event" || rule.cooldown.value > 0;
}

class LoopFinder {
 public:
  explicit LoopFinder(Findings& findings) : findings_(findings) {}

  void find() {
    collect();
    connect();
    for (size_t start = 0; start < nodes_.size() && loops_ < kMostLoops; start++) {
      if (nodes_[start].repeats) tell_new(path(start, start));
    }
    find_undone();
  }

 private:
  void collect() {
    const Consequences consequences(findings_.packs(), findings_.names);
    for (const PackSpec& pack : findings_.packs()) {
      for (const RuleSpec& rule : pack.rules) {
        if (acts_once(rule)) continue;
        Node node;
        node.rule = &rule;
        for (const ActionSpec& action : rule.actions) {
          node.effects.merge(events_of(action, findings_.names));
          node.repeats |= repeats(action);
          for (Write& write : writes_of(action)) node.writes.push_back(std::move(write));
        }
        for (const Write& write : node.writes) node.effects.insert(write.field);
        consequences.close(node.effects);
        nodes_.push_back(std::move(node));
      }
    }
  }

  void connect() {
    std::map<std::string, std::vector<size_t>> listeners;  // event → rules, ascending
    for (size_t i = 0; i < nodes_.size(); i++) {
      for (const std::string& event : nodes_[i].rule->on) listeners["@" + event].push_back(i);
    }
    for (Node& node : nodes_) {
      std::set<size_t> reached;
      for (const std::string& effect : node.effects) {
        const auto found = listeners.find(effect);
        if (found != listeners.end()) reached.insert(found->second.begin(), found->second.end());
      }
      for (const size_t to : reached) {
        if (triggers(node.effects, *nodes_[to].rule)) {
          node.next.push_back(static_cast<uint32_t>(to));
        }
      }
    }
  }

  // Values that are settled by themselves are not when another rule of the loop undoes them.
  void find_undone() {
    std::map<std::string, std::vector<std::pair<const Json*, size_t>>> values;  // of each field
    for (size_t i = 0; i < nodes_.size(); i++) {
      for (const Write& write : nodes_[i].writes) {
        if (write.settled.is_null()) continue;
        auto& known = values[write.field];
        const bool fresh = std::none_of(known.begin(), known.end(), [&](const auto& value) {
          return *value.first == write.settled;
        });
        if (fresh && known.size() < kMostValues) known.emplace_back(&write.settled, i);
      }
    }
    for (const auto& [field, known] : values) {
      for (size_t i = 1; i < known.size() && loops_ < kMostLoops; i++) {
        const size_t one = known[i - 1].second;
        const size_t other = known[i].second;
        if (one != other) tell_new(joined(path(one, other), path(other, one)));
      }
    }
  }

  // From one rule to another and, when they are the same, around: without the last. Empty: no way.
  std::vector<size_t> path(size_t start, size_t end) const {
    std::vector<size_t> from(nodes_.size(), nodes_.size());
    std::deque<size_t> open = {start};
    while (!open.empty()) {
      const size_t at = open.front();
      open.pop_front();
      for (const size_t to : nodes_[at].next) {
        if (to == end) return path_to(at, start, from);
        if (to == start || from[to] != nodes_.size()) continue;
        from[to] = at;
        open.push_back(to);
      }
    }
    return {};
  }

  static std::vector<size_t> joined(std::vector<size_t> there, const std::vector<size_t>& back) {
    if (there.empty() || back.empty()) return {};
    there.insert(there.end(), back.begin(), back.end());
    return there;
  }

  static std::vector<size_t> path_to(size_t at, size_t start, const std::vector<size_t>& from) {
    std::vector<size_t> path = {at};
    while (at != start) {
      at = from[at];
      path.push_back(at);
    }
    std::reverse(path.begin(), path.end());
    return path;
  }

  // A condition of one of them reads what the loop itself changes, so that it can come to rest.
  bool is_guarded(const std::vector<size_t>& loop) const {
    for (const size_t index : loop) {
      for (const std::string& field : field_names(nodes_[index].rule->when)) {
        const bool changed = std::any_of(loop.begin(), loop.end(), [&](size_t other) {
          return nodes_[other].effects.count(field) != 0;
        });
        if (changed) return true;
      }
    }
    return false;
  }

  // Tells of a loop that comes to no rest, unless all its rules have been told of.
  void tell_new(const std::vector<size_t>& loop) {
    const bool known =
        std::all_of(loop.begin(), loop.end(), [&](size_t rule) { return told_.count(rule) != 0; });
    if (known || is_guarded(loop)) return;
    told_.insert(loop.begin(), loop.end());
    loops_++;
    tell(loop);
  }

  void tell(const std::vector<size_t>& loop) {
    std::string way = nodes_[loop[0]].rule->id;
    for (size_t i = 0; i < loop.size(); i++) {
      const size_t to = loop[(i + 1) % loop.size()];
      const auto event = triggers(nodes_[loop[i]].effects, *nodes_[to].rule);
      way += fmt::format(" → {} → {}", event.value_or(""), nodes_[to].rule->id);
    }
    findings_.error("endless-rules", nodes_[loop[0]].rule->place,
                    fmt::format("{} for ever: {}; give one of them 'once_per' or 'cooldown', or a "
                                "'when' that what they write makes false",
                                loop.size() == 1 ? "this rule triggers itself"
                                                 : "these rules trigger each other",
                                way));
  }

  Findings& findings_;
  std::vector<Node> nodes_;
  std::set<size_t> told_;
  size_t loops_ = 0;
};

}  // namespace

void check_loops(Findings& findings) {
  LoopFinder(findings).find();
}

}  // namespace rapport::decide
