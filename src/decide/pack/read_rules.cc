// rules and approvals.
#include <fmt/core.h>

#include <algorithm>

#include "decide/pack/sections.h"

namespace rapport::decide {
namespace {

void read_rule(RuleSpec& rule, YamlFields& fields, const YamlNode& node, PackFile& file) {
  rule.on = file.events(fields, "on");
  if (fields.take("on") == nullptr) {
    file.refuse(node, fmt::format("rule '{}' needs 'on', the events it looks at", rule.id));
  }
  rule.when = file.condition(fields, "when");
  rule.priority = fields.integer("priority", -1'000'000, 1'000'000, rule.priority);
  rule.once_per = file.id_or(fields, "once_per", rule.once_per, IdForm::kName);
  rule.cooldown = file.span(fields, "cooldown");
  rule.debounce = file.span(fields, "debounce");
  rule.changed = file.ids(fields, "changed", IdForm::kName);
  const YamlNode* changed = fields.take("changed");
  const bool of_change = std::any_of(rule.on.begin(), rule.on.end(), [](const std::string& event) {
    return event.ends_with(".changed");
  });
  if (changed != nullptr && !of_change) {
    file.refuse(*changed, "'changed' goes with an event <object>.changed under 'on'");
  }
  const YamlNode* actions = fields.take("do");
  if (actions == nullptr) {
    file.refuse(node, fmt::format("rule '{}' needs 'do', a list of actions", rule.id));
    return;
  }
  rule.actions = read_actions(*actions, file);
}

std::vector<std::string> read_by(const YamlNode& node, PackFile& file) {
  YamlFields fields(node, "'by'", file.document());
  fields.require("role");
  std::vector<std::string> roles = file.ids(fields, "role");
  fields.finish();
  return roles;
}

void read_level(ApprovalSpec& approval, const YamlNode& node, PackFile& file) {
  YamlFields fields(node, "a level", file.document());
  if (node.kind != YamlNode::Kind::kMap) return;
  ApprovalLevel level;
  level.place = file.place(node);
  level.reject = fields.flag("reject", false);
  const YamlNode* number = fields.take("level");
  if (level.reject == (number != nullptr)) {
    file.refuse(node, "a level needs one of 'level' and 'reject: true'");
  }
  level.level = fields.integer("level", 1, 1000, 0);
  level.when = file.condition(fields, "when");
  level.says = fields.text_or("says", "");
  level.wait = file.wait(fields, "wait");
  const YamlNode* by = fields.take("by");
  if (by != nullptr) level.roles = read_by(*by, file);
  if (level.reject != (by == nullptr)) {
    file.refuse(node, level.reject ? "what is rejected is decided by nobody; leave out 'by'"
                                   : "a level needs 'by', the roles that may approve");
  }
  const bool twice = std::any_of(
      approval.levels.begin(), approval.levels.end(),
      [&](const ApprovalLevel& other) { return !level.reject && other.level == level.level; });
  if (twice && number != nullptr) {
    file.refuse(*number, fmt::format("level {} is there twice", level.level));
  }
  if (!approval.levels.empty() && approval.levels.back().when.empty()) {
    file.refuse(node, "this level is never looked at: the one before it has no 'when'");
  }
  fields.finish();
  approval.levels.push_back(std::move(level));
}

}  // namespace

void read_rules(const YamlNode& section, PackFile& file, PackSpec& pack) {
  file.entries(section, "rule", IdForm::kId, pack.rules,
               [&](RuleSpec& rule, YamlFields& fields, const YamlNode& node) {
                 read_rule(rule, fields, node, file);
               });
}

void read_approvals(const YamlNode& section, PackFile& file, PackSpec& pack) {
  file.entries(section, "approval", IdForm::kId, pack.approvals,
               [&](ApprovalSpec& approval, YamlFields& fields, const YamlNode& node) {
                 approval.of = file.id(fields, "of", IdForm::kName);
                 const YamlNode* levels = fields.take("levels");
                 const bool list = levels != nullptr && levels->kind == YamlNode::Kind::kList;
                 if (!list || levels->items.empty()) {
                   file.refuse(node,
                               fmt::format("approval '{}' needs 'levels', a list", approval.id));
                   return;
                 }
                 for (const YamlNode& item : levels->items) read_level(approval, item, file);
               });
}

}  // namespace rapport::decide
