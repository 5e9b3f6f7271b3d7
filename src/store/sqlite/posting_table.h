// Lists of events: sequence and log position, packed. The newest events lie together with those of
// other lists (recent_postings.h), the ones before in the list's row of `lists`, and the older ones
// 64 by 64 in rows of `chunks`.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/sqlite/database.h"
#include "store/sqlite/recent_postings.h"
#include "store/sqlite/slots.h"
#include "store/state.h"

namespace rapport::store {

class PostingTable {
 public:
  using HomeSlot = int64_t (*)(std::string_view list);
  explicit PostingTable(
      Database& database, HomeSlot home = [](std::string_view list) { return home_slot(list); })
      : database_(database), recent_(database), home_(home) {}
  static std::string schema();

  // Removes lists, then adds events; one that is in the list already stays as it is.
  Result<void> apply(std::span<const std::string> lists_removed, std::span<const Posting> postings);
  Result<std::vector<Posting>> read(const std::string& list, Sequence after, int limit,
                                    PageRequest::Order order);

 private:
  struct List {
    Place place;
    std::vector<Filed> tail;  // never empty in a list that exists
    bool exists() const { return place.occupant == Occupant::kSame; }
  };
  Result<List> find(std::string_view name);
  Result<void> remove(const std::string& name);
  Result<void> add(std::span<const Posting> postings);
  Result<void> file_recent(int bucket);
  Result<void> file(const std::string& name, std::span<const Filed> events);
  Result<void> take_chunks(List& list);
  Result<void> write_chunks(List& list);
  Result<void> put_row(const std::string& name, const List& list);
  Result<std::vector<Filed>> unpacked(std::string_view bytes);
  Result<void> read_chunks(int64_t slot, Sequence after, PageRequest::Order order,
                           const std::function<bool(std::vector<Filed>)>& take);

  Database& database_;
  RecentPostings recent_;
  HomeSlot home_;
};

}  // namespace rapport::store
