// Look-up: does the remote already have this record? Before a first write, and when a write has no
// outcome.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "connect/remote.h"
#include "connect/request.h"
#include "connect/view.h"

namespace rapport::connect {

enum class Purpose { kBeforeCreate, kAfterUnknown };

struct Wanted {
  View view;
  std::vector<LinkItem> links;  // neighbours whose remote ids are known
  // Filled by find().
  std::string found_id = {};
  Json found_properties = {};
  std::optional<LinkItem> found_by = {};  // the neighbour through which it was found
};

class Finder {
 public:
  Finder(const Manifest& manifest, Remote& remote) : manifest_(manifest), remote_(remote) {}

  // All of `wanted` are of one object. A failure says that nothing is known about those without
  // found_id; otherwise they are not there, as far as the remote shows it yet.
  std::optional<Failure> find(const ObjectSpec& object, Purpose purpose,
                              std::vector<Wanted>& wanted);

 private:
  std::optional<Failure> find_by_key(const ObjectSpec& object, const FindStep& step,
                                     std::vector<Wanted>& wanted);
  std::optional<Failure> ask_keys(const ObjectSpec& object, const FindStep& step,
                                  std::span<const CallItem> items, std::vector<Wanted>& wanted);
  using Neighbourhood = std::map<std::string, std::vector<std::string>>;  // ids by neighbour
  struct Answers {
    std::deque<Json> bodies;  // the results point into them
    std::map<std::string, ResultItem> by_id;
  };
  std::optional<Failure> find_by_neighbours(const ObjectSpec& object, const FindStep& step,
                                            std::vector<Wanted>& wanted);
  std::optional<Failure> read_lists(const ObjectSpec& object, const FindStep& step,
                                    const std::vector<std::string>& neighbours,
                                    Neighbourhood& found);
  std::optional<Failure> read_ids(const ObjectSpec& object, const FindStep& step,
                                  const std::string& neighbour, std::vector<std::string>& ids);
  std::optional<Failure> read_all(const ObjectSpec& object, const FindStep& step,
                                  const Neighbourhood& neighbourhood, Answers& answers);
  Reply read(const ObjectSpec& object, const FindStep& step, std::span<const CallItem> items);

  const Manifest& manifest_;
  Remote& remote_;
};

// How long after a write look-ups for this purpose may still miss it.
Micros longest_lag(const ObjectSpec& object, Purpose purpose);

}  // namespace rapport::connect
