#include "decide/pack/read_timing.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "decide/pack/action_table.h"
#include "decide/pack/sections.h"
#include "decide/templates/language.h"

namespace rapport::decide {

std::optional<TimeOfDay> parse_time_of_day(std::string_view text) {
  const auto digit = [&](size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) {
    return std::nullopt;
  }
  const int hour = (text[0] - '0') * 10 + (text[1] - '0');
  const int minute = (text[3] - '0') * 10 + (text[4] - '0');
  if (hour > 23 || minute > 59) return std::nullopt;
  return TimeOfDay{hour * 60 + minute};
}

std::string_view calendar_of_span(std::string_view span) {
  const size_t at = span.find(" of ");
  return at == std::string_view::npos ? std::string_view() : span.substr(at + 4);
}

void each_item(const YamlNode& node, const std::function<void(const YamlNode&)>& read) {
  if (node.kind != YamlNode::Kind::kList) return read(node);
  for (const YamlNode& item : node.items) read(item);
}

std::optional<TimeOfDay> read_time_of_day(YamlFields& fields, std::string_view key,
                                          PackFile& file) {
  const YamlNode* node = fields.take(key);
  if (node == nullptr) return std::nullopt;
  const auto time = parse_time_of_day(node->text);
  if (!time) file.refuse(*node, fmt::format("'{}' must be a time of day such as \"09:00\"", key));
  return time;
}

PutOff read_put_off(YamlFields& fields, PackFile& file) {
  PutOff made;
  made.at = read_time_of_day(fields, "at", file);
  const YamlNode* hours = fields.take("hours");
  made.calendar = file.id_or(fields, "hours", "");
  if (hours != nullptr && fields.take("at") != nullptr) {
    file.refuse(*hours, "take one of 'at', a time of day, and 'hours', a calendar");
  }
  return made;
}

std::vector<EscalationSpec> read_escalations(const YamlNode& list, PackFile& file) {
  std::vector<EscalationSpec> made;
  if (list.kind != YamlNode::Kind::kList || list.items.empty()) {
    file.refuse(list, "'escalate' must be a list, such as - {after: 24h, notify: {…}}");
    return made;
  }
  for (const YamlNode& item : list.items) {
    if (item.kind != YamlNode::Kind::kMap) {
      file.refuse(item,
                  "a step of 'escalate' must be a mapping, such as {after: 24h, notify: {…}}");
      continue;
    }
    EscalationSpec step;
    step.place = file.place(item);
    YamlNode actions{.kind = YamlNode::Kind::kList, .line = item.line, .column = item.column};
    YamlNode head{.kind = YamlNode::Kind::kMap, .line = item.line, .column = item.column};
    for (const auto& [key, value] : item.members) {
      if (key.text == "after") {
        head.members.emplace_back(key, value);
        continue;
      }
      YamlNode action{.kind = YamlNode::Kind::kMap, .line = key.line, .column = key.column};
      action.members.emplace_back(key, value);
      actions.items.push_back(std::move(action));
    }
    YamlFields fields(head, "a step of 'escalate'", file.document());
    fields.require("after");
    step.after = file.wait(fields, "after");
    if (actions.items.empty()) {
      file.refuse(item, "a step of 'escalate' needs an action, such as notify: {…}");
    } else {
      step.actions = read_actions(actions, file);
    }
    made.push_back(std::move(step));
  }
  return made;
}

ReceiverSpec read_receiver(const YamlNode& node, std::string_view key, PackFile& file) {
  ReceiverSpec made;
  std::vector<std::string> names;
  for (const ArgumentForm& form : receiver_forms()) names.emplace_back(form.name);
  const bool one = node.kind == YamlNode::Kind::kMap && node.members.size() == 1;
  if (!one) {
    file.refuse(node, fmt::format("'{}' takes exactly one of team, role, user, owner_of", key));
    return made;
  }
  const auto& [by, who] = node.members.front();
  if (std::find(names.begin(), names.end(), by.text) == names.end()) {
    file.refuse(by, fmt::format("'{}' has no '{}'{}", key, by.text, suggestion(by.text, names)));
    return made;
  }
  if (who.kind != YamlNode::Kind::kScalar || trim(who.text).empty()) {
    file.refuse(who, fmt::format("'{}' must be one value", by.text));
    return made;
  }
  if (by.text == "owner_of" && !file.check_id(who, who.text, IdForm::kName)) return made;
  made.by = by.text;
  made.who = file.value(who);
  return made;
}

bool check_language(const YamlNode& node, PackFile& file) {
  if (is_language_tag(node.text)) return true;
  file.refuse(node,
              fmt::format("'{}' is no language; write a tag such as en, es or pt-BR", node.text));
  return false;
}

void check_languages_differ(const YamlNode& texts, PackFile& file) {
  std::map<std::string, std::string_view> seen;
  for (const auto& [key, value] : texts.members) {
    const auto [known, is_new] = seen.emplace(canonical_language(key.text), key.text);
    if (is_new) continue;
    file.refuse(key, fmt::format("'{}' is the language of '{}' again; keep one of the two",
                                 key.text, known->second));
  }
}

std::string read_language(YamlFields& fields, std::string_view key, PackFile& file) {
  const YamlNode* node = fields.require(key);
  if (node == nullptr || !check_language(*node, file)) return {};
  return node->text;
}

}  // namespace rapport::decide
