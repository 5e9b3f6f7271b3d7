#include "decide/pack/action_table.h"

#include <array>

namespace rapport::decide {
namespace {

using enum ArgumentKind;
using enum ActionShape;
constexpr Need kMust = Need::kRequired;

constexpr ArgumentForm kAlert[] = {
    {"type", kId, kMust}, {"severity", kSeverity}, {"text", kText}, {"about", kObject}};
constexpr ArgumentForm kAssign[] = {
    {"team", kText}, {"user", kText}, {"route", kId}, {"owner_of", kObject}};
constexpr ArgumentForm kCompleteTask[] = {{"about", kObject, kMust}, {"purpose", kId, kMust}};
constexpr ArgumentForm kCompleteStep[] = {
    {"program", kId, kMust}, {"about", kObject}, {"step", kText, kMust}};
constexpr ArgumentForm kCreate[] = {
    {"object", kObject, kMust}, {"key", kText}, {"set", kSetting}, {"belongs_to", kReferring}};
constexpr ArgumentForm kWorkflow[] = {{"workflow", kId, kMust}, {"about", kObject}};
constexpr ArgumentForm kEscalate[] = {{"to", kReceiver}, {"reason", kText}};
constexpr ArgumentForm kMove[] = {
    {"lifecycle", kId, kMust}, {"to", kId, kMust}, {"reason", kText}, {"only", kForward}};
constexpr ArgumentForm kNote[] = {
    {"on", kObject, kMust}, {"text", kText, kMust}, {"private", kFlag}};
constexpr ArgumentForm kNotify[] = {
    {"to", kReceiver, kMust}, {"text", kText, kMust}, {"urgent", kFlag}};
constexpr ArgumentForm kApproval[] = {{"approval", kId, kMust}};
constexpr ArgumentForm kSend[] = {{"template", kId, kMust},
                                  {"to", kObject, kMust},
                                  {"channel", kText},
                                  {"text", kText},
                                  {"with", kSetting}};
constexpr ArgumentForm kStartSla[] = {{"policy", kId, kMust}, {"of", kObject}};
constexpr ArgumentForm kSla[] = {{"policy", kId}, {"of", kObject}};
constexpr ArgumentForm kProgram[] = {{"program", kId, kMust}, {"about", kObject}};
constexpr ArgumentForm kTask[] = {
    {"subject", kText, kMust}, {"about", kObject}, {"due", kSpan}, {"priority", kText},
    {"to", kReceiver},         {"purpose", kId},   {"body", kText}};
constexpr ArgumentForm kUpdate[] = {
    {"object", kObject, kMust}, {"id", kText}, {"key", kText}, {"set", kSetting, kMust}};
constexpr ArgumentForm kWebhook[] = {{"to", kId, kMust}, {"body", kTree}};

constexpr std::array<ActionForm, 30> kForms = {{
    {"add", kFieldValues},
    {"alert", kArguments, kAlert},
    {"assign", kPerObject, kAssign},
    {"complete_step", kArguments, kCompleteStep},
    {"complete_task", kArguments, kCompleteTask},
    {"create", kArguments, kCreate},
    {"enrol", kArguments, kWorkflow},
    {"escalate", kPerObject, kEscalate},
    {"estimate", kFieldValues},
    {"exit", kArguments, kWorkflow},
    {"link", kFieldValues},
    {"move", kArguments, kMove},
    {"note", kArguments, kNote},
    {"notify", kArguments, kNotify},
    {"pause_sla", kArguments, kSla},
    {"raise", kFieldValues},
    {"recompute", kFieldLists},
    {"request_approval", kArguments, kApproval},
    {"resume_sla", kArguments, kSla},
    {"send", kArguments, kSend},
    {"set", kFieldValues},
    {"start_program", kArguments, kProgram},
    {"start_sla", kArguments, kStartSla},
    {"stop_sla", kArguments, kSla},
    {"tag", kFieldLists},
    {"take", kFieldLists},
    {"task", kArguments, kTask},
    {"untag", kFieldLists},
    {"update", kArguments, kUpdate},
    {"webhook", kArguments, kWebhook},
}};

}  // namespace

std::span<const ActionForm> action_forms() {
  return kForms;
}

std::span<const ArgumentForm> receiver_forms() {
  static constexpr ArgumentForm kForms[] = {
      {"team", kText}, {"role", kText}, {"user", kText}, {"owner_of", kObject}};
  return kForms;
}

}  // namespace rapport::decide
