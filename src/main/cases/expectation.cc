#include "main/cases/expectation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "main/cases/read_case.h"

namespace rapport::cases {

using Kind = YamlNode::Kind;
using model::Record;

namespace {

// Lists that are looked through as a whole, and the object whose records they show.
struct Listed {
  std::string_view key, object;
};
constexpr Listed kListed[] = {{"notified", "effect"},
                              {"tasks", "task"},
                              {"effects", "effect"},
                              {"alerts", "alert"},
                              {"signals", "signal"}};
constexpr std::string_view kOthers[] = {"not", "fired", "not_fired", "count", "tags", "who"};
// What the machinery keeps on records beside the declared fields.
constexpr std::string_view kKept[] = {
    "id",       "about",   "asked_by",  "to",        "text",        "urgent",           "template",
    "channel",  "with",    "workflow",  "body",      "reason",      "created_at",       "opened_at",
    "subject",  "contact", "escalated", "role",      "segments",    "escalated_at",     "key",
    "currency", "traits",  "object",    "opened_by", "messages_by", "escalation_reason"};

const Listed* listed(std::string_view key) {
  const auto* found = std::find_if(std::begin(kListed), std::end(kListed),
                                   [&](const Listed& one) { return one.key == key; });
  return found == std::end(kListed) ? nullptr : found;
}

// The elements of a list, of `exactly: […]`, or the one value.
std::span<const YamlNode> items_of(const YamlNode& node) {
  if (node.kind == Kind::kList) return node.items;
  if (node.kind == Kind::kScalar && node.text == "none") return {};
  return std::span(&node, 1);
}

const YamlNode* exactly(const YamlNode& node) {
  return node.kind == Kind::kMap && node.members.size() == 1 ? node.find("exactly") : nullptr;
}

std::string shown(const Json& value) {
  if (value.is_double()) return fmt::format("{}", value.as_double());
  return value.is_string() ? std::string(value.as_string()) : to_text(value);
}

std::string shown(const YamlNode& node) {
  return node.kind == Kind::kNull ? "nothing" : shown(node.to_json());
}

bool ends_in(std::string_view whole, std::string_view part) {
  return whole == part || (whole.size() > part.size() && whole.ends_with(part) &&
                           whole[whole.size() - part.size() - 1] == '/');
}

bool same_number(double a, double b) {
  return std::abs(a - b) <= 1e-9 * std::max({1.0, std::abs(a), std::abs(b)});
}

// One value against what was written; `type` says how texts are to be read.
class Matching {
 public:
  explicit Matching(const Observed& seen) : seen_(seen) {}

  bool matches(const YamlNode& want, const Json* got, const decide::Field* field) const {
    if (want.kind == Kind::kNull) return !got || got->is_null();
    if (!got || got->is_null()) return false;
    if (const YamlNode* list = exactly(want)) return matches_all(*list, *got, field);
    switch (want.kind) {
      case Kind::kList:
        return std::all_of(want.items.begin(), want.items.end(),
                           [&](const YamlNode& one) { return has(*got, one, field); });
      case Kind::kMap:
        return std::all_of(want.members.begin(), want.members.end(), [&](const auto& member) {
          return matches(member.second, got->find(member.first.text), nullptr);
        });
      default:
        return got->is_array() ? has(*got, want, field) : same(want, *got, field);
    }
  }

 private:
  bool has(const Json& list, const YamlNode& one, const decide::Field* field) const {
    if (!list.is_array()) return false;
    return std::any_of(list.as_array().begin(), list.as_array().end(),
                       [&](const Json& item) { return matches(one, &item, field); });
  }

  bool matches_all(const YamlNode& want, const Json& got, const decide::Field* field) const {
    const auto items = items_of(want);
    if (!got.is_array()) return items.size() == 1 && matches(items.front(), &got, field);
    if (got.as_array().size() != items.size()) return false;
    return std::all_of(items.begin(), items.end(),
                       [&](const YamlNode& one) { return has(got, one, field); });
  }

  bool same(const YamlNode& want, const Json& got, const decide::Field* field) const {
    if (!want.quoted && want.text.starts_with("~ "))
      return shown(got).find(want.text.substr(2)) != std::string::npos;
    if (field && field->type == decide::FieldType::kMoney) return same_read(want, got, *field);
    if (field && is_moment(*field)) {
      if (const auto span = relative_span(want.text))
        return shown(got) == format_time(seen_.now() + *span);
      return same_read(want, got, *field);
    }
    const Json json = want.to_json();
    if (json.is_number() && got.is_number()) return same_number(json.as_double(), got.as_double());
    return json == got || (got.is_string() && got.as_string() == want.text);
  }

  static bool is_moment(const decide::Field& field) {
    return field.type == decide::FieldType::kTime || field.type == decide::FieldType::kDate;
  }

  // As values of the field's type: 50 USD and 50.00 USD, a day and its first moment.
  bool same_read(const YamlNode& want, const Json& got, const decide::Field& field) const {
    const auto wanted = seen_.present().read_as(want.to_json(), field.type);
    const auto there = seen_.present().read_as(got, field.type);
    return wanted && there ? *wanted == *there : want.to_json() == got;
  }

  const Observed& seen_;
};

class Check {
 public:
  explicit Check(const Observed& seen) : seen_(seen), matching_(seen) {}

  std::vector<Failure> run(const YamlNode& expect) {
    if (const YamlNode* who = expect.find("who")) who_ = who->text;
    for (const auto& [key, value] : expect.members) one(key, value, Sense::kIs);
    return std::move(failures_);
  }

 private:
  enum class Sense { kIs, kIsNot };

  void fail(const YamlNode& at, std::string what, std::string expected, std::string got) {
    failures_.push_back({at.line, std::move(what), std::move(expected), std::move(got)});
  }

  void one(const YamlNode& key, const YamlNode& value, Sense sense) {
    if (key.text == "who") return;
    if (key.text == "not") {
      for (const auto& [inner, wanted] : value.members) one(inner, wanted, Sense::kIsNot);
    } else if (key.text == "fired" || key.text == "not_fired") {
      fired(value, (key.text == "fired") == (sense == Sense::kIs));
    } else if (key.text == "count") {
      counts(value, sense);
    } else if (key.text == "tags") {
      tags(value, sense);
    } else if (listed(key.text)) {
      list(key, value, sense);
    } else {
      object(key, value, sense);
    }
  }

  void fired(const YamlNode& rules, bool wanted) {
    const auto rows = seen_.trace();
    std::string all;
    for (const Json& row : rows)
      if (row.text("what") == "fired")
        all += (all.empty() ? "" : ", ") + std::string(row.text("rule"));
    for (const YamlNode& rule : items_of(rules)) {
      const bool did = std::any_of(rows.begin(), rows.end(), [&](const Json& row) {
        return row.text("what") == "fired" && ends_in(row.text("rule"), rule.text);
      });
      if (did == wanted) continue;
      fail(rule, wanted ? "fired" : "not_fired", rule.text,
           wanted ? (all.empty() ? "no rule fired" : all) : "it fired");
    }
  }

  std::vector<Record> rows_of(std::string_view key) const {
    const Listed& of = *listed(key);
    std::vector<Record> rows = key == "signals" ? seen_.records(of.object) : seen_.made(of.object);
    std::erase_if(rows, [&](const Record& row) {
      if (key == "notified") return row.fields.text("kind") != "notify";
      if (key == "signals") return row.fields.text("status") == "cleared";
      return false;
    });
    return rows;
  }

  void counts(const YamlNode& wanted, Sense sense) {
    for (const auto& [key, number] : wanted.members) {
      const size_t count =
          listed(key.text) ? rows_of(key.text).size() : seen_.records(key.text).size();
      const bool same = std::to_string(count) == number.text;
      if (same != (sense == Sense::kIs))
        fail(key, "count of " + key.text, (sense == Sense::kIs ? "" : "not ") + number.text,
             std::to_string(count));
    }
  }

  // Of any record in sight.
  void tags(const YamlNode& wanted, Sense sense) {
    for (const YamlNode& tag : items_of(wanted)) {
      std::string holder;
      for (std::string_view type : {"ticket", "conversation", "deal", "contact", "account"})
        for (const Record& record : seen_.records(type))
          if (const Json* tags = record.fields.find("tags"); tags && tags->is_array())
            for (const Json& one : tags->as_array())
              if (one == Json(tag.text)) holder = type;
      if (holder.empty() == (sense == Sense::kIs))
        fail(tag, "tags", (sense == Sense::kIs ? "" : "not ") + tag.text,
             holder.empty() ? "no record has it" : "a " + holder + " has it");
    }
  }

  // "manager" for {role: manager}; a signal or an alert by its name.
  bool row_matches(std::string_view key, const YamlNode& want, const Record& row) const {
    const Json* to = row.fields.find("to");
    if (want.kind == Kind::kScalar) {
      if (key == "signals") return row.fields.text("name") == want.text;
      if (key == "alerts") return row.fields.text("type") == want.text;
      if (key == "tasks") return row.fields.text("subject") == want.text;
      if (key == "effects") return row.fields.text("kind") == want.text;
      if (!to || !to->is_object()) return false;
      return std::any_of(to->as_object().begin(), to->as_object().end(),
                         [&](const auto& member) { return member.second == Json(want.text); });
    }
    return std::all_of(want.members.begin(), want.members.end(), [&](const auto& member) {
      const auto& [name, value] = member;
      if (key == "notified" && to)
        if (const Json* whom = to->find(name.text)) return matching_.matches(value, whom, nullptr);
      if (key == "tasks" && name.text == "to") return owner_matches(value, row);
      return field_matches(value, row, name.text);
    });
  }

  bool owner_matches(const YamlNode& to, const Record& task) const {
    return std::all_of(to.members.begin(), to.members.end(), [&](const auto& member) {
      const std::string name = member.first.text == "user" ? "owner" : member.first.text;
      return field_matches(member.second, task, name);
    });
  }

  bool field_matches(const YamlNode& want, const Record& record, const std::string& name) const {
    const auto got = seen_.value(record, name);
    // "account" for "account/acc_…".
    if (got && got->is_string() && (name == "about" || name == "on" || name == "of") &&
        got->as_string().starts_with(want.text + "/"))
      return true;
    return matching_.matches(want, got ? &*got : nullptr, seen_.field(record, name));
  }

  std::string rows_shown(std::string_view key, const std::vector<Record>& rows) const {
    if (rows.empty()) return "none";
    std::string out;
    for (const Record& row : rows) {
      Json shown_row = Json::object();
      for (const auto& [name, value] : row.fields.as_object()) {
        static constexpr std::string_view kDull[] = {"object",     "status",  "created_at", "at",
                                                     "subject_id", "account", "kind",       "of"};
        const std::string_view text = name;
        if (text == "kind" && key == "effects") shown_row.set(text, value);
        if (std::find(std::begin(kDull), std::end(kDull), text) == std::end(kDull))
          shown_row.set(text, value);
      }
      out += (out.empty() ? "" : "\n") + to_text(shown_row);
    }
    return out;
  }

  void list(const YamlNode& key, const YamlNode& value, Sense sense) {
    const auto rows = rows_of(key.text);
    const YamlNode* only = exactly(value);
    const YamlNode& wanted = only ? *only : value;
    const bool none = wanted.kind == Kind::kNull || items_of(wanted).empty();
    if (sense == Sense::kIs && none && !rows.empty())
      return fail(key, key.text, "none", rows_shown(key.text, rows));
    if (only && rows.size() != items_of(wanted).size())
      fail(key, key.text, fmt::format("exactly {}", items_of(wanted).size()),
           rows_shown(key.text, rows));
    if (none) return;
    for (const YamlNode& want : items_of(wanted)) {
      const bool there = std::any_of(rows.begin(), rows.end(), [&](const Record& row) {
        return row_matches(key.text, want, row);
      });
      if (there != (sense == Sense::kIs))
        fail(want, key.text, (sense == Sense::kIs ? "" : "not ") + shown(want),
             rows_shown(key.text, rows));
    }
  }

  void object(const YamlNode& key, const YamlNode& value, Sense sense) {
    if (value.kind == Kind::kList) {
      for (const YamlNode& want : value.items) any_of(key, want, sense);
      return;
    }
    auto record = seen_.the(key.text, who_);
    if (const YamlNode* id = value.find("external_id"))
      for (const Record& other : seen_.records(key.text))
        if (other.fields.text("external_id") == id->text) record = other;
    if (value.kind == Kind::kNull) {
      if (record.has_value() == (sense == Sense::kIs))
        fail(key, key.text, sense == Sense::kIs ? "none" : "one", record ? "there is one" : "none");
      return;
    }
    if (!record && sense == Sense::kIs)
      return fail(key, key.text, "one", fmt::format("there is no {}", key.text));
    for (const auto& [name, want] : value.members)
      field(*this, key.text, name, want, record, sense);
  }

  static void field(Check& check, const std::string& object, const YamlNode& name,
                    const YamlNode& want, const std::optional<Record>& record, Sense sense) {
    const auto got = record ? check.seen_.value(*record, name.text) : std::nullopt;
    const bool is =
        record ? check.field_matches(want, *record, name.text) : want.kind == Kind::kNull;
    if (is == (sense == Sense::kIs)) return;
    check.fail(name, object + "." + name.text, (sense == Sense::kIs ? "" : "not ") + shown(want),
               got ? shown(*got) : "nothing");
  }

  // Some record of the object is so.
  void any_of(const YamlNode& key, const YamlNode& want, Sense sense) {
    const auto records = seen_.records(key.text);
    const bool there = std::any_of(records.begin(), records.end(), [&](const Record& record) {
      return std::all_of(want.members.begin(), want.members.end(), [&](const auto& member) {
        return field_matches(member.second, record, member.first.text);
      });
    });
    if (there != (sense == Sense::kIs))
      fail(want, key.text, (sense == Sense::kIs ? "one with " : "none with ") + shown(want),
           rows_shown(key.text, records));
  }

  const Observed& seen_;
  Matching matching_;
  std::string who_;
  std::vector<Failure> failures_;
};

// Whether what is expected can be.
class Reading {
 public:
  Reading(const decide::Definitions& definitions, YamlDocument& document)
      : definitions_(definitions), document_(document) {
    for (const Listed& one : kListed) keys_.emplace_back(one.key);
    for (std::string_view other : kOthers) keys_.emplace_back(other);
    for (uint32_t i = 0; i < definitions.vocabulary.objects(); ++i)
      objects_.push_back(definitions.vocabulary.object(i).name);
    for (const auto& rule : definitions.rules) rules_.push_back(rule.name);
    for (const auto& rule : definitions.rules)
      rules_.push_back(rule.name.substr(rule.name.rfind('/') + 1));
    for (const auto& signal : definitions.signals) signals_.push_back(signal.spec->id);
  }

  void expectation(const YamlNode& node) {
    if (node.kind != Kind::kMap || node.members.empty())
      return document_.refuse(node, "'expect' is a mapping of what must be so");
    for (const auto& [key, value] : node.members) one(key, value);
  }

 private:
  void one(const YamlNode& key, const YamlNode& value) {
    if (key.text == "not") {
      if (value.kind != Kind::kMap) return document_.refuse(value, "'not' is a mapping");
      expectation(value);
    } else if (key.text == "fired" || key.text == "not_fired") {
      for (const YamlNode& rule : items_of(value)) named(rule, rules_, "rule");
    } else if (key.text == "count") {
      counts(value);
    } else if (key.text == "signals") {
      signals(value);
    } else if (const Listed* list = listed(key.text)) {
      rows(*list, value);
    } else if (std::find(objects_.begin(), objects_.end(), key.text) != objects_.end()) {
      object(key.text, value);
    } else if (std::find(std::begin(kOthers), std::end(kOthers), key.text) == std::end(kOthers)) {
      auto all = keys_;
      all.insert(all.end(), objects_.begin(), objects_.end());
      document_.refuse(key, fmt::format("nothing called '{}' can be expected{}", key.text,
                                        suggestion(key.text, all)));
    }
  }

  void named(const YamlNode& node, const std::vector<std::string>& known, std::string_view what) {
    const bool there = std::any_of(known.begin(), known.end(), [&](const std::string& name) {
      return ends_in(name, node.text);
    });
    if (!there)
      document_.refuse(node, fmt::format("there is no {} '{}'{}", what, node.text,
                                         suggestion(node.text, known)));
  }

  void counts(const YamlNode& value) {
    if (value.kind != Kind::kMap) return document_.refuse(value, "'count' is a mapping");
    for (const auto& [key, number] : value.members) {
      if (!listed(key.text)) named(key, objects_, "object");
      if (!number.to_json().is_int()) document_.refuse(number, "a count is a whole number");
    }
  }

  void signals(const YamlNode& value) {
    const YamlNode* only = exactly(value);
    for (const YamlNode& one : items_of(only ? *only : value)) {
      if (one.kind == Kind::kScalar) named(one, signals_, "signal");
      const YamlNode* name = one.find("name");
      if (name) named(*name, signals_, "signal");
      if (one.kind == Kind::kMap) fields("signal", one);
    }
  }

  void rows(const Listed& list, const YamlNode& value) {
    const YamlNode* only = exactly(value);
    for (const YamlNode& one : items_of(only ? *only : value)) {
      if (one.kind == Kind::kList) document_.refuse(one, "a text or a mapping is meant here");
      if (one.kind == Kind::kMap) fields(list.object, one);
    }
  }

  void object(std::string_view name, const YamlNode& value) {
    if (value.kind == Kind::kScalar)
      return document_.refuse(value, fmt::format("{} is a mapping of fields", name));
    const bool list = value.kind == Kind::kList;
    for (const YamlNode& one : list ? std::span(value.items) : std::span(&value, 1))
      fields(name, one);
  }

  void fields(std::string_view object, const YamlNode& map) {
    const auto& of = definitions_.vocabulary.object(definitions_.vocabulary.find_object(object));
    std::vector<std::string> names;
    for (const auto& field : of.fields) names.push_back(field.name);
    for (const auto& [key, value] : map.members) {
      if (of.find(key.text) ||
          std::find(std::begin(kKept), std::end(kKept), key.text) != std::end(kKept))
        continue;
      if (object == "effect" && (key.text == "team" || key.text == "user")) continue;
      const auto owns = [&](const auto& owner) { return owner.object == key.text; };
      if (std::any_of(of.belongs_to.begin(), of.belongs_to.end(), owns)) continue;
      document_.refuse(key, fmt::format("{} has no field '{}'{}", object, key.text,
                                        suggestion(key.text, names)));
    }
  }

  const decide::Definitions& definitions_;
  YamlDocument& document_;
  std::vector<std::string> keys_, objects_, rules_, signals_;
};

}  // namespace

void check_expectation(const YamlNode& expect, const decide::Definitions& definitions,
                       YamlDocument& document) {
  Reading(definitions, document).expectation(expect);
}

std::vector<Failure> unmet(const YamlNode& expect, const Observed& seen) {
  return Check(seen).run(expect);
}

}  // namespace rapport::cases
