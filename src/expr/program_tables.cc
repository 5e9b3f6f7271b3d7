#include "expr/program_tables.h"

#include <algorithm>
#include <cmath>

namespace rapport::expr {

uint32_t SymbolTable::add(std::string_view text) {
  const uint32_t known = find(text);
  if (known != kNone) return known;
  owned_.push_back(std::make_unique<std::string>(text));
  texts_.push_back(*owned_.back());
  spread();
  return size() - 1;
}

// A quarter full at most, so that a text that is not there is mostly told by one empty cell.
void SymbolTable::spread() {
  size_t wanted = 16;
  while (wanted < texts_.size() * 4) wanted *= 2;
  size_t next = texts_.size() - 1;
  if (wanted != cells_.size()) {
    cells_.assign(wanted, {});
    mask_ = static_cast<uint32_t>(wanted) - 1;
    next = 0;
  }
  for (; next < texts_.size(); ++next) {
    if (place(next) || thorough_) continue;
    thorough_ = true;
    cells_.assign(wanted, {});
    for (size_t i = 0; i < next + 1; ++i) place(i);
  }
}

// False when it lies far from where it is sought first.
bool SymbolTable::place(size_t symbol) {
  const std::string_view text = texts_[symbol];
  const uint32_t sought = hash(text) & mask_;
  uint32_t at = sought;
  while (cells_[at].number != 0) at = (at + 1) & mask_;
  cells_[at] = {text.data(), static_cast<uint32_t>(text.size()), static_cast<uint32_t>(symbol) + 1};
  return ((at - sought) & mask_) <= 2;
}

namespace {

// False when an element is no text: then only the list itself can tell.
bool mark_elements(const SymbolTable& symbols, const Value& list, uint64_t* bits) {
  std::fill_n(bits, symbols.size() / 64 + 1, 0);
  for (uint32_t i = 0; i < list.cell_count(); ++i) {
    const Value& element = list.cells()[i];
    if (!element.is(Kind::kString)) return false;
    const uint32_t symbol = symbols.find(element.as_text());
    if (symbol != SymbolTable::kNone) bits[symbol / 64] |= uint64_t{1} << symbol % 64;
  }
  return true;
}

// Numbers of tables are below 2^53, so that a double that equals one is that whole number.
uint32_t find_number(const SymbolTable& numbers, const Value& value) {
  if (value.is(Kind::kInt)) return numbers.find(bytes_of(value.as_int()));
  const double d = value.as_double();
  if (!(std::abs(d) < 9007199254740992.0) || d != std::trunc(d)) return SymbolTable::kNone;
  return numbers.find(bytes_of(static_cast<int64_t>(d)));
}

}  // namespace

void classify(const SlotTable& table, const Value& value, SlotState& state) {
  state.held = SlotState::Held::kOther;
  if (value.is(Kind::kString)) {
    state.held = SlotState::Held::kText;
    state.symbol = table.symbols.find(value.as_text());
  } else if (value.is(Kind::kInt) || value.is(Kind::kDouble)) {
    state.held = SlotState::Held::kNumber;
    state.symbol = find_number(table.numbers, value);
  } else if (value.is(Kind::kList) && !value.is_view() &&
             mark_elements(table.symbols, value, state.bits)) {
    state.held = SlotState::Held::kList;
  }
}

}  // namespace rapport::expr
