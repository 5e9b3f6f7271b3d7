// Immutable text in 16 bytes: up to 15 bytes are kept in place, longer text is shared by its
// copies.
#pragma once

#include <atomic>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace rapport {

class Json;

// Copies are cheap and may go to other threads; the text itself never changes. Below 4 GiB.
class SharedText {
 public:
  SharedText() { std::memset(cell_, 0, sizeof cell_), cell_[15] = kShort; }
  explicit SharedText(std::string_view text) {
    if (text.size() > kInPlace) {
      keep_long(text);
      return;
    }
    std::memset(cell_, 0, sizeof cell_);
    if (!text.empty()) std::memcpy(cell_, text.data(), text.size());
    cell_[15] = static_cast<unsigned char>(kShort + text.size());
  }
  SharedText(const SharedText& other) {
    std::memcpy(cell_, other.cell_, sizeof cell_);
    if (cell_[15] == kLong) block()->owners.fetch_add(1, std::memory_order_relaxed);
  }
  SharedText(SharedText&& other) noexcept {
    std::memcpy(cell_, other.cell_, sizeof cell_);
    std::memset(other.cell_, 0, sizeof cell_);
    other.cell_[15] = kShort;
  }
  SharedText& operator=(SharedText other) noexcept {
    std::swap(cell_, other.cell_);
    return *this;
  }
  ~SharedText() {
    if (cell_[15] == kLong) release(block());
  }

  // Whether both are the same short text or share one: two comparisons of words. False tells
  // nothing when both are long.
  bool same_cell(const SharedText& other) const {
    return std::memcmp(cell_, other.cell_, sizeof cell_) == 0;
  }

  // Short text lies inside this object: the view lives no longer than it.
  std::string_view view() const { return view(cell_); }
  operator std::string_view() const { return view(); }  // NOLINT: it is one
  size_t size() const { return view().size(); }
  bool empty() const { return cell_[15] == kShort; }

  friend bool operator==(const SharedText& a, const SharedText& b) {
    return a.same_cell(b) || (a.cell_[15] == kLong && a.view() == b.view());
  }
  friend bool operator==(const SharedText& a, std::string_view b) { return a.view() == b; }
  friend auto operator<=>(const SharedText& a, const SharedText& b) {
    return a.view() <=> b.view();
  }
  friend auto operator<=>(const SharedText& a, std::string_view b) { return a.view() <=> b; }

 private:
  friend class Json;  // keeps its texts in the same form

  struct Block {
    std::atomic<uint32_t> owners{1};
    uint32_t size = 0;
    const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
  };
  // The last byte: kLong, or kShort + the number of bytes in place.
  static constexpr unsigned char kLong = 4, kShort = 0x10;
  static constexpr size_t kInPlace = 15;

  static std::string_view view(const unsigned char* cell) {
    if (cell[15] >= kShort)
      return {reinterpret_cast<const char*>(cell), static_cast<size_t>(cell[15] - kShort)};
    const Block* block = block_of(cell);
    return {block->bytes(), block->size};
  }
  static Block* block_of(const unsigned char* cell) {
    Block* block;
    std::memcpy(&block, cell, sizeof block);
    return block;
  }
  static void release(Block* block);
  void keep_long(std::string_view text);
  Block* block() const { return block_of(cell_); }

  alignas(8) unsigned char cell_[16];
};

}  // namespace rapport
