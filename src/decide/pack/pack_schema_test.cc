// docs/spec/pack.schema.json, which editors use, says what the reader says: the same actions with
// the same arguments, no key that is refused, and the examples of docs/spec/packs.md.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/json.h"
#include "decide/pack/action_table.h"
#include "decide/pack/read_pack.h"

namespace rapport::decide {
namespace {

const std::string kRoot = RAPPORT_SOURCE_DIR;

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

const Json& pack_schema() {
  static const Json kSchema =
      parse_json(read_file(kRoot + "/docs/spec/pack.schema.json"), {.depth = 64}).value();
  return kSchema;
}

// The part of JSON Schema (2020-12) that the schema uses; empty when the value is fine, else where
// and why not.
class Validator {
 public:
  std::string why_not(const Json& schema, const Json& value, const std::string& at) const {
    for (const auto& [keyword, rule] : schema.as_object()) {
      const std::string why = why_not(keyword.view(), rule, schema, value, at);
      if (!why.empty()) return why;
    }
    return {};
  }

 private:
  std::string why_not(std::string_view keyword, const Json& rule, const Json& schema,
                      const Json& value, const std::string& at) const {
    if (keyword == "$ref") return why_not(*pack_schema().at_path(path_of(rule)), value, at);
    if (keyword == "type") return has_type(rule, value) ? "" : at + ": not " + to_text(rule);
    if (keyword == "enum") return is_among(rule, value) ? "" : at + ": not " + to_text(rule);
    if (keyword == "anyOf") return fitting(rule, value, at) > 0 ? "" : at + ": fits nothing";
    if (keyword == "oneOf") return fitting(rule, value, at) == 1 ? "" : at + ": not just one";
    if (keyword == "pattern") return matches(rule, value) ? "" : at + ": not " + to_text(rule);
    if (keyword == "minimum" || keyword == "maximum") return bounded(keyword, rule, value, at);
    if (keyword.starts_with("min") || keyword.starts_with("max")) {
      return counted(keyword, rule, value, at);
    }
    if (keyword == "required") return has_all(rule, value, at);
    if (keyword == "items" && value.is_array()) {
      for (const Json& item : value.as_array()) {
        if (std::string why = why_not(rule, item, at + ".*"); !why.empty()) return why;
      }
    }
    if (!value.is_object()) return {};
    for (const auto& [key, member] : value.as_object()) {
      const std::string name(key.view());
      const Json* known = schema.find("properties");
      const Json* own = known == nullptr ? nullptr : known->find(name);
      std::string why;
      if (keyword == "properties" && own != nullptr) why = why_not(*own, member, at + "." + name);
      if (keyword == "propertyNames") why = why_not(rule, name, at + "." + name);
      if (keyword == "additionalProperties" && own == nullptr) {
        if (rule.is_bool()) return at + ": has no " + name;
        why = why_not(rule, member, at + "." + name);
      }
      if (!why.empty()) return why;
    }
    return {};
  }

  // "#/$defs/name" → "$defs.name".
  static std::string path_of(const Json& reference) {
    std::string path(reference.as_string().substr(2));
    std::replace(path.begin(), path.end(), '/', '.');
    return path;
  }
  static bool has_type(const Json& rule, const Json& value) {
    if (rule.is_array()) {
      return std::any_of(rule.as_array().begin(), rule.as_array().end(),
                         [&](const Json& type) { return has_type(type, value); });
    }
    const std::string_view type = rule.as_string();
    return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
           (type == "string" && value.is_string()) || (type == "number" && value.is_number()) ||
           (type == "integer" && value.is_int()) || (type == "boolean" && value.is_bool()) ||
           (type == "null" && value.is_null());
  }
  static bool is_among(const Json& rule, const Json& value) {
    const auto& all = rule.as_array();
    return std::find(all.begin(), all.end(), value) != all.end();
  }
  int fitting(const Json& rules, const Json& value, const std::string& at) const {
    int count = 0;
    for (const Json& rule : rules.as_array()) count += why_not(rule, value, at).empty() ? 1 : 0;
    return count;
  }
  static bool matches(const Json& rule, const Json& value) {
    return !value.is_string() ||
           RE2::PartialMatch(std::string(value.as_string()), RE2(std::string(rule.as_string())));
  }
  static std::string bounded(std::string_view keyword, const Json& rule, const Json& value,
                             const std::string& at) {
    if (!value.is_number()) return {};
    const bool fine = keyword == "minimum" ? value.as_double() >= rule.as_double()
                                           : value.as_double() <= rule.as_double();
    return fine ? "" : at + ": out of bounds";
  }
  static std::string counted(std::string_view keyword, const Json& rule, const Json& value,
                             const std::string& at) {
    const bool items = keyword.ends_with("Items");
    if (items ? !value.is_array() : !value.is_object()) return {};
    const auto count =
        static_cast<int64_t>(items ? value.as_array().size() : value.as_object().size());
    const bool fine = keyword.starts_with("min") ? count >= rule.as_int() : count <= rule.as_int();
    return fine ? "" : at + ": holds " + std::to_string(count);
  }
  static std::string has_all(const Json& rule, const Json& value, const std::string& at) {
    if (!value.is_object()) return {};
    for (const Json& key : rule.as_array()) {
      if (value.find(key.as_string()) == nullptr) {
        return at + ": needs " + std::string(key.as_string());
      }
    }
    return {};
  }
};

std::string why_not(const std::string& text) {
  const auto root = parse_yaml(text, "x.yaml");
  if (!root.ok()) return root.error().message;
  return Validator().why_not(pack_schema(), root->to_json(), "");
}

// The YAML blocks of a page.
std::vector<std::string> examples_of(const std::string& page) {
  std::vector<std::string> examples;
  const std::string fence = "\n```yaml\n";
  for (size_t at = page.find(fence); at != std::string::npos; at = page.find(fence, at)) {
    at += fence.size();
    examples.push_back(page.substr(at, page.find("\n```", at) + 1 - at));
  }
  return examples;
}

TEST(PackSchema, EveryExampleOfTheGrammarIsReadAndFits) {
  size_t count = 0;
  for (const char* page : {"packs", "workflows", "messages"}) {
    for (const std::string& example :
         examples_of(read_file(kRoot + "/docs/spec/" + page + ".md"))) {
      if (example.starts_with("- case")) continue;
      PackFiles files = {.name = "p", .files = {{"pack.yaml", "pack: p\n"}}};
      files.files[example.starts_with("pack:") ? "pack.yaml" : "x.yaml"] = example;
      for (const Error& error : read_pack(files).errors) ADD_FAILURE() << error.message << example;
      EXPECT_EQ(why_not(example), "") << example;
      count++;
    }
  }
  EXPECT_GE(count, 24u);
}

TEST(PackSchema, ExamplesOfRoutingAndServiceLevelsFit) {
  for (const char* page : {"routing", "sla"}) {
    for (const std::string& example :
         examples_of(read_file(kRoot + "/docs/spec/" + page + ".md"))) {
      EXPECT_EQ(why_not(example), "") << example;
    }
  }
}

TEST(PackSchema, EveryPackFits) {
  const std::filesystem::path packs = kRoot + "/packs";
  if (!std::filesystem::is_directory(packs)) GTEST_SKIP() << "there are no packs";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(packs)) {
    const std::string path = entry.path().string();
    if (entry.path().extension() != ".yaml" || path.find("/cases/") != std::string::npos) continue;
    EXPECT_EQ(why_not(read_file(path)), "") << path;
  }
}

TEST(PackSchema, RefusesAKeyThatTheReaderDoesNotKnow) {
  for (const char* wrong : {
           "sores: {}",
           "rules: {a: {on: x.y, prioritty: 3, do: [{tag: {ticket: [x]}}]}}",
           "rules: {a: {on: x.y, do: [{asign: {ticket: {team: vip}}}]}}",
           "rules: {a: {on: x.y, do: [{notify: {to: {role: csm}, text: x, urgnt: true}}]}}",
           "rules: {a: {on: x.y, do: [{notify: {to: {role: a, team: b}, text: x}}]}}",
           "rules: {a: {on: x.y}}",
           "scores: {s: {of: account, value: '1', points: {}}}",
           "scores: {lead-score: {of: account, value: '1'}}",
           "objects: {ticket: {fields: {a: {type: txt}}}}",
           "lifecycles: {c: {of: account, stages: {a: {}}}}",
           "pipelines: {c: {of: account, stages: {a: {probability: 110}}}}",
           "programs: {p: {of: account, days: 0, steps: {}}}",
           "approvals: {a: {of: deal, levels: []}}",
           "workflows: {w: {of: account}}",
           "workflows: {w: {of: account, steps: {a: {}}}}",
           "workflows: {w: {of: account, steps: {a: {wait: 1d, end: x}}}}",
           "workflows: {w: {of: account, steps: {a: {wiat: 1d}}}}",
           "workflows: {w: {of: account, steps: {a: {repeat: {steps: {b: {wait: 1d}}}}}}}",
           "workflows: {w: {of: account, starts: {when: x}, steps: {a: {wait: 1d}}}}",
           "workflows: {w: {of: account, steps: {a: {ask: {at_most: 1d}}}}}",
           "schedules: {s: {every: daily, at: '02:00'}}",
           "schedules: {s: {every: day, at: '2:00'}}",
           "templates: {t: {channel: email, texts: {en: {body: B}}}}",
           "templates: {t: {channel: email, language: english, texts: {en: {body: B}}}}",
           "messaging: {m: {caps: {at_most: 0, within: 1d}}}",
           "surveys: {s: {scale: {from: 0, to: 10}, language: en, texts: {en: {question: Q}}}}",
       }) {
    EXPECT_NE(why_not(wrong), "") << wrong;
  }
}

TEST(PackSchema, HasNoKeyOfAnEntryThatTheReaderRefuses) {
  size_t keys = 0;
  for (const auto& [section, schema] : pack_schema().find("properties")->as_object()) {
    const Json* known = schema.at_path("additionalProperties.properties");
    if (known == nullptr) continue;
    std::string text = std::string(section.view()) + ":\n  x:\n";
    for (const auto& [key, value] : known->as_object()) {
      text += "    " + std::string(key.view()) + ":\n";
      keys++;
    }
    const PackFiles files = {.name = "p", .files = {{"pack.yaml", "pack: p\n"}, {"x.yaml", text}}};
    for (const Error& error : read_pack(files).errors) {
      EXPECT_EQ(error.message.find("' has no '"), std::string::npos) << error.message;
    }
  }
  EXPECT_GE(keys, 120u);
}

TEST(PackSchema, HasTheActionsAndArgumentsOfTheReader) {
  const Json& actions = *pack_schema().at_path("$defs.action.properties");
  EXPECT_EQ(actions.as_object().size(), action_forms().size());
  const Json& escalate = *pack_schema().at_path("$defs.escalate.items.properties");
  EXPECT_EQ(escalate.as_object().size(), action_forms().size() + 1);  // and `after`
  for (const ActionForm& form : action_forms()) {
    EXPECT_NE(escalate.find(form.name), nullptr) << form.name;
    const Json* schema = actions.find(form.name);
    ASSERT_NE(schema, nullptr) << form.name;
    if (form.shape == ActionShape::kPerObject) schema = schema->find("additionalProperties");
    const Json* known = schema->find("properties");
    EXPECT_EQ(known == nullptr ? 0 : known->as_object().size(), form.arguments.size()) << form.name;
    std::string required;
    for (const ArgumentForm& argument : form.arguments) {
      EXPECT_NE(known->find(argument.name), nullptr) << form.name << " " << argument.name;
      if (argument.need == Need::kRequired) required += std::string(argument.name) + " ";
    }
    std::string told;
    if (const Json* names = schema->find("required")) {
      for (const Json& name : names->as_array()) told += std::string(name.as_string()) + " ";
    }
    EXPECT_EQ(told, required) << form.name;
  }
}

}  // namespace
}  // namespace rapport::decide
