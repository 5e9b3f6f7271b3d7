// Lists of events: sequence and log position, packed. The newest entries of a list lie in its row
// of `lists`; every 64 of them move into a row of `chunks`.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/sqlite/database.h"
#include "store/sqlite/slots.h"
#include "store/state.h"

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

class PostingTable {
 public:
  using HomeSlot = int64_t (*)(std::string_view list);
  explicit PostingTable(
      Database& database, HomeSlot home = [](std::string_view list) { return home_slot(list); })
      : database_(database), home_(home) {}
  static const char* schema();

  // Removes lists, then files events; one that is filed already stays as it is.
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
  // `events` in rising order, all of one list.
  Result<void> file(const std::string& name, std::span<const Filed> events);
  Result<void> take_chunks(List& list);
  Result<void> write_chunks(List& list);
  Result<void> put_row(const std::string& name, const List& list);
  Result<std::vector<Filed>> unpacked(std::string_view bytes);

  Database& database_;
  HomeSlot home_;
};

}  // namespace rapport::store
