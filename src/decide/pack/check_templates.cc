// What templates of a pack must be beyond the form of their parts, and what must be sent with them.
#include <fmt/core.h>

#include <algorithm>

#include "decide/pack/sections.h"
#include "decide/pack/template_names.h"
#include "decide/pack/walk.h"

namespace rapport::decide {
namespace {

const VariableSpec* find_variable(const TemplateSpec& made, std::string_view name) {
  for (const VariableSpec& variable : made.variables) {
    if (variable.id == name) return &variable;
  }
  return nullptr;
}

bool is_member(const TemplateSpec& made, std::string_view name,
               const std::vector<std::string_view>& sections) {
  return std::any_of(sections.begin(), sections.end(), [&](std::string_view section) {
    const VariableSpec* list = find_variable(made, section);
    if (section == "answer_links") return name == "link" || name == "point";
    return list != nullptr &&
           std::find(list->each.begin(), list->each.end(), name) != list->each.end();
  });
}

bool has_section(const std::vector<std::string_view>& sections, std::string_view name) {
  return std::find(sections.begin(), sections.end(), name) != sections.end();
}

// What is wrong with a name whatever other packs declare; empty: nothing.
std::string problem_of(const TemplateSpec& made, const Mustache::Part& part,
                       const std::vector<std::string_view>& sections) {
  const bool value = part.kind == Mustache::Kind::kValue || part.kind == Mustache::Kind::kRawValue;
  if (part.text == ".") {
    return value && !sections.empty() ? ""
                                      : "'{{.}}' stands in a section: it is the item of a list";
  }
  const VariableSpec* variable = find_variable(made, part.text);
  if (variable == nullptr || !value || is_member(made, part.text, sections)) return {};
  if (!variable->each.empty()) {
    return fmt::format("'{0}' is a list; write {{{{#{0}}}}}…{{{{/{0}}}}}", part.text);
  }
  if (variable->optional && !has_section(sections, part.text)) {
    return fmt::format(
        "'{0}' may be missing, so it stands in a section of its own: "
        "{{{{#{0}}}}}{{{{{0}}}}}{{{{/{0}}}}}",
        part.text);
  }
  return {};
}

}  // namespace

std::vector<TemplateName> outer_names(const TemplateSpec& made) {
  std::vector<TemplateName> names;
  each_text(made, [&](const TemplateText& text, const TemplateVariant*) {
    each_name(text.mustache, [&](const Mustache::Part& part, const auto& sections) {
      if (part.text == "." || is_member(made, part.text, sections)) return;
      names.push_back({part.text, text.source.place_at(part.line, part.column)});
    });
  });
  return names;
}

std::vector<std::string> missing_from(const ActionSpec& send, const TemplateSpec& made) {
  std::vector<std::string> missing;
  if (send.find("text") != nullptr) return missing;
  const auto given = send.under("with");
  for (const VariableSpec& variable : made.variables) {
    const bool needed =
        !variable.optional && variable.value.formula.empty() && variable.value.literal.is_null();
    const bool found = std::any_of(given.begin(), given.end(),
                                   [&](const auto& one) { return one.first == variable.id; });
    if (needed && !found) missing.push_back(variable.id);
  }
  return missing;
}

std::string text_of_missing(const ActionSpec& send, const std::vector<std::string>& missing) {
  std::string names;
  for (const std::string& name : missing) names += (names.empty() ? "'" : ", '") + name + "'";
  return fmt::format(
      "template '{0}' needs {1}: write with: {{{2}: …}}, or give {3} a value in the "
      "template",
      send.text("template"), names, missing[0], missing.size() == 1 ? "it" : "them");
}

void check_sends(const PackSpec& pack, std::vector<Error>& errors) {
  const auto refuse = [&](const Place& place, std::string_view message) {
    errors.push_back(yaml_error(place.file, place.line, place.column, message));
  };
  for (const TemplateSpec& made : pack.templates) {
    each_text(made, [&](const TemplateText& text, const TemplateVariant*) {
      each_name(text.mustache, [&](const Mustache::Part& part, const auto& sections) {
        const std::string problem = problem_of(made, part, sections);
        if (!problem.empty()) refuse(text.source.place_at(part.line, part.column), problem);
      });
    });
  }
  each_action(pack, [&](const ActionSpec& action, const Entry&) {
    if (action.kind != "send") return;
    for (const TemplateSpec& made : pack.templates) {
      if (made.id != action.text("template")) continue;
      const std::vector<std::string> missing = missing_from(action, made);
      if (!missing.empty()) refuse(action.place, text_of_missing(action, missing));
    }
  });
}

}  // namespace rapport::decide
