// Actions that write fields, tags and links.
#include <algorithm>

#include "decide/actions.h"
#include "decide/contact_fields.h"
#include "decide/series_reading.h"
#include "expr/functions/money.h"

namespace rapport::decide {

using model::Record;
using model::RecordKey;

namespace {

struct Target {
  RecordKey key;
  const Field* field = nullptr;
  std::string name;
};

// "ticket.priority" in sight.
std::optional<Target> target(Acting& acting, std::string_view path) {
  const size_t dot = path.find('.');
  if (dot == path.npos) return std::nullopt;
  const std::string_view object = path.substr(0, dot);
  auto key = acting.in_sight(object);
  if (!key) return std::nullopt;
  const Vocabulary& vocabulary = acting.definitions().vocabulary;
  const std::string name(path.substr(dot + 1));
  return Target{std::move(*key), vocabulary.object(vocabulary.find_object(object)).find(name),
                name};
}

const Json* stored(Acting& acting, const Target& to) {
  const Record* record = acting.record(to.key);
  return record ? record->fields.find(to.name) : nullptr;
}

void set_all(Acting& acting, std::string_view how) {
  for (const auto& [path, value] : acting.act.arguments) {
    if (!value) continue;  // something it needs is missing
    const auto to = target(acting, path);
    if (!to) continue;
    if (how == "estimate") {
      const Record* record = acting.record(to->key);
      const Json* by = record->provenance.find(to->name);
      const Json* traits = record->fields.find("traits");
      const bool given = record->fields.find(to->name)
                             ? !(by && by->is_object() && by->text("how") == "estimate")
                             : traits && traits->find(to->name);
      if (given) {
        acting.skip(path + " was given: an estimate does not replace it");
        continue;
      }
    }
    acting.write(to->key, to->name, *value, how);
  }
}

}  // namespace

void set_fields(Acting& acting) {
  set_all(acting, "set");
}

void estimate_fields(Acting& acting) {
  set_all(acting, "estimate");
}

// Of several the highest holds, whoever comes first.
void raise_fields(Acting& acting) {
  for (const auto& [path, value] : acting.act.arguments) {
    const auto to = target(acting, path);
    if (!to || !value || !value->is_string() || !to->field) continue;
    const auto& ranks = to->field->values;
    const auto rank = [&](std::string_view word) {
      return std::find(ranks.begin(), ranks.end(), word) - ranks.begin();
    };
    const Json* old = stored(acting, *to);
    if (old && old->is_string() && rank(old->as_string()) < std::ssize(ranks) &&
        rank(old->as_string()) >= rank(value->as_string()))
      continue;
    acting.rounds.write(to->key, to->name, *value);
    acting.step()
        .edit(to->key.type, to->key.id)
        .provenance.set(to->name, Json::object()
                                      .set("s", acting.step().event().sequence.value)
                                      .set("by", acting.rule())
                                      .set("how", "raise"));
  }
}

void take_fields(Acting& acting) {
  const model::Event* event = acting.firing.scene.event;
  if (!event) return acting.skip("there is no event to take from");
  for (const auto& [path, value] : acting.act.arguments) {
    if (!value || !value->is_string()) continue;
    const std::string object = path.substr(0, path.find('.'));
    const std::string name(value->as_string());
    const Json* given = event->properties.find(name);
    if (!given) continue;
    const auto to = target(acting, object + "." + name);
    if (to) acting.write(to->key, name, *given, "take");
  }
}

void add_fields(Acting& acting) {
  for (const auto& [path, value] : acting.act.arguments) {
    const auto to = target(acting, path);
    if (!to || !value) continue;
    expr::Arena arena;
    const FieldType type = to->field ? to->field->type : FieldType::kNumber;
    const Json* old = stored(acting, *to);
    const auto more = show(*value, type, acting.definitions(), Json(), arena);
    const auto had = old ? show(*old, type, acting.definitions(), Json(), arena) : expr::Value();
    if (type == FieldType::kMoney) {
      if (!more.is(expr::Kind::kMoney)) continue;
      expr::Money sum = more.as_money();
      if (had.is(expr::Kind::kMoney)) {
        if (had.as_money().currency != sum.currency) {
          acting.skip("two currencies cannot be added without a rate");
          continue;
        }
        sum.minor += had.as_money().minor;
      }
      acting.write(to->key, to->name, *store_value(expr::Value::money(sum), arena), "add");
    } else if (type == FieldType::kInt && more.is(expr::Kind::kInt)) {
      acting.write(to->key, to->name, (had.is(expr::Kind::kInt) ? had.as_int() : 0) + more.as_int(),
                   "add");
    } else if (more.is_number()) {
      const auto a = decimal(more.is(expr::Kind::kInt) ? static_cast<double>(more.as_int())
                                                       : more.as_double());
      const auto b = decimal(had.is(expr::Kind::kDouble) ? had.as_double() : 0.0);
      if (a && b)
        acting.write(to->key, to->name, static_cast<double>(a->millionths + b->millionths) / 1e6,
                     "add");
    }
  }
}

void create_record(Acting& acting) {
  const std::string object = acting.act.text("object");
  const Vocabulary& vocabulary = acting.definitions().vocabulary;
  const uint32_t number = vocabulary.find_object(object);
  if (number == Vocabulary::kNone) return acting.skip("there is no object '" + object + "'");
  std::string id;
  if (acting.act.action->find("key")) {
    const Json* key = acting.act.find("key");
    if (!key) return acting.skip("its key cannot be told");
    const std::string text = key->is_string() ? std::string(key->as_string()) : to_text(*key);
    id = acting.rounds.id_for(vocabulary.object(number).prefix, {object, text});
  } else {
    id = acting.once_id(vocabulary.object(number).prefix);
  }
  Scene owners = acting.firing.scene;
  for (const auto& [owner, value] : acting.act.under("belongs_to"))
    if (const uint32_t of = vocabulary.find_object(owner); of != Vocabulary::kNone)
      owners.set(of, *value && (*value)->is_string() ? std::string((*value)->as_string()) : "");
  const RecordKey made = acting.rounds.make(object, id, owners);
  for (const auto& [field, value] : acting.act.under("set"))
    if (*value) acting.write(made, field, **value);
  acting.firing.scene.set(number, made.id);  // the actions after it see it
}

void update_record(Acting& acting) {
  const Vocabulary& vocabulary = acting.definitions().vocabulary;
  const uint32_t number = vocabulary.find_object(acting.act.text("object"));
  if (number == Vocabulary::kNone) return acting.skip("there is no such object");
  std::string id = acting.act.text("id");
  if (const Json* key = acting.act.find("key"))
    id = acting.rounds.id_for(vocabulary.object(number).prefix,
                              {acting.act.text("object"),
                               key->is_string() ? std::string(key->as_string()) : to_text(*key)});
  const RecordKey key = key_of(acting.definitions(), number, id);
  if (id.empty() || !acting.record(key)) return acting.skip("there is no such record");
  for (const auto& [field, value] : acting.act.under("set"))
    if (*value) acting.write(key, field, **value);
}

// An account by the group id the sender uses; any other record by the key it was made with.
void link_record(Acting& acting) {
  const Vocabulary& vocabulary = acting.definitions().vocabulary;
  for (const auto& [path, value] : acting.act.arguments) {
    const auto to = target(acting, path);
    if (!to || !value || !value->is_string()) continue;
    const std::string given(value->as_string());
    const std::string object = to->name == "parent" ? std::string(model::kAccount) : to->name;
    std::string id;
    if (object == model::kAccount) {
      const auto known = acting.step().ids_with(model::kAccount, "group_id", given);
      id = known.empty() ? std::string() : known.front();
      if (id.empty() && acting.step().find(model::kAccount, given)) id = given;
    } else if (const uint32_t of = vocabulary.find_object(object); of != Vocabulary::kNone) {
      id = acting.rounds.id_for(vocabulary.object(of).prefix, {object, given});
      if (!acting.step().find(vocabulary.object(of).storage, id)) id.clear();
    }
    if (id.empty() || id == to->key.id) {
      acting.skip("there is no " + object + " '" + given + "'");
      continue;
    }
    acting.write(to->key, to->name, id, "link");
  }
}

namespace {

enum class Tagging { kAdd, kRemove };

void tag(Acting& acting, Tagging tagging) {
  for (const auto& [path, value] : acting.act.arguments) {
    if (!value || !value->is_string()) continue;
    const auto key = acting.in_sight(path.substr(0, path.find('.')));
    if (!key) continue;
    const Record* record = acting.record(*key);
    Json tags = Json::array();
    bool there = false;
    for (const Json& one : values_of(record->fields, "tags")) {
      there |= one == *value;
      if (tagging == Tagging::kAdd || !(one == *value)) tags.push_back(one);
    }
    if (there == (tagging == Tagging::kAdd)) continue;
    if (tagging == Tagging::kAdd) tags.push_back(*value);
    acting.rounds.write(*key, "tags", tags);
  }
}

}  // namespace

void tag_record(Acting& acting) {
  tag(acting, Tagging::kAdd);
}
void untag_record(Acting& acting) {
  tag(acting, Tagging::kRemove);
}

}  // namespace rapport::decide
