#include "decide/pack/read_steps.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"
#include "decide/pack/action_table.h"
#include "decide/pack/read_timing.h"
#include "decide/pack/sections.h"

namespace rapport::decide {
namespace {

using Kind = YamlNode::Kind;

// In the order of StepKind.
constexpr std::string_view kKinds[] = {"do",     "wait", "branch", "split", "parallel",
                                       "repeat", "run",  "ask",    "end"};
// What a step that is not taken, or not in time, ends with.
constexpr std::string_view kTakenWords[] = {"done", "time", "skipped"};

class StepReader {
 public:
  explicit StepReader(PackFile& file) : file_(file) {}

  std::vector<StepSpec> read(const YamlNode& steps) {
    std::vector<StepSpec> made;
    if (steps.kind == Kind::kList) {
      file_.refuse(steps, "each step must stand under its id, in a mapping: ask: {do: […]}");
      return made;
    }
    if (steps.kind == Kind::kMap && steps.members.empty()) {
      file_.refuse(steps, "there must be a step, such as ask: {do: […]}");
    }
    for (const auto& [key, value] : steps.members) know(key);
    file_.entries(steps, "step", IdForm::kName, made,
                  [&](StepSpec& step, YamlFields& fields, const YamlNode& node) {
                    read_step(step, fields, node);
                  });
    return made;
  }

 private:
  void know(const YamlNode& key) {
    const Place here = file_.place(key);
    const auto [at, fresh] = known_.emplace(key.text, to_text(here));
    if (!fresh) {
      file_.refuse(key, fmt::format("'{}' is already a step of this workflow, at {}; give one of "
                                    "them another id",
                                    key.text, at->second));
    }
    if (known_.size() == kMostSteps + 1) {
      file_.refuse(key, fmt::format("more than {} steps; make a workflow of its own of some of "
                                    "them and take it with 'run'",
                                    kMostSteps));
    }
  }

  void read_step(StepSpec& step, YamlFields& fields, const YamlNode& node) {
    step.when = file_.condition(fields, "when");
    step.after = file_.wait(fields, "after");
    step.put_off = read_put_off(fields, file_);
    const std::string what = fmt::format("step '{}'", step.id);
    const YamlNode* given = nullptr;
    for (size_t i = 0; i < std::size(kKinds); i++) {
      const YamlNode* value = fields.take(kKinds[i]);
      if (value == nullptr) continue;
      if (given != nullptr) {
        file_.refuse(*value, fmt::format("{} is both '{}' and '{}'; make two steps of it", what,
                                         kKinds[static_cast<size_t>(step.kind)], kKinds[i]));
        continue;
      }
      given = value;
      step.kind = static_cast<StepKind>(i);
    }
    const bool meant = refuse_meant(fields, node);
    if (given != nullptr) return read_kind(step, *given);
    if (!meant) {
      file_.refuse(node, fmt::format("{} needs one of {}", what, fmt::join(kKinds, ", ")));
    }
  }

  // Words that other grammars have: told what is written here instead.
  bool refuse_meant(YamlFields& fields, const YamlNode& node) {
    bool found = false;
    for (const auto& [key, value] : node.members) {
      const std::string& word = key.text;
      const auto forms = action_forms();
      if (std::any_of(forms.begin(), forms.end(),
                      [&](const ActionForm& form) { return form.name == word; })) {
        file_.refuse(key, fmt::format("'{}' is an action; write do: [{{{}: …}}]", word, word));
      } else if (word == "go" || word == "goto" || word == "go_to" || word == "jump" ||
                 word == "next") {
        file_.refuse(key, fmt::format("there is no '{}': steps are taken as they stand; what comes "
                                      "again is a 'repeat', what is left out has a 'when'",
                                      word));
      } else if (word == "delay") {
        file_.refuse(key,
                     "there is no 'delay'; write 'after', counted from the start of the run, "
                     "or a step of its own with 'wait'");
      } else {
        continue;
      }
      fields.take(word);
      found = true;
    }
    return found;
  }

  void read_kind(StepSpec& step, const YamlNode& node) {
    switch (step.kind) {
      case StepKind::kDo:
        step.actions = read_actions(node, file_);
        return;
      case StepKind::kWait:
        return read_wait(step.wait, node);
      case StepKind::kBranch:
        return read_branch(step, node);
      case StepKind::kSplit:
        return read_split(step, node);
      case StepKind::kParallel:
        return read_parallel(step, node);
      case StepKind::kRepeat:
        return read_repeat(step, node);
      case StepKind::kRun:
        return read_run(step, node);
      case StepKind::kAsk:
        return read_ask(step.ask, node);
      case StepKind::kEnd:
        if (node.kind == Kind::kScalar && !trim(node.text).empty()) {
          step.reason = node.text;
        } else {
          file_.refuse(node, "'end' needs the reason, a text");
        }
    }
  }

  void read_wait(WaitSpec& wait, const YamlNode& node) {
    if (node.kind == Kind::kScalar) {
      const auto span = parse_span(node.text);
      if ((span && span->value > 0) || is_business_span(node.text)) {
        wait.span = node.text;
      } else {
        file_.refuse(node,
                     "'wait' must be a span such as 48h, 3d or 2 business hours, or a mapping "
                     "with for, until, on, when, at or hours");
      }
      return;
    }
    YamlFields fields(node, "'wait'", file_.document());
    if (node.kind != Kind::kMap) return;
    wait.span = file_.wait(fields, "for");
    wait.until = file_.value(fields, "until");
    wait.on = file_.events(fields, "on");
    wait.when = file_.condition(fields, "when");
    wait.put_off = read_put_off(fields, file_);
    wait.at_most = file_.wait(fields, "at_most");
    check_wait(fields, node);
    fields.finish();
  }

  void check_wait(YamlFields& fields, const YamlNode& node) {
    const bool heard = fields.take("on") != nullptr || fields.take("when") != nullptr;
    const bool put_off = fields.take("at") != nullptr || fields.take("hours") != nullptr;
    const size_t things = (fields.take("for") != nullptr ? 1 : 0) +
                          (fields.take("until") != nullptr ? 1 : 0) + (heard ? 1 : 0);
    if (things > 1) {
      file_.refuse(node,
                   "a wait is for one thing: 'for', 'until', or 'on' and 'when'; make two "
                   "steps of it, or write 'at_most'");
    } else if (things == 0 && !put_off) {
      file_.refuse(node, "'wait' needs one of for, until, on, when, at, hours");
    } else if (heard && put_off) {
      file_.refuse(node,
                   "'at' and 'hours' do not go with an event or a condition; put them on the "
                   "next step");
    }
    const YamlNode* at_most = fields.take("at_most");
    if (at_most != nullptr && !heard && things <= 1) {
      file_.refuse(*at_most, "'at_most' goes with 'on' or 'when': all else ends by itself");
    }
    const YamlNode* until = fields.take("until");
    if (until != nullptr && (until->kind != Kind::kScalar || !trim(until->text).starts_with('='))) {
      file_.refuse(*until,
                   "'until' must be a moment, such as \"= account.renewal_date\"; for a "
                   "span write 'for'");
    }
  }

  // `form(path, fields)` reads what a path has beside its steps.
  template <class Form>
  void read_paths(StepSpec& step, const YamlNode& node, size_t least, const Form& form) {
    file_.entries(node, "path", IdForm::kId, step.paths,
                  [&](PathSpec& path, YamlFields& fields, const YamlNode& inner) {
                    form(path, fields, inner);
                    read_path_steps(path, fields);
                  });
    if (node.kind != Kind::kMap || node.members.size() >= least) return;
    file_.refuse(node,
                 fmt::format("there must be at least {} {}", least, least == 1 ? "path" : "paths"));
  }

  void read_path_steps(PathSpec& path, YamlFields& fields) {
    if (const YamlNode* steps = fields.require("steps")) path.steps = read(*steps);
  }

  void read_branch(StepSpec& step, const YamlNode& node) {
    bool always = false;
    read_paths(step, node, 1, [&](PathSpec& path, YamlFields& fields, const YamlNode&) {
      path.when = file_.condition(fields, "when");
      if (always)
        refuse_at(path.place, node, "this path is never taken: the one before it has no 'when'");
      always |= fields.take("when") == nullptr;
    });
  }

  // At the key of a path, which is a member of `paths`.
  void refuse_at(const Place& place, const YamlNode& paths, std::string_view message) {
    for (const auto& [key, value] : paths.members) {
      const Place here = file_.place(key);
      if (here.line == place.line && here.column == place.column) file_.refuse(key, message);
    }
  }

  void read_split(StepSpec& step, const YamlNode& node) {
    double sum = 0;
    bool all = true;
    read_paths(step, node, 2, [&](PathSpec& path, YamlFields& fields, const YamlNode&) {
      fields.require("share");
      const auto share = file_.number(fields, "share", 0.01, 99.99);
      path.share = share.value_or(0);
      sum += path.share;
      all &= share.has_value();
    });
    if (!all || node.kind != Kind::kMap || step.paths.size() < 2) return;
    if (std::abs(sum - 100) > 1e-6) {
      file_.refuse(node, fmt::format("the shares make {}, not 100 percent", sum));
    }
  }

  void read_parallel(StepSpec& step, const YamlNode& node) {
    YamlFields fields(node, "'parallel'", file_.document());
    if (node.kind != Kind::kMap) return;
    step.first_ends = fields.choice("until", {"all", "any"}, 0) == 1;
    if (const YamlNode* paths = fields.require("paths")) {
      read_paths(step, *paths, 2, [](PathSpec&, YamlFields&, const YamlNode&) {});
    }
    fields.finish();
  }

  void read_repeat(StepSpec& step, const YamlNode& node) {
    YamlFields fields(node, "'repeat'", file_.document());
    if (node.kind != Kind::kMap) return;
    if (fields.take("times") == nullptr) {
      file_.refuse(node, "'repeat' needs 'times', how many turns it takes at most: 1 to 100");
    }
    step.times = fields.integer("times", 1, 100, 1);
    step.loop = file_.condition(fields, "while");
    PathSpec path;
    path.place = file_.place(node);
    read_path_steps(path, fields);
    step.paths.push_back(std::move(path));
    fields.finish();
  }

  void read_run(StepSpec& step, const YamlNode& node) {
    if (node.kind == Kind::kScalar) {
      if (file_.check_id(node, node.text, IdForm::kId)) step.workflow = node.text;
      return;
    }
    YamlFields fields(node, "'run'", file_.document());
    if (node.kind != Kind::kMap) return;
    step.workflow = file_.id(fields, "workflow");
    step.about = file_.id_or(fields, "about", "", IdForm::kName);
    fields.finish();
  }

  void read_ask(AskSpec& ask, const YamlNode& node) {
    YamlFields fields(node, "'ask'", file_.document());
    if (node.kind != Kind::kMap) return;
    const YamlNode* task = fields.take("task");
    const YamlNode* approval = fields.take("request_approval");
    if ((task == nullptr) == (approval == nullptr)) {
      file_.refuse(node, "'ask' takes exactly one of task, request_approval");
    } else {
      read_asked(ask, node, task != nullptr ? "task" : "request_approval");
    }
    ask.answers = file_.ids(fields, "answers");
    check_answers(ask, fields);
    ask.at_most = file_.wait(fields, "at_most");
    if (const YamlNode* list = fields.take("escalate"))
      ask.escalate = read_escalations(*list, file_);
    fields.finish();
  }

  void read_asked(AskSpec& ask, const YamlNode& node, std::string_view kind) {
    YamlNode action{.kind = Kind::kMap, .line = node.line, .column = node.column};
    for (const auto& member : node.members) {
      if (member.first.text == kind) action.members.push_back(member);
    }
    YamlNode list{.kind = Kind::kList, .line = node.line, .column = node.column};
    list.items.push_back(std::move(action));
    auto actions = read_actions(list, file_);
    if (!actions.empty()) ask.action = std::move(actions.front());
  }

  void check_answers(const AskSpec& ask, YamlFields& fields) {
    const YamlNode* answers = fields.take("answers");
    if (answers == nullptr) return;
    if (fields.take("task") == nullptr) {
      file_.refuse(*answers, "'answers' go with a task; an approval is approved or rejected");
    } else if (ask.answers.size() < 2) {
      file_.refuse(*answers, "'answers' must be two at least; without them the task is just done");
    }
    for (const std::string& answer : ask.answers) {
      if (std::find(std::begin(kTakenWords), std::end(kTakenWords), answer) ==
          std::end(kTakenWords)) {
        continue;
      }
      file_.refuse(*answers, fmt::format("an answer cannot be called '{}': that is an outcome of "
                                         "its own; take another word",
                                         answer));
    }
  }

  PackFile& file_;
  std::map<std::string, std::string> known_;  // step → place
};

}  // namespace

std::vector<StepSpec> read_steps(const YamlNode& steps, PackFile& file) {
  return StepReader(file).read(steps);
}

TriggerSpec read_trigger(YamlFields& fields, const YamlNode& node, std::string_view what,
                         PackFile& file) {
  TriggerSpec made;
  made.place = file.place(node);
  made.on = file.events(fields, "on");
  made.when = file.condition(fields, "when");
  if (fields.take("on") == nullptr && fields.take("when") == nullptr) {
    file.refuse(node, fmt::format("{} needs 'on', an event, or 'when', a condition", what));
  }
  return made;
}

}  // namespace rapport::decide
