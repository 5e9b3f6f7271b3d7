// The compiled form of expressions: a flat array of operations, operands side by side.
//
// What a test of a field against constants needs is one operation that reads the slot itself. Each
// of these knows what every kind of value means for it, so nothing is ever handed back half done.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "expr/arena.h"
#include "expr/binding.h"
#include "expr/program_words.h"
#include "expr/value.h"

namespace rapport::expr {

// What a condition came to. In this order: of several joined by &&, the least counts.
enum class Truth : uint8_t { kFalse, kUnknown, kError, kTrue };

inline Truth operator!(Truth t) {
  return t == Truth::kFalse ? Truth::kTrue : t == Truth::kTrue ? Truth::kFalse : t;
}
inline Truth to_truth(bool b) {
  return b ? Truth::kTrue : Truth::kFalse;
}
// A value where a bool is needed: another kind is an error.
inline Truth to_truth(const Value& v) {
  if (v.is(Kind::kBool)) return to_truth(v.as_bool());
  return v.is_unknown() ? Truth::kUnknown : Truth::kError;
}

enum class OpCode : uint8_t {
  // Truth from truth.
  kAnd,
  kOr,
  kNot,
  kShared,  // operand, evaluated once per record; number: its memo

  // Truth from a slot and constants; `negated` turns the answer round. The operand is the same as a
  // plain call, for values of kinds that are not the expected ones.
  kSlotIsTrue,   // no operand
  kHasSlot,      // no operand
  kEqualText,    // slot == text
  kEqualNumber,  // slot == number
  kOrder,        // slot < number …: `relation`
  kOrderMoney,   // slot < money
  kTextInList,   // slot in [texts]
  kListHasText,  // text in slot
  kWordsInText,  // slot.hasAnyWord([words])

  // The same by a table that expressions of a set share (program_tables.h); number: the table. The
  // operand is one of those above, for slots that hold something else.
  kTableTextIs,    // symbol
  kTableNumberIs,  // symbol
  kTableTextIn,    // its symbol is one of `symbols` (bits of the word `symbol`)
  kTableListHas,   // one of them is in the list
  kTableWords,     // one of the words `symbols` is in the text

  // Values.
  kConstant,
  kSlot,
  kLocal,
  kSelect,
  kSelectOptional,
  kHasField,
  kIndex,
  kIndexOptional,
  kEqual,  // of two values; negated: !=
  kCall,
  kOptionalOr,  // a.or(b), a.orValue(b): negated is orValue
  kConditional,
  kList,
  kOptionalItem,
  kMap,
  kEntry,  // negated: optional
  kExists,
  kAll,
  kLoop,  // every other comprehension
  kBind,
  kOptMap,
  kNoObjects,
};

enum class Relation : uint8_t { kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

template <class Order>
bool holds(Relation relation, Order order) {
  switch (relation) {
    case Relation::kLess:
      return order < 0;
    case Relation::kLessOrEqual:
      return order <= 0;
    case Relation::kGreater:
      return order > 0;
    case Relation::kGreaterOrEqual:
      return order >= 0;
  }
  return false;
}

struct Op {
  OpCode code = OpCode::kConstant;
  Relation relation = Relation::kLess;
  Macro macro = Macro::kNone;  // kLoop, kOptMap
  bool negated = false;
  bool two_variables = false;  // kExists, kAll, kLoop
  bool in_loop = false;        // costs a unit each time
  bool as_whole = false;       // kEqualNumber, kOrder: an int in the slot is compared with `whole`
  bool as_real = false;        //                       a double with `real`
  uint32_t number = 0;         // slot, local, memo or table
  uint32_t first = 0;          // operands: `count` operations from here
  uint32_t count = 0;
  uint32_t symbol = 0;
  Value constant;  // also the field of a select
  union {
    uint64_t symbols = 0;
    double real;
  };
  int64_t whole = 0;
  const BoundNode* node = nullptr;
  const WordScanner* words = nullptr;
};

// The operations of one or several expressions; borrows their bindings.
struct Code {
  static constexpr size_t kConstants = size_t{16} << 20;  // bytes; what is beyond is not folded

  std::vector<Op> ops;
  std::unique_ptr<Arena> constants = std::make_unique<Arena>(kConstants);  // folded
  std::vector<std::shared_ptr<const WordScanner>> words;
  uint32_t locals = 0;  // the most any expression needs
  uint32_t memos = 0;
};

}  // namespace rapport::expr
