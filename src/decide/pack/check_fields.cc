// Two writers of one field; fields of own objects that nobody writes or reads.
#include <fmt/core.h>

#include <tuple>

#include "decide/pack/findings_parts.h"
#include "decide/pack/walk.h"

namespace rapport::decide {
namespace {

struct Writer {
  const RuleSpec* rule = nullptr;
  Json settled;
};

void check_two_writers(Findings& findings) {
  std::map<std::tuple<std::string, int64_t, std::string>, Writer> first;
  const auto look = [&](const RuleSpec& rule, const Write& write) {
    for (const std::string& event : rule.on) {
      const auto [at, fresh] = first.emplace(std::tuple(event, rule.priority, write.field),
                                             Writer{&rule, write.settled});
      const Writer& other = at->second;
      if (fresh || other.rule == &rule) continue;
      if (!write.settled.is_null() && other.settled == write.settled) continue;
      findings.warning(
          "two-writers", rule.place,
          fmt::format("on {} rules '{}' and '{}' ({}) both write {} at priority {}; when both act "
                      "the second is lost: give one of them another priority",
                      event, rule.id, other.rule->id, to_text(other.rule->place), write.field,
                      rule.priority));
    }
  };
  for (const PackSpec& pack : findings.packs()) {
    for (const RuleSpec& rule : pack.rules) {
      for (const ActionSpec& action : rule.actions) {
        if (action.kind == "tag" || action.kind == "untag" || action.kind == "create") continue;
        if (action.kind == "task" || action.kind == "complete_task") continue;
        if (action.kind == "raise") continue;  // of several the highest holds
        for (const Write& write : writes_of(action)) look(rule, write);
      }
    }
  }
}

// Names of fields wherever something is read: in expressions, templates and what is declared.
std::set<std::string> fields_read(const Findings& findings) {
  std::set<std::string> read;
  for (const std::string& text : findings.elsewhere().texts) add_field_names(text, read);
  for (const PackSpec& pack : findings.packs()) {
    each_formula(pack, [&](const Formula& formula) { add_field_names(formula.text, read); });
    each_action(pack, [&](const ActionSpec& action, const Entry&) {
      for (const auto& [path, value] : action.arguments) {
        if (value.literal.is_string()) add_field_names(value.literal.as_string(), read);
      }
    });
    for (const RuleSpec& rule : pack.rules) {
      for (const std::string& event : rule.on) {
        const std::string object = event.substr(0, event.find('.'));
        for (const std::string& field : rule.changed) read.insert(object + "." + field);
      }
    }
    for (const RollupSpec& rollup : pack.rollups) read.insert(rollup.from + "." + rollup.via);
  }
  return read;
}

std::set<std::string> fields_written(const Findings& findings) {
  std::set<std::string> written;
  for (const PackSpec& pack : findings.packs()) {
    each_action(pack, [&](const ActionSpec& action, const Entry&) {
      for (const Write& write : writes_of(action)) written.insert(write.field);
    });
    for (const LifecycleSpec& lifecycle : pack.lifecycles) {
      written.insert(lifecycle.of + "." + lifecycle.field);
    }
  }
  return written;
}

void check_used(Findings& findings) {
  const std::set<std::string> read = fields_read(findings);
  const std::set<std::string> written = fields_written(findings);
  for (const PackSpec& pack : findings.packs()) {
    for (const ObjectSpec& object : pack.objects) {
      if (object.prefix.empty()) continue;
      for (const FieldSpec& field : object.fields) {
        const std::string name = object.id + "." + field.id;
        if (field.is.empty() && written.count(name) == 0) {
          findings.warning("never-written", field.place,
                           fmt::format("no action writes {}, so it is always absent unless it is "
                                       "set from outside",
                                       name));
        }
        if (read.count(name) == 0) {
          findings.warning("never-read", field.place,
                           fmt::format("nothing in these packs reads {}", name));
        }
      }
    }
  }
}

}  // namespace

void check_fields(Findings& findings) {
  check_two_writers(findings);
  check_used(findings);
}

}  // namespace rapport::decide
