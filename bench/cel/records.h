// Random records of chats, contacts, accounts and tickets, as slots and as JSON text, and the
// conditions that all engines of this bench tell over them.
#pragma once

#include <cstdint>
#include <deque>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expr/record.h"

namespace rapport::bench {

enum Slot : uint32_t {
  kType,
  kIntents,
  kText,
  kEmail,
  kEmailDomain,
  kFreeMail,
  kLtv,
  kRetentionRisk,
  kUpsellPotential,
  kTier,
  kSubject,
  kTags,
  kAmount,
  kSlots,
};
extern const std::vector<std::string> kPaths;  // by slot

struct Condition {
  const char* id;      // of the line of the specification
  int points;          // of CH-40 and CH-41, else 0
  const char* source;  // CEL
};
constexpr uint32_t kFirstOfChat41 = 6;
constexpr uint32_t kFirstRule = 13;
extern const std::span<const Condition> kConditions;

class SlotRecord : public expr::RecordView {
 public:
  void show(std::span<const expr::Value> values) { ready_ = values; }

 protected:
  expr::Value load(uint32_t, expr::Arena&) const override { return expr::Value::absent(); }
};

// So many records, made anew each time.
class Records {
 public:
  explicit Records(size_t count) : records_(count), values_(count * kSlots), json_(count) {}
  void make(std::mt19937_64& random);
  size_t size() const { return records_.size(); }
  const SlotRecord& view(size_t i) const { return records_[i]; }
  const std::string& json(size_t i) const { return json_[i]; }

 private:
  void make_one(size_t i, std::mt19937_64& random);
  expr::Value keep(std::string text);
  expr::Value keep(const std::vector<std::string>& texts);

  std::vector<SlotRecord> records_;
  std::vector<expr::Value> values_;
  std::vector<std::string> json_;
  std::deque<std::string> texts_;
  std::deque<std::vector<expr::Value>> lists_;
};

}  // namespace rapport::bench
