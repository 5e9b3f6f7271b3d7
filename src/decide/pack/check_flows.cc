// Workflows, schedules and messages of packs side by side: names that nothing declares, waits that
// may stand for ever, messages that lack what they need.
#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "base/yaml_fields.h"
#include "decide/pack/findings_parts.h"
#include "decide/pack/run_loops.h"
#include "decide/pack/template_names.h"
#include "decide/pack/walk.h"

namespace rapport::decide {
namespace {

// Every template has these.
constexpr std::string_view kGivenVariables[] = {"unsubscribe_link", "survey_link", "answer_links",
                                                "workspace_name"};

// Others are provided by connections.
constexpr std::string_view kOwnChannels[] = {"email",    "in_app",  "sms",
                                             "whatsapp", "webhook", "document"};

class FlowCheck {
 public:
  explicit FlowCheck(Findings& findings) : findings_(findings), names_(findings.names) {
    for (const PackSpec& pack : findings.packs()) {
      for (const WorkflowSpec& workflow : pack.workflows) workflows_.push_back(&workflow);
      for (const TemplateSpec& made : pack.templates) templates_.emplace(made.id, &made);
    }
  }

  void check() {
    for (const PackSpec& pack : findings_.packs()) {
      each_action(pack, [&](const ActionSpec& action, const Entry&) { note(action); });
    }
    for (const WorkflowSpec* workflow : workflows_) check_workflow(*workflow);
    check_loops_between();
    check_started();
    for (const auto& [id, made] : templates_) check_template(*made);
    for (const PackSpec& pack : findings_.packs()) {
      for (const MessagingSpec& kind : pack.messaging) check_kind(kind);
    }
  }

 private:
  void note(const ActionSpec& action) {
    if (action.kind == "enrol") started_.insert(action.text("workflow"));
    if (action.kind != "send") return;
    const std::string id = action.text("template");
    sent_.insert(id);
    const auto found = templates_.find(id);
    if (found != templates_.end()) check_send(action, *found->second);
  }

  void check_send(const ActionSpec& action, const TemplateSpec& made) {
    const std::vector<std::string> missing = missing_from(action, made);
    if (!missing.empty()) {
      findings_.error("missing-variable", action.place, text_of_missing(action, missing));
    }
    const std::string channel = action.text("channel");
    check_channel(channel, action.place);
    const bool document = made.channel == "document";
    if (!channel.empty() && (channel == "document") != document) {
      findings_.error("wrong-template", action.place,
                      fmt::format("template '{}' is {}; send it by '{}'", made.id,
                                  document ? "a document" : "no document", made.channel));
    }
    for (const auto& [name, value] : action.under("with")) check_given(action, made, name, *value);
  }

  void check_given(const ActionSpec& action, const TemplateSpec& made, const std::string& name,
                   const ValueSpec& value) {
    if (action.find("text") != nullptr) return;
    std::vector<std::string> known;
    for (const VariableSpec& variable : made.variables) known.push_back(variable.id);
    for (const auto& [shared, declared] : names_.sections["variables"]) known.push_back(shared);
    if (std::find(known.begin(), known.end(), name) != known.end()) return;
    findings_.warning("missing-variable", value.place,
                      fmt::format("template '{}' has no variable '{}'{}", made.id, name,
                                  suggestion(name, known)));
  }

  void check_kind(const MessagingSpec& kind) {
    for (const QuietHours& quiet : kind.quiet_hours) {
      for (const std::string& channel : quiet.channels) check_channel(channel, kind.place);
    }
    for (const CapSpec& cap : kind.caps) check_channel(cap.channel, kind.place);
  }

  // A channel may come with a connection, so only what is nearly one of ours is told.
  void check_channel(const std::string& channel, const Place& place) {
    const std::vector<std::string> own(std::begin(kOwnChannels), std::end(kOwnChannels));
    if (channel.empty() || std::find(own.begin(), own.end(), channel) != own.end()) return;
    const std::string near = suggestion(channel, own);
    if (near.empty()) return;
    findings_.warning(
        "outside-channel", place,
        fmt::format("'{}' is taken for a channel that a connection provides{}", channel, near));
  }

  void check_workflow(const WorkflowSpec& workflow) {
    const bool has_way_out = workflow.goal || !workflow.exits.empty();
    check_steps(workflow, workflow.steps, has_way_out);
  }

  void check_steps(const WorkflowSpec& workflow, const std::vector<StepSpec>& steps,
                   bool has_way_out) {
    for (const StepSpec& step : steps) {
      check_step(workflow, step, has_way_out);
      const bool other = step.kind == StepKind::kParallel && step.first_ends;
      for (const PathSpec& path : step.paths) {
        check_steps(workflow, path.steps, has_way_out || other);
      }
    }
  }

  void check_step(const WorkflowSpec& workflow, const StepSpec& step, bool has_way_out) {
    const bool waits = step.kind == StepKind::kWait && step.wait.at_most.empty() &&
                       (!step.wait.on.empty() || !step.wait.when.empty());
    const bool asks = step.kind == StepKind::kAsk && step.ask.at_most.empty();
    if ((waits || asks) && !has_way_out) {
      findings_.warning("endless-wait", step.place,
                        fmt::format("step '{}' may {} for ever; give it 'at_most', or the workflow "
                                    "an exit",
                                    step.id, waits ? "wait" : "stand open"));
    }
    if (step.kind != StepKind::kRun) return;
    started_.insert(step.workflow);
    const std::string about = step.about.empty() ? workflow.of : step.about;
    for (const WorkflowSpec* other : workflows_) {
      if (other->id != step.workflow || other->of == about) continue;
      findings_.error("wrong-object", step.place,
                      fmt::format("workflow '{}' is about {}, not {}; write about: {}", other->id,
                                  other->of, about, other->of));
    }
  }

  // Those within one pack are refused when it is read.
  void check_loops_between() {
    for (const RunLoop& loop : find_run_loops(workflows_)) {
      const std::string& pack = loop.workflows[0]->pack;
      const bool several =
          std::any_of(loop.workflows.begin(), loop.workflows.end(),
                      [&](const auto* workflow) { return workflow->pack != pack; });
      if (several) findings_.error("endless-workflows", loop.steps[0]->place, to_text(loop));
    }
  }

  void check_started() {
    for (const WorkflowSpec* workflow : workflows_) {
      if (!workflow->starts.empty() || started_.count(workflow->id) != 0) continue;
      findings_.warning("never-started", workflow->place,
                        fmt::format("nothing starts workflow '{}': it has no 'starts', and no "
                                    "action enrols in it",
                                    workflow->id));
    }
  }

  void check_template(const TemplateSpec& made) {
    check_channel(made.channel, made.place);
    std::vector<std::string> known(std::begin(kGivenVariables), std::end(kGivenVariables));
    for (const VariableSpec& variable : made.variables) known.push_back(variable.id);
    for (const auto& [name, declared] : names_.sections["variables"]) known.push_back(name);
    bool has_link = false;
    for (const TemplateName& used : outer_names(made)) {
      has_link |= used.name == "survey_link" || used.name == "answer_links";
      if (std::find(known.begin(), known.end(), used.name) != known.end()) continue;
      findings_.error("unknown-variable", used.place,
                      fmt::format("nothing declares the variable '{}'{}; declare it under "
                                  "'variables' of the template or of a pack",
                                  used.name, suggestion(used.name, known)));
    }
    if (!made.survey.empty() && !has_link) {
      findings_.error("wrong-template", made.place,
                      fmt::format("template '{}' asks survey '{}', yet no text has "
                                  "{{{{survey_link}}}} or {{{{#answer_links}}}}",
                                  made.id, made.survey));
    }
    check_attached(made);
    if (sent_.count(made.id) != 0 || is_attached(made.id)) return;
    findings_.warning("unused-template", made.place,
                      fmt::format("no action sends template '{}'", made.id));
  }

  bool is_attached(const std::string& id) const {
    for (const auto& [other, made] : templates_) {
      for (const AttachmentSpec& attachment : made->attachments) {
        if (attachment.document == id) return true;
      }
    }
    return false;
  }

  void check_attached(const TemplateSpec& made) {
    for (const AttachmentSpec& attachment : made.attachments) {
      const auto found = templates_.find(attachment.document);
      if (found == templates_.end() || found->second->channel == "document") continue;
      findings_.error("wrong-template", attachment.place,
                      fmt::format("template '{}' is of channel {}; what is attached is a document",
                                  found->first, found->second->channel));
    }
  }

  Findings& findings_;
  Names& names_;
  std::vector<const WorkflowSpec*> workflows_;
  std::map<std::string, const TemplateSpec*> templates_;
  std::set<std::string> started_, sent_;
};

}  // namespace

void check_flows(Findings& findings) {
  FlowCheck(findings).check();
}

}  // namespace rapport::decide
