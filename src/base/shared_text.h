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
    return a.same_cell(b) || same_long(a.cell_, b.cell_);
  }
  friend bool operator==(const SharedText& a, std::string_view b) { return a.view() == b; }

  // The same for equal texts, in this process.
  uint64_t hash() const { return hash(cell_); }

  // A text that is looked for among many: most others are told apart by two words.
  class Wanted {
   public:
    explicit Wanted(std::string_view text) : text_(text) {
      if (text.size() <= kInPlace) {
        SharedText cell(text);
        std::memcpy(cell_, cell.cell_, sizeof cell_);
      } else {
        mark_long(cell_, text);
      }
    }
    uint64_t hash() const { return SharedText::hash(cell_); }
    bool is(const SharedText& text) const {
      if (std::memcmp(text.cell_ + 8, cell_ + 8, 8) != 0) return false;
      if (cell_[15] == kLong) return text.view() == text_;
      return std::memcmp(text.cell_, cell_, 8) == 0;
    }

   private:
    std::string_view text_;
    alignas(8) unsigned char cell_[16];
  };

  friend auto operator<=>(const SharedText& a, const SharedText& b) {
    return a.view() <=> b.view();
  }
  friend auto operator<=>(const SharedText& a, std::string_view b) { return a.view() <=> b; }

 private:
  friend class Json;  // keeps its texts in the same form

  struct Block {
    std::atomic<uint32_t> owners{1};
    const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
  };
  // The last byte: kLong, or kShort + the number of bytes in place. Of a long text the first half
  // is its block's address, the second its size and three bytes made of its ends, so that texts
  // that differ are seldom fetched to be compared.
  static constexpr unsigned char kLong = 4, kShort = 0x10;
  static constexpr size_t kInPlace = 15;

  static std::string_view view(const unsigned char* cell) {
    if (cell[15] >= kShort)
      return {reinterpret_cast<const char*>(cell), static_cast<size_t>(cell[15] - kShort)};
    return {block_of(cell)->bytes(), long_size(cell)};
  }
  static uint32_t long_size(const unsigned char* cell) {
    uint32_t size;
    std::memcpy(&size, cell + 8, sizeof size);
    return size;
  }
  static uint64_t hash(const unsigned char* cell) {
    uint64_t first = 0, second;
    if (cell[15] != kLong) std::memcpy(&first, cell, sizeof first);
    std::memcpy(&second, cell + 8, sizeof second);
    const uint64_t mixed = (first ^ (second << 7)) * 0x9E3779B97F4A7C15ULL + second;
    return (mixed * 0xC2B2AE3D27D4EB4FULL) >> 32;
  }
  // Sets the second half of a long text's cell.
  static void mark_long(unsigned char* cell, std::string_view text) {
    uint64_t first, last;
    std::memcpy(&first, text.data(), sizeof first);
    std::memcpy(&last, text.data() + text.size() - sizeof last, sizeof last);
    const uint64_t mixed = (first * 0x9E3779B97F4A7C15ULL) ^ (last * 0xC2B2AE3D27D4EB4FULL);
    const uint64_t half = static_cast<uint32_t>(text.size()) | (mixed >> 40 << 32) |
                          (static_cast<uint64_t>(kLong) << 56);
    std::memcpy(cell + 8, &half, sizeof half);
  }
  static bool same_long(const unsigned char* a, const unsigned char* b) {
    return a[15] == kLong && std::memcmp(a + 8, b + 8, 8) == 0 && view(a) == view(b);
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
