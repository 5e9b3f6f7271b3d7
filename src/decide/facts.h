// What a step may read. Owned and filled by the caller; the engine never fetches anything.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/event.h"
#include "model/record.h"

namespace rapport::decide {

// What a step asked for and did not find loaded. The caller loads it and repeats the step, which
// has had no effect.
struct Needs {
  std::vector<model::RecordKey> records;
  std::vector<model::IndexEntry> entries;
  std::vector<std::string> lists;  // posting lists whose earlier events are wanted
  std::vector<std::pair<std::string, std::string>> pages;  // (type, cursor)
  bool empty() const {
    return records.empty() && entries.empty() && lists.empty() && pages.empty();
  }
};

// Some ids of a type, oldest record first, and where the next page starts (empty: no more).
struct IdPage {
  std::vector<std::string> ids;
  std::string next;
};

class Facts {
 public:
  virtual ~Facts() = default;
  enum class Answer { kThere, kAbsent, kNotLoaded };
  virtual Answer find(std::string_view type, std::string_view id,
                      const model::Record** record) const = 0;
  // Ids of the records with that entry, sorted. False: not loaded.
  virtual bool ids_with(const model::IndexEntry& entry, std::vector<std::string>* ids) const = 0;
  // Events filed under a list before the present one, by sequence. Null: not loaded.
  virtual const std::vector<model::Event>* events(const std::string& list) const = 0;
  // A page of records of a type, for work over all of them. Null: not loaded.
  virtual const IdPage* page(const std::string& type, const std::string& cursor) const = 0;
};

}  // namespace rapport::decide
