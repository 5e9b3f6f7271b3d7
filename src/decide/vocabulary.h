// What expressions may name: objects with their fields, the event, settings; and where each name's
// value comes from.
//
// Made once when packs are compiled, then immutable but for the slots, which are given out while
// expressions are read; reading is one-threaded.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decide/pack/spec.h"
#include "expr/declarations.h"
#include "expr/record.h"
#include "expr/registry.h"

namespace rapport::decide {

// Who makes a field.
enum class FieldMaker : uint8_t {
  kGiven,     // events, people, rules
  kComputed,  // `is`
  kMetric,
  kClock,
  kRollup,
  kScore,  // also parts, bands and the like
  kStage,
};

struct Field {
  std::string name;
  FieldType type = FieldType::kText;
  FieldClass field_class = FieldClass::kPlain;
  std::vector<std::string> values = {};  // of an enum, lowest first
  FieldMaker maker = FieldMaker::kGiven;
  uint32_t number = 0;  // of the metric, clock, … that makes it
  Place place = {};
};

struct Object {
  std::string name;
  std::string storage;  // type of its records: its own for built-in objects, else "object"
  std::string prefix;   // of ids
  std::vector<ObjectSpec::Owner> belongs_to = {};
  std::deque<Field> fields = {};
  std::map<std::string, uint32_t, std::less<>> numbers = {};
  const Field* find(std::string_view field) const;
};

// Built-in objects with the fields that the fold itself writes.
std::vector<Object> built_in_objects();

enum class Source : uint8_t {
  kRecord,  // the whole record
  kField,
  kMetric,  // a field, made of a series beside the record
  kId,
  kCreatedAt,
  kEvent,      // the whole event
  kEventPart,  // type, at, …
  kProperty,
  kSaid,
  kTrigger,
  kSetting,
  kWorkspace,
  kNow,
  kGroup,  // said, trigger, setting, workspace as a whole
};

struct SlotSource {
  Source source = Source::kNow;
  uint32_t object = 0;
  uint32_t field = 0;
  std::string name;  // last part of the path
};

class Vocabulary final : public expr::Layout {
 public:
  static constexpr uint32_t kNone = ~0u;
  static constexpr uint32_t kAgent = ~0u - 1;  // in place of an object: the user of the event

  Vocabulary();  // with the built-in objects

  // Null with a reason when the name is taken.
  Object* add_object(Object object);
  // The number of the field; nothing when the object has one of that name already.
  std::optional<uint32_t> add_field(uint32_t object, Field field);
  void add_setting(const SettingSpec& setting);

  uint32_t find_object(std::string_view name) const;  // kNone
  const Object& object(uint32_t number) const { return objects_[number]; }
  Object& object(uint32_t number) { return objects_[number]; }
  size_t objects() const { return objects_.size(); }

  // Objects, fields, event and the rest as the checker wants them.
  Result<expr::Declarations> declarations(const expr::Registry& registry) const;

  std::optional<uint32_t> slot(std::string_view path) const override;
  const SlotSource& source(uint32_t slot) const { return slots_[slot]; }
  size_t slots() const { return slots_.size(); }
  // "account.mrr": the object's and the field's number.
  std::optional<std::pair<uint32_t, uint32_t>> field_at(std::string_view path) const;

  const std::map<std::string, SettingSpec, std::less<>>& settings() const { return settings_; }

 private:
  std::deque<Object> objects_;
  std::map<std::string, uint32_t, std::less<>> object_numbers_;
  std::map<std::string, SettingSpec, std::less<>> settings_;
  mutable std::deque<SlotSource> slots_;
  mutable std::map<std::string, uint32_t, std::less<>> slot_numbers_;
};

// As a type of expressions.
expr::Type type_of(FieldType type);

}  // namespace rapport::decide
