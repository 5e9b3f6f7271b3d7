#include <algorithm>
#include <charconv>
#include <cmath>
#include <new>

#include "decide/clocks.h"
#include "decide/contact_fields.h"
#include "decide/scene.h"
#include "decide/series.h"
#include "expr/functions/money.h"

namespace rapport::decide {

using expr::Arena;
using expr::Value;
using model::Record;

namespace {

class JsonList final : public expr::ListView {
 public:
  explicit JsonList(const Json::Array& items) : items_(items) {}
  uint32_t size() const override { return static_cast<uint32_t>(items_.size()); }
  Value at(uint32_t index, Arena& arena) const override { return show_any(items_[index], arena); }

 private:
  const Json::Array& items_;
};

class JsonObject final : public expr::MapView {
 public:
  explicit JsonObject(const Json& json) : json_(json) {}
  uint32_t size() const override { return static_cast<uint32_t>(json_.as_object().size()); }
  expr::MapEntry at(uint32_t index, Arena& arena) const override {
    const Json::Member& member = json_.as_object()[index];
    return {Value::string(static_cast<std::string_view>(member.first)),
            show_any(member.second, arena)};
  }
  Value find(const Value& key, Arena& arena) const override {
    const Json* found = key.is(expr::Kind::kString) ? json_.find(key.as_text()) : nullptr;
    return found == nullptr ? Value::absent() : show_any(*found, arena);
  }
  std::string_view type_name() const override { return "record"; }

 private:
  const Json& json_;
};

template <class View, class Shown>
const View* make(const Shown& shown, Arena& arena) {
  void* room = arena.array<View>(1);
  return room ? new (room) View(shown) : nullptr;
}

Value show_list(const Json::Array& items, Arena& arena) {
  const auto* view = make<JsonList>(items, arena);
  return view ? Value::list(view) : arena.error("too much memory");
}

Value instant(Micros at) {
  const int64_t seconds =
      at.value >= 0 ? at.value / 1'000'000 : -((-at.value + 999'999) / 1'000'000);
  return Value::timestamp(
      {seconds, static_cast<uint32_t>((at.value - seconds * 1'000'000) * 1000)});
}

std::optional<double> to_number(const Json& value) {
  if (value.is_number()) return value.as_double();
  if (!value.is_string()) return std::nullopt;
  const auto text = value.as_string();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "12.50" and "12.50 EUR"; a number is in the workspace's currency, or in the one beside it.
Value show_money(const Json& value, const Definitions& definitions, const Json& siblings) {
  std::string text;
  if (value.is_string()) {
    text = value.as_string();
  } else if (value.is_int()) {
    text = std::to_string(value.as_int());
  } else if (value.is_double()) {
    char digits[64];
    const auto [end, error] =
        std::to_chars(digits, digits + sizeof digits, value.as_double(), std::chars_format::fixed);
    if (error != std::errc()) return Value::absent();
    text.assign(digits, end);
  } else if (value.is_object()) {
    const Json* amount = value.find("amount");
    return amount && !amount->is_object() ? show_money(*amount, definitions, value)
                                          : Value::absent();
  }
  if (text.find(' ') == text.npos) {
    const auto beside = siblings.text("currency");
    text += ' ';
    text += beside.empty() ? std::string_view(definitions.currency) : beside;
  }
  const auto money = expr::read_money(text);
  return money ? Value::money(*money) : Value::absent();
}

Value show_date(const Json& value, const Definitions& definitions) {
  const auto at = parse_time(value.as_string());
  if (!at.ok()) return Value::absent();
  if (value.as_string().size() != 10) return instant(*at);
  return instant(start_of_day(*definitions.zone, at->value / days(1).value));
}

}  // namespace

Value show_any(const Json& value, Arena& arena) {
  if (value.is_bool()) return Value::boolean(value.as_bool());
  if (value.is_int()) return Value::integer(value.as_int());
  if (value.is_double()) return Value::real(value.as_double());
  if (value.is_string()) return Value::string(value.as_string());
  if (value.is_array()) return show_list(value.as_array(), arena);
  if (value.is_object()) {
    const auto* view = make<JsonObject>(value, arena);
    return view ? Value::object(view) : arena.error("too much memory");
  }
  return Value::null();
}

Value show(const Json& value, FieldType type, const Definitions& definitions, const Json& siblings,
           Arena& arena) {
  if (value.is_null()) return Value::absent();
  switch (type) {
    case FieldType::kText:
    case FieldType::kEnum:
      return value.is_string() ? Value::string(value.as_string()) : Value::absent();
    case FieldType::kInt: {
      if (value.is_int()) return Value::integer(value.as_int());
      const auto number = to_number(value);
      if (!number || std::abs(*number) > 9e15 || *number != std::floor(*number))
        return Value::absent();
      return Value::integer(static_cast<int64_t>(*number));
    }
    case FieldType::kNumber: {
      const auto number = to_number(value);
      return number ? Value::real(*number) : Value::absent();
    }
    case FieldType::kBool:
      if (value.is_bool()) return Value::boolean(value.as_bool());
      if (value.is_string() && (value.as_string() == "true" || value.as_string() == "false"))
        return Value::boolean(value.as_string() == "true");
      return Value::absent();
    case FieldType::kTime:
    case FieldType::kDate:
      return value.is_string() ? show_date(value, definitions) : Value::absent();
    case FieldType::kMoney:
      return show_money(value, definitions, siblings);
    case FieldType::kTexts:
      return value.is_array() ? show_list(value.as_array(), arena) : Value::absent();
    case FieldType::kAny:
      return show_any(value, arena);
  }
  BUG("unknown type of a field");
}

namespace {

Value show_reading(const Reading& reading, Arena& arena) {
  switch (reading.kind) {
    case Reading::Kind::kAbsent:
      return Value::absent();
    case Reading::Kind::kInt:
      return Value::integer(reading.amount);
    case Reading::Kind::kDecimal:
      return Value::real(static_cast<double>(reading.amount) / 1e6);
    case Reading::Kind::kMoney:
      return Value::money({reading.amount, reading.currency});
    case Reading::Kind::kText:
      return arena.string(reading.text);
  }
  BUG("unknown kind of a reading");
}

const Json* stored(const Record& record, const Field& field) {
  const Json* value = record.fields.find(field.name);
  if (value) return value;
  if (field.name == "email" || field.name == "phone") {
    const auto& all = values_of(record.fields, field.name + "s");
    return all.empty() ? nullptr : &all.front();
  }
  const Json* traits = record.fields.find("traits");
  return traits ? traits->find(field.name) : nullptr;
}

}  // namespace

const Record* SceneView::record(uint32_t object) const {
  if (!memory_ || object >= memory_->records.size()) return find_record(object);
  forget_changed();
  if (memory_->found_in[object] != memory_->turn) {
    memory_->records[object] = find_record(object);
    memory_->found_in[object] = memory_->turn;
  }
  return memory_->records[object];
}

const Record* SceneView::find_record(uint32_t object) const {
  if (instead_ && instead_->first == object) return instead_->second;
  if (object == Vocabulary::kAgent)
    return scene_.agent.empty() ? nullptr : step_.find(model::kUser, scene_.agent);
  const std::string& id = scene_.id(object);
  return id.empty() ? nullptr : step_.find(definitions_.vocabulary.object(object).storage, id);
}

std::optional<Micros> SceneView::instant_of(uint32_t object, uint32_t number) const {
  const Record* of = record(object);
  if (!of) return std::nullopt;
  const Field& field = definitions_.vocabulary.object(object).fields[number];
  const Json* value = stored(*of, field);
  Arena arena;
  const Value at =
      value ? show(*value, field.type, definitions_, of->fields, arena) : Value::absent();
  if (!at.is(expr::Kind::kTimestamp)) return std::nullopt;
  return Micros{at.as_span().seconds * 1'000'000 + at.as_span().nanos / 1000};
}

Value SceneView::made(const Record& record, const Field& field, Arena& arena) const {
  if (field.maker == FieldMaker::kClock) {
    const CompiledClock& clock = definitions_.clocks[field.number];
    const Field& of = definitions_.vocabulary.object(clock.object).fields[clock.from];
    const auto at = instant_of(clock.object, clock.from);
    if (!at) return Value::absent();
    return Value::integer(read_clock(*clock.spec, of.type, *at, *definitions_.zone, scene_.now()));
  }
  const CompiledMetric& metric = definitions_.metrics[field.number];
  const auto key = derived_key(record.key);
  const Record* derived = step_.find(key.type, key.id);
  const Json* series = derived ? derived->fields.find("series") : nullptr;
  const auto read = Series::read(metric.metric, series ? series->text(field.name) : "");
  if (!read.ok()) return arena.error("a damaged series");
  return show_reading(read->value(*definitions_.zone, scene_.now()), arena);
}

Value SceneView::field(const SlotSource& source, Arena& arena) const {
  const Record* of = record(source.object);
  if (!of) return Value::absent();
  const uint32_t object = source.object == Vocabulary::kAgent
                              ? definitions_.vocabulary.find_object(model::kUser)
                              : source.object;
  const Field& field = definitions_.vocabulary.object(object).fields[source.field];
  if (field.maker == FieldMaker::kMetric || field.maker == FieldMaker::kClock)
    return made(*of, field, arena);
  const Json* value = stored(*of, field);
  return value ? show(*value, field.type, definitions_, of->fields, arena) : Value::absent();
}

namespace {

// A whole record, as `account.?plan` asks it: its fields are the same as by their paths.
class RecordObject final : public expr::MapView {
 public:
  struct Shown {
    const SceneView& view;
    const Object& object;
    uint32_t number;
    const Json& fields;
  };
  explicit RecordObject(const Shown& shown) : shown_(shown) {}
  uint32_t size() const override { return static_cast<uint32_t>(shown_.fields.as_object().size()); }
  expr::MapEntry at(uint32_t index, Arena& arena) const override {
    const Json::Member& member = shown_.fields.as_object()[index];
    const std::string_view name = member.first;
    return {Value::string(name), value_of(name, &member.second, arena)};
  }
  Value find(const Value& key, Arena& arena) const override {
    if (!key.is(expr::Kind::kString)) return Value::absent();
    return value_of(key.as_text(), shown_.fields.find(key.as_text()), arena);
  }
  std::string_view type_name() const override { return "record"; }

 private:
  Value value_of(std::string_view name, const Json* stored, Arena& arena) const {
    const auto known = shown_.object.numbers.find(name);
    if (known != shown_.object.numbers.end())
      return shown_.view.value_of(shown_.number, known->second, arena);
    return stored ? show_any(*stored, arena) : Value::absent();
  }

  Shown shown_;
};

Value event_part(const model::Event& event, std::string_view name) {
  if (name == "type") return Value::string(event.type);
  if (name == "at") return instant(event.at);
  if (name == "received_at") return instant(event.received_at);
  if (name == "sequence") return Value::integer(static_cast<int64_t>(event.sequence.value));
  return Value::string(event.message_id);
}

Value property(const model::Event& event, std::string_view name, Arena& arena) {
  const Json* value = event.properties.find(name);
  if (!value)
    if (const Json* traits = event.properties.find("traits")) value = traits->find(name);
  if (!value && name == "context") value = &event.context;
  return value ? show_any(*value, arena) : Value::absent();
}

Value setting(const Definitions& definitions, std::string_view name, Arena& arena) {
  const auto it = definitions.settings.find(name);
  const auto spec = definitions.vocabulary.settings().find(name);
  if (it == definitions.settings.end() || spec == definitions.vocabulary.settings().end())
    return Value::absent();
  const Json& value = it->second;
  switch (spec->second.type) {
    case SettingType::kSpan:
      return Value::duration(
          {value.as_int() / 1'000'000, static_cast<uint32_t>(value.as_int() % 1'000'000 * 1000)});
    case SettingType::kMoney:
      return show(value, FieldType::kMoney, definitions, Json(), arena);
    case SettingType::kNumber:
      return Value::real(value.as_double());
    default:
      return show_any(value, arena);
  }
}

}  // namespace

void SceneView::forget_changed() const {
  if (read_at_ == step_.changes()) return;
  ++memory_->turn;
  read_at_ = step_.changes();
}

Value SceneView::load(uint32_t slot, Arena& arena) const {
  if (!memory_) return read(slot, arena);
  forget_changed();
  const bool metric = definitions_.vocabulary.source(slot).source == Source::kMetric;
  const uint32_t since = metric ? memory_->first : memory_->turn;  // writing records changes none
  Value& kept = memory_->values[slot];
  if (memory_->read_in[slot] < since) {
    kept = read(slot, arena);
    memory_->read_in[slot] = memory_->turn;
  }
  return kept;
}

Value SceneView::read(uint32_t slot, Arena& arena) const {
  const SlotSource& source = definitions_.vocabulary.source(slot);
  const model::Event* event = scene_.event;
  switch (source.source) {
    case Source::kRecord: {
      const Record* of = record(source.object);
      if (!of) return Value::absent();
      const auto& vocabulary = definitions_.vocabulary;
      const bool agent = source.object == Vocabulary::kAgent;
      const uint32_t object = agent ? vocabulary.find_object(model::kUser) : source.object;
      const auto* whole = make<RecordObject>(
          RecordObject::Shown{*this, vocabulary.object(object), source.object, of->fields}, arena);
      return whole ? Value::object(whole) : arena.error("too much memory");
    }
    case Source::kField:
    case Source::kMetric:
      return field(source, arena);
    case Source::kId: {
      const Record* of = record(source.object);
      return of ? Value::string(of->key.id) : Value::absent();
    }
    case Source::kCreatedAt: {
      const Record* of = record(source.object);
      const auto at = of ? parse_time(of->fields.text("created_at")) : Result<Micros>(Micros{});
      return of && at.ok() ? instant(*at) : Value::absent();
    }
    case Source::kEvent:
      return event ? show_any(event->properties, arena) : Value::absent();
    case Source::kEventPart:
      return event ? event_part(*event, source.name) : Value::absent();
    case Source::kProperty:
      return event ? property(*event, source.name, arena) : Value::absent();
    case Source::kSaid: {
      const Json* said = scene_.said();
      const Json* value = said ? said->find(source.name) : nullptr;
      if (!value) return Value::absent();
      const bool money = source.name == "budget" || source.name == "amount";
      return money ? show(*value, FieldType::kMoney, definitions_, Json(), arena)
                   : show_any(*value, arena);
    }
    case Source::kTrigger: {
      const Json* value = scene_.trigger ? scene_.trigger->find(source.name) : nullptr;
      return value ? show_any(*value, arena) : Value::absent();
    }
    case Source::kSetting:
      return setting(definitions_, source.name, arena);
    case Source::kWorkspace:
      return Value::string(source.name == "zone" ? definitions_.zone_name : definitions_.currency);
    case Source::kNow:
      return instant(scene_.now());
    case Source::kGroup:
      return arena.error("name one member, such as setting.name");
  }
  BUG("unknown source of a value");
}

}  // namespace rapport::decide
