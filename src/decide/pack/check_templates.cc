// What templates of a pack must be beyond the form of their parts, and what must be sent with them.
#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "decide/pack/pack_file.h"
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

// An inverted section begins with '^', so that none of these is one.
bool is_member(const TemplateSpec& made, const TemplateUse& use) {
  return std::any_of(use.within.begin(), use.within.end(), [&](std::string_view section) {
    const VariableSpec* list = find_variable(made, section);
    if (section == "answer_links") return use.path == "link" || use.path == "point";
    return list != nullptr &&
           std::find(list->each.begin(), list->each.end(), use.path) != list->each.end();
  });
}

bool is_in_section(const TemplateUse& use) {
  return std::any_of(use.within.begin(), use.within.end(),
                     [](std::string_view section) { return !section.starts_with('^'); });
}

std::string text_of_list(std::string_view name) {
  return fmt::format("'{0}' is a list; write {{{{#{0}}}}}…{{{{/{0}}}}}", name);
}

// A pack's names are those of variables and of the members of lists.
std::string problem_of_name(const TemplateSpec& made, std::string_view name) {
  if (has_form(name, IdForm::kName)) return {};
  const size_t dot = name.find('.');
  if (dot == std::string_view::npos) {
    return fmt::format("'{}' must be {}", name, describe(IdForm::kName));
  }
  const VariableSpec* list = find_variable(made, name.substr(0, dot));
  if (list != nullptr && !list->each.empty()) return text_of_list(list->id);
  std::string flat = ascii_lower(name);
  std::replace_if(flat.begin(), flat.end(), [](char c) { return c == '.' || c == '-'; }, '_');
  return fmt::format(
      "'{0}' is a path, and texts name variables; declare {1}: {{value: \"= {0}\"}} and write "
      "{{{{{1}}}}}",
      name, flat);
}

// What is wrong with a name whatever other packs declare; empty: nothing.
std::string problem_of(const TemplateSpec& made, const TemplateUse& use) {
  if (use.path == ".") {
    return is_in_section(use) ? "" : "'{{.}}' stands in a section: it is the item of a list";
  }
  std::string problem = problem_of_name(made, use.path);
  if (!problem.empty()) return problem;
  const VariableSpec* variable = find_variable(made, use.path);
  if (variable == nullptr || use.as == TemplateNeed::As::kSection || is_member(made, use)) {
    return {};
  }
  if (!variable->each.empty()) return text_of_list(use.path);
  const bool in_own = std::find(use.within.begin(), use.within.end(), use.path) != use.within.end();
  if (variable->optional && !in_own) {
    return fmt::format(
        "'{0}' may be missing, so it stands in a section of its own: "
        "{{{{#{0}}}}}{{{{{0}}}}}{{{{/{0}}}}}",
        use.path);
  }
  return {};
}

Place place_of(const TemplateText& text, const TemplateUse& use) {
  const TemplatePlace at = template_place(use.where);
  return text.source.place_at(at.line, at.column);
}

}  // namespace

std::vector<TemplateName> outer_names(const TemplateSpec& made) {
  std::vector<TemplateName> names;
  each_text(made, [&](const TemplateText& text, const TemplateVariant*) {
    text.content.each_use([&](const TemplateUse& use) {
      if (use.path == "." || is_member(made, use)) return;
      names.push_back({std::string(use.path), place_of(text, use)});
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
      text.content.each_use([&](const TemplateUse& use) {
        const std::string problem = problem_of(made, use);
        if (!problem.empty()) refuse(place_of(text, use), problem);
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
