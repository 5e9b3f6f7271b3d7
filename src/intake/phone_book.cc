#include "intake/phone_book.h"

#include "intake/normalise.h"

namespace rapport::intake {

std::optional<std::string> PhoneBook::normalise(std::string_view text) {
  constexpr size_t kLongest = 64;  // longer texts are no numbers, and not worth the space
  if (text.size() > kLongest) return normalise_phone(text, region_);
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = seen_.find(text); found != seen_.end()) return found->second;
  }
  auto normal = normalise_phone(text, region_);
  const std::lock_guard lock(mutex_);
  if (seen_.size() >= capacity_) seen_.clear();
  seen_.insert_or_assign(std::string(text), normal);
  return normal;
}

}  // namespace rapport::intake
