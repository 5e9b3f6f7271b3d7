#include "main/cases/read_case.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "base/yaml_fields.h"
#include "decide/pack/pack_file.h"
#include "decide/pack/sections.h"
#include "main/cases/expectation.h"

namespace rapport::cases {

using decide::Definitions;
using Kind = YamlNode::Kind;

std::string place_of(const Case& one) {
  return fmt::format("{}:{}", one.file, one.line);
}

std::optional<Micros> relative_span(std::string_view text) {
  if (text.size() < 2 || (text[0] != '-' && text[0] != '+')) return std::nullopt;
  const auto span = decide::parse_span(text.substr(1));
  if (!span) return std::nullopt;
  return text[0] == '-' ? Micros{-span->value} : *span;
}

namespace {

constexpr int64_t kMostTimes = 100'000;
constexpr Micros kLongestWait = days(20'000);

class Reader {
 public:
  Reader(const std::string& file, const Definitions& definitions)
      : document_{.name = file}, definitions_(definitions) {
    for (size_t i = 0; i < definitions.vocabulary.objects(); ++i)
      objects_.push_back(definitions.vocabulary.object(static_cast<uint32_t>(i)).name);
  }

  CasesRead read(const YamlNode& root) {
    CasesRead out;
    if (root.kind != Kind::kList || root.items.empty()) {
      document_.refuse(root, "a file of cases is a list that begins with '- case: …'");
    }
    for (const YamlNode& item : root.items) {
      Case one = read_case(item);
      const auto same = std::find_if(out.cases.begin(), out.cases.end(),
                                     [&](const Case& other) { return other.name == one.name; });
      if (same != out.cases.end() && !one.name.empty())
        document_.refuse(item,
                         fmt::format("case '{}' is already at line {}", one.name, same->line));
      out.cases.push_back(std::move(one));
    }
    out.errors = std::move(document_.errors);
    return out;
  }

 private:
  Case read_case(const YamlNode& node) {
    Case one;
    one.file = document_.name;
    one.line = node.line;
    if (node.kind != Kind::kMap) {
      document_.refuse(node, "a case is a mapping: '- case: what it shows'");
      return one;
    }
    YamlFields fields(node, "a case", document_);
    one.name = fields.text("case");
    one.spec = fields.texts("spec");
    if (const YamlNode* at = fields.take("at")) {
      const auto time = parse_time(at->text);
      if (time.ok()) {
        one.at = *time;
      } else {
        document_.refuse(*at, "'at' must be a time such as 2026-03-02T09:00:00Z");
      }
    }
    read_zone(fields, one);
    one.currency = fields.text_or("currency", "");
    read_settings(fields, one);
    one.users = entries(fields, "users");
    one.teams = entries(fields, "teams");
    if (const YamlNode* given = fields.take("given")) one.given = records(*given, "given");
    read_steps(fields, node, one);
    fields.finish();
    return one;
  }

  void read_zone(YamlFields& fields, Case& one) {
    const YamlNode* zone = fields.take("zone");
    if (!zone) return;
    one.zone = zone->text;
    if (!expr::find_zone(zone->text, definitions_.zones))
      document_.refuse(*zone, fmt::format("there is no time zone '{}'", zone->text));
  }

  void read_settings(YamlFields& fields, Case& one) {
    const YamlNode* settings = fields.take("settings");
    if (!settings) return;
    if (settings->kind != Kind::kMap) return document_.refuse(*settings, "'settings' is a mapping");
    const auto& known = definitions_.vocabulary.settings();
    for (const auto& [key, value] : settings->members) {
      const auto spec = known.find(key.text);
      if (spec == known.end()) {
        std::vector<std::string> names;
        for (const auto& [name, setting] : known) names.push_back(name);
        document_.refuse(
            key, fmt::format("there is no setting '{}'{}", key.text, suggestion(key.text, names)));
        continue;
      }
      const Json json = decide::setting_value(value, spec->second.type);
      if (json.is_null())
        document_.refuse(value, fmt::format("setting '{}' must be {}", key.text,
                                            decide::example_of(spec->second.type)));
      one.settings.set(key.text, json);
    }
  }

  // Users and teams: mappings with an id.
  std::vector<Json> entries(YamlFields& fields, std::string_view key) {
    std::vector<Json> all;
    const YamlNode* list = fields.take(key);
    if (!list) return all;
    if (list->kind != Kind::kList) document_.refuse(*list, fmt::format("'{}' is a list", key));
    for (const YamlNode& item : list->items) {
      Json json = item.to_json();
      if (!json.is_object() || json.text("id").empty())
        document_.refuse(item, fmt::format("each of '{}' is a mapping with an 'id'", key));
      all.push_back(std::move(json));
    }
    return all;
  }

  const decide::Object* object_named(const YamlNode& key) {
    const uint32_t number = definitions_.vocabulary.find_object(key.text);
    if (number != decide::Vocabulary::kNone) return &definitions_.vocabulary.object(number);
    document_.refuse(
        key, fmt::format("there is no object '{}'{}", key.text, suggestion(key.text, objects_)));
    return nullptr;
  }

  std::vector<Given> records(const YamlNode& node, std::string_view what) {
    std::vector<Given> all;
    if (node.kind != Kind::kMap) {
      document_.refuse(node, fmt::format("'{}' is a mapping of objects: 'account: {{…}}'", what));
      return all;
    }
    for (const auto& [key, value] : node.members) {
      const decide::Object* object = object_named(key);
      if (!object) continue;
      const bool list = value.kind == Kind::kList;
      for (const YamlNode& one : list ? std::span(value.items) : std::span(&value, 1)) {
        if (one.kind != Kind::kMap && one.kind != Kind::kNull) {
          document_.refuse(one, fmt::format("{} is a mapping of fields", object->name));
          continue;
        }
        for (const auto& [field, unused] : one.members) check_given(*object, field);
        all.push_back({object->name, one});
      }
    }
    return all;
  }

  // Fields that can be given: declared ones that nothing computes, and what names the record.
  void check_given(const decide::Object& object, const YamlNode& field) {
    static const std::vector<std::string> kNaming = {
        "id", "external_id", "key", "anonymous", "traits", "email", "phone", "belongs_to"};
    if (std::find(kNaming.begin(), kNaming.end(), field.text) != kNaming.end()) return;
    if (field.text == object.name + "_id") return;
    for (const auto& owner : object.belongs_to)
      if (owner.object == field.text) return;
    const decide::Field* known = object.find(field.text);
    if (known && known->maker == decide::FieldMaker::kGiven) return;
    if (known && known->maker == decide::FieldMaker::kStage) return;
    if (known)
      return document_.refuse(field, fmt::format("{}.{} is computed: give what it is made of",
                                                 object.name, field.text));
    std::vector<std::string> names = kNaming;
    for (const auto& one : object.fields) names.push_back(one.name);
    document_.refuse(field, fmt::format("{} has no field '{}'{}", object.name, field.text,
                                        suggestion(field.text, names)));
  }

  void read_steps(YamlFields& fields, const YamlNode& node, Case& one) {
    if (const YamlNode* steps = fields.take("steps")) {
      if (steps->kind != Kind::kList) document_.refuse(*steps, "'steps' is a list");
      for (const YamlNode& step : steps->items) {
        if (step.kind != Kind::kMap) {
          document_.refuse(step, "a step is a mapping: 'send', 'wait', 'set' or 'expect'");
          continue;
        }
        YamlFields parts(step, "a step", document_);
        read_parts(parts, step, one);
        parts.finish();
      }
      for (const char* part : {"send", "wait", "set", "expect"})
        if (const YamlNode* beside = fields.take(part))
          document_.refuse(*beside,
                           fmt::format("'{}' stands under 'steps' where there are steps", part));
    } else {
      read_parts(fields, node, one);
    }
    const bool tested = std::any_of(one.steps.begin(), one.steps.end(), [](const Step& step) {
      return step.kind == Step::Kind::kExpect;
    });
    if (!tested && document_.errors.empty())
      document_.refuse(node, "a case without 'expect' shows nothing");
  }

  // What stands in one mapping happens in this order.
  void read_parts(YamlFields& fields, const YamlNode& node, Case& one) {
    const size_t before = one.steps.size();
    if (const YamlNode* set = fields.take("set")) {
      Step step{.kind = Step::Kind::kSet, .line = set->line};
      step.set = records(*set, "set");
      one.steps.push_back(std::move(step));
    }
    if (const YamlNode* send = fields.take("send")) {
      Step step{.kind = Step::Kind::kSend, .line = send->line};
      const bool list = send->kind == Kind::kList;
      for (const YamlNode& item : list ? std::span(send->items) : std::span(send, 1))
        step.sendings.push_back(sending(item));
      one.steps.push_back(std::move(step));
    }
    if (const YamlNode* wait = fields.take("wait")) {
      const auto span = decide::parse_span(wait->text);
      if (!span || *span > kLongestWait)
        document_.refuse(*wait, "'wait' must be a span such as 90s, 10m, 48h or 3d");
      one.steps.push_back(
          {.kind = Step::Kind::kWait, .line = wait->line, .wait = span.value_or(Micros{0})});
    }
    if (const YamlNode* expect = fields.take("expect")) {
      check_expectation(*expect, definitions_, document_);
      one.steps.push_back({.kind = Step::Kind::kExpect, .line = expect->line, .expect = *expect});
    }
    if (one.steps.size() == before)
      document_.refuse(node, "nothing happens here: give 'send', 'wait', 'set' or 'expect'");
  }

  Sending sending(const YamlNode& node) {
    Sending one;
    one.line = node.line;
    if (node.kind != Kind::kMap) {
      document_.refuse(node, "an event is a mapping with a 'type'");
      return one;
    }
    YamlFields fields(node, "an event", document_);
    one.type = fields.text("type");
    one.contact = fields.text_or("contact", "");
    one.times = fields.integer("times", 1, kMostTimes, 1);
    one.every = fields.span("every", Micros{0});
    if (const YamlNode* at = fields.take("at")) read_moment(*at, one);
    static constexpr std::string_view kOwn[] = {"type", "contact", "times", "every", "at"};
    for (const auto& [key, value] : node.members) {
      if (std::find(std::begin(kOwn), std::end(kOwn), key.text) != std::end(kOwn)) continue;
      if (key.text == "properties" && value.kind == Kind::kMap) {
        for (const auto& [name, property] : value.members)
          one.properties.set(name.text, property.to_json());
      } else {
        one.properties.set(key.text, value.to_json());
      }
    }
    return one;
  }

  void read_moment(const YamlNode& node, Sending& one) {
    const auto ago = relative_span(node.text);
    if (ago && ago->value <= 0) {
      one.moment.ago = *ago;
    } else if (const auto at = parse_time(node.text); at.ok()) {
      one.moment.at = *at;
    } else {
      document_.refuse(node, "'at' must be a time, or a span that has passed such as -3d");
    }
  }

  YamlDocument document_;
  const Definitions& definitions_;
  std::vector<std::string> objects_;
};

}  // namespace

CasesRead read_cases(std::string_view text, const std::string& file,
                     const Definitions& definitions) {
  const auto root = parse_yaml(text, file, {.bytes = 1 << 20, .depth = 24, .nodes = 100'000});
  if (!root.ok()) return {{}, {root.error()}};
  return Reader(file, definitions).read(*root);
}

}  // namespace rapport::cases
