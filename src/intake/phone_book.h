// Phone numbers seen lately with their normal form: finding it costs some 20 µs, and a person who
// writes by phone sends the same number with every message.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace rapport::intake {

class PhoneBook {
 public:
  explicit PhoneBook(std::string region, size_t capacity = 16'384)
      : region_(std::move(region)), capacity_(capacity) {}

  // The same as normalise_phone(text, region). Any thread.
  std::optional<std::string> normalise(std::string_view text);

 private:
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  const std::string region_;
  const size_t capacity_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::optional<std::string>, TextHash, std::equal_to<>> seen_;
};

}  // namespace rapport::intake
