#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"
#include "decide/pack/action_table.h"
#include "decide/pack/sections.h"

namespace rapport::decide {
namespace {

using Kind = YamlNode::Kind;

bool is_expression(const YamlNode& node) {
  return node.kind == Kind::kScalar && trim(node.text).starts_with('=');
}

class ActionReader {
 public:
  ActionReader(const ActionForm& form, ActionSpec& action, PackFile& file)
      : form_(form), action_(action), file_(file) {}

  void read(const YamlNode& node) {
    const std::string what = fmt::format("'{}'", form_.name);
    if (form_.shape == ActionShape::kArguments) return read_arguments(node, what, "");
    if (node.kind != Kind::kMap || node.members.empty()) {
      const bool fields = form_.shape == ActionShape::kFieldValues;
      file_.refuse(node, fmt::format("{} needs {} under it", what,
                                     fields ? "<object>.<field>: value" : "an object"));
      return;
    }
    for (const auto& [key, value] : node.members) read_target(key, value);
  }

 private:
  void read_target(const YamlNode& key, const YamlNode& value) {
    if (form_.shape == ActionShape::kFieldValues) {
      if (is_field(key)) add_field_value(key.text, value);
      return;
    }
    if (!file_.check_id(key, key.text, IdForm::kName)) return;
    if (form_.shape == ActionShape::kFieldLists) {
      add_names(key.text, value);
    } else {
      read_arguments(value, fmt::format("'{}'", form_.name), key.text + ".");
    }
  }

  bool is_field(const YamlNode& key) {
    const std::vector<std::string_view> parts = split(key.text, '.');
    if (parts.size() == 2 && has_form(parts[0], IdForm::kName) &&
        has_form(parts[1], IdForm::kName)) {
      return true;
    }
    file_.refuse(
        key, fmt::format("'{}' must be a field of an object, such as ticket.priority", key.text));
    return false;
  }

  void add_field_value(const std::string& path, const YamlNode& value) {
    if (value.kind == Kind::kNull && form_.name != "set") {
      file_.refuse(value,
                   fmt::format("'{}' needs a value; only 'set' removes with null", form_.name));
    }
    add_value(path, value);
  }

  void add_names(const std::string& path, const YamlNode& value) {
    std::vector<const YamlNode*> names;
    if (value.kind == Kind::kScalar) names.push_back(&value);
    for (const YamlNode& item : value.items) names.push_back(&item);
    if (names.empty()) {
      file_.refuse(value, fmt::format("'{}' needs a list of names for '{}'", form_.name, path));
    }
    size_t index = 0;
    for (const YamlNode* name : names) {
      const bool tag = form_.name == "tag" || form_.name == "untag";
      const bool fine = name->kind == Kind::kScalar &&
                        (tag || is_expression(*name) || has_form(name->text, IdForm::kName));
      if (!fine || (is_expression(*name) && !tag)) {
        file_.refuse(*name, fmt::format("'{}' must be the name of a field", name->text));
        continue;
      }
      add_value(fmt::format("{}.{}", path, index++), *name);
    }
  }

  void read_arguments(const YamlNode& node, const std::string& what, const std::string& prefix) {
    const size_t errors = file_.document().errors.size();
    YamlFields fields(node, what, file_.document());
    if (node.kind != Kind::kMap) return;
    for (const ArgumentForm& form : form_.arguments) {
      const bool must = form.need == Need::kRequired;
      const YamlNode* value = must ? fields.require(form.name) : fields.take(form.name);
      if (value != nullptr) read_argument(form, *value, prefix + std::string(form.name));
    }
    fields.finish();
    if (file_.document().errors.size() == errors) check_choice(node);
  }

  // What of several arguments there must be.
  void check_choice(const YamlNode& node) {
    const bool sla = form_.name.ends_with("_sla") && form_.name != "start_sla";
    if (sla && node.members.empty()) {
      file_.refuse(node, fmt::format("'{}' needs 'policy' or 'of'", form_.name));
    }
    if (form_.name == "assign") expect_one(form_.arguments, node, "assign");
    if (form_.name == "update") expect_one(form_.arguments.subspan(1, 2), node, "update");
  }

  void expect_one(std::span<const ArgumentForm> forms, const YamlNode& node,
                  std::string_view what) {
    size_t found = 0;
    std::vector<std::string_view> names;
    for (const ArgumentForm& form : forms) {
      names.push_back(form.name);
      found += node.find(form.name) != nullptr ? 1 : 0;
    }
    if (found == 1) return;
    file_.refuse(node, fmt::format("'{}' takes exactly one of {}", what, fmt::join(names, ", ")));
  }

  void read_argument(const ArgumentForm& form, const YamlNode& value, const std::string& path) {
    switch (form.kind) {
      case ArgumentKind::kReceiver:
        return read_receiver(value, path);
      case ArgumentKind::kSetting:
      case ArgumentKind::kReferring:
        return read_members(form, value, path);
      case ArgumentKind::kTree:
        return add_tree(path, value);
      case ArgumentKind::kValue:
        return add_value(path, value);
      default:
        break;
    }
    if (value.kind != Kind::kScalar || trim(value.text).empty()) {
      file_.refuse(value, fmt::format("'{}' must be one value", form.name));
      return;
    }
    check_scalar(form, value);
    add_value(path, value);
  }

  void check_scalar(const ArgumentForm& form, const YamlNode& value) {
    const std::vector<std::string> severities = {"low", "medium", "high", "critical"};
    const bool expression = is_expression(value);
    switch (form.kind) {
      case ArgumentKind::kObject:
        file_.check_id(value, value.text, IdForm::kName);
        return;
      case ArgumentKind::kId:
        file_.check_id(value, value.text, IdForm::kId);
        return;
      case ArgumentKind::kFlag:
        if (value.text != "true" && value.text != "false") {
          file_.refuse(value, fmt::format("'{}' must be true or false", form.name));
        }
        return;
      case ArgumentKind::kForward:
        if (value.text != "forward") file_.refuse(value, "'only' must be 'forward'");
        return;
      case ArgumentKind::kSpan:
        if (!expression && !parse_span(value.text) && !is_business_span(value.text)) {
          file_.refuse(value, fmt::format("'{}' must be a span such as 48h, 3d or 2 business hours",
                                          form.name));
        }
        return;
      case ArgumentKind::kSeverity:
        if (expression ||
            std::find(severities.begin(), severities.end(), value.text) != severities.end()) {
          return;
        }
        file_.refuse(value,
                     fmt::format("'{}' must be one of {}{}", form.name, fmt::join(severities, ", "),
                                 suggestion(value.text, severities)));
        return;
      default:
        return;
    }
  }

  void read_receiver(const YamlNode& node, const std::string& path) {
    if (node.kind != Kind::kMap) return expect_one(receiver_forms(), node, path);
    const size_t errors = file_.document().errors.size();
    YamlFields fields(node, fmt::format("'{}'", path), file_.document());
    for (const ArgumentForm& form : receiver_forms()) {
      const YamlNode* value = fields.take(form.name);
      if (value != nullptr) read_argument(form, *value, fmt::format("{}.{}", path, form.name));
    }
    fields.finish();
    if (file_.document().errors.size() == errors) expect_one(receiver_forms(), node, path);
  }

  void read_members(const ArgumentForm& form, const YamlNode& node, const std::string& path) {
    if (node.kind != Kind::kMap) {
      file_.refuse(node, fmt::format("'{}' must be a mapping", form.name));
      return;
    }
    for (const auto& [key, value] : node.members) {
      if (file_.check_id(key, key.text, IdForm::kName)) {
        add_value(fmt::format("{}.{}", path, key.text), value);
      }
    }
  }

  void add_tree(const std::string& path, const YamlNode& node) {
    size_t index = 0;
    for (const auto& [key, value] : node.members) add_tree(path + "." + key.text, value);
    for (const YamlNode& item : node.items) add_tree(fmt::format("{}.{}", path, index++), item);
    if (node.members.empty() && node.items.empty()) add_value(path, node);
  }

  void add_value(const std::string& path, const YamlNode& node) {
    if (holds_expression(node)) {
      file_.refuse(node, "write the whole as one expression: \"= ['a', contact.name]\"");
    }
    action_.arguments.push_back({.path = path, .value = file_.value(node)});
  }

  static bool holds_expression(const YamlNode& node) {
    const auto inside = [](const YamlNode& part) {
      return is_expression(part) || holds_expression(part);
    };
    return std::any_of(node.items.begin(), node.items.end(), inside) ||
           std::any_of(node.members.begin(), node.members.end(),
                       [&](const auto& member) { return inside(member.second); });
  }

  const ActionForm& form_;
  ActionSpec& action_;
  PackFile& file_;
};

const ActionForm* find_form(std::string_view name) {
  for (const ActionForm& form : action_forms()) {
    if (form.name == name) return &form;
  }
  return nullptr;
}

void refuse_unknown(const YamlNode& key, PackFile& file) {
  std::vector<std::string> names;
  for (const ActionForm& form : action_forms()) names.emplace_back(form.name);
  file.refuse(key, fmt::format("there is no action '{}'{}", key.text, suggestion(key.text, names)));
}

}  // namespace

std::vector<ActionSpec> read_actions(const YamlNode& list, PackFile& file) {
  std::vector<ActionSpec> actions;
  if (list.kind != Kind::kList || list.items.empty()) {
    file.refuse(list, "there must be a list of actions, such as - set: {ticket.priority: high}");
    return actions;
  }
  for (const YamlNode& item : list.items) {
    if (item.kind != Kind::kMap || item.members.size() != 1) {
      file.refuse(item, "an action is one name with its arguments; begin each with '-'");
      continue;
    }
    const auto& [key, value] = item.members.front();
    const ActionForm* form = find_form(key.text);
    if (form == nullptr) {
      refuse_unknown(key, file);
      continue;
    }
    ActionSpec action;
    action.kind = key.text;
    action.place = file.place(key);
    ActionReader(*form, action, file).read(value);
    actions.push_back(std::move(action));
  }
  return actions;
}

}  // namespace rapport::decide
