// The newest events of all lists, waiting to be filed: a batch of events touches thousands of lists
// spread over the whole file, and filing each batch at once would write a page for every list.
//
// Lists are parted into 64 buckets by their home slot; lists of one bucket are neighbours in the
// file. A bucket is a few rows of (name, events), read as a whole.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "store/sqlite/database.h"

namespace rapport::store {

// An event in a list.
struct Filed {
  Sequence sequence;
  Position position;
  auto operator<=>(const Filed&) const = default;
};
// Both as variable-length differences, about 8 bytes an event. Empty for none.
std::string pack(std::span<const Filed> events);
// nullopt when the bytes are not of pack().
std::optional<std::vector<Filed>> unpack(std::string_view bytes);

class RecentPostings {
 public:
  static constexpr int kBuckets = 64;
  explicit RecentPostings(Database& database) : database_(database) {}
  static const char* schema();
  static int bucket_of(int64_t home_slot) { return static_cast<int>(home_slot >> 56); }

  struct Added {
    std::string_view name;
    std::span<const Filed> events;
  };
  enum class Fill { kRoom, kFull };
  // kFull: the bucket should be filed and cleared.
  Result<Fill> add(int bucket, std::span<const Added> lists);
  // Events by list, in the order they were added.
  using Lists = std::map<std::string, std::vector<Filed>, std::less<>>;
  Result<Lists> read(int bucket);
  Result<std::vector<Filed>> read(int bucket, std::string_view name);
  Result<void> clear(int bucket);

 private:
  template <class Visit>
  Result<void> each(int bucket, Visit visit);
  Database& database_;
};

}  // namespace rapport::store
