#include "connect/batch.h"

#include <algorithm>

#include "base/text.h"

namespace rapport::connect {
namespace {

const std::string& named_by(const CallSpec& call, const CallItem& item) {
  switch (call.match_by) {
    case CallSpec::Match::kId:
      return item.id;
    case CallSpec::Match::kKey:
      return item.key;
    case CallSpec::Match::kTrace:
      return item.trace;
  }
  BUG("unknown match");
}

bool means(const Json& entry, const std::vector<std::string>& paths, const CallItem& item) {
  for (const std::string& path : paths) {
    const Json* found = entry.at_path(path);
    if (found == nullptr) continue;
    std::vector<std::string> ids;
    if (found->is_array()) {
      for (const Json& id : found->as_array()) ids.push_back(text_at(id, ""));
    } else {
      ids.push_back(text_at(*found, ""));
    }
    for (const std::string& id : ids) {
      if (id.empty()) continue;
      if (equals_ignoring_case(id, item.id) || equals_ignoring_case(id, item.key) ||
          id == item.trace) {
        return true;
      }
    }
  }
  return false;
}

// The entry of a partial answer's errors that is about this item. With one item all of them are.
const Json* error_about(const CallSpec& call, const Json::Array& errors, const CallItem& item,
                        size_t items) {
  for (const Json& entry : errors) {
    if (items == 1 || means(entry, call.error_item, item)) return &entry;
  }
  return nullptr;
}

const ResultItem* result_about(const CallSpec& call, const std::vector<ResultItem>& results,
                               const CallItem& item) {
  if (call.results.empty()) return results.empty() ? nullptr : &results.front();
  const std::string wanted = ascii_lower(named_by(call, item));
  for (const ResultItem& result : results) {
    const std::string& name = call.match.empty() ? result.id : result.match;
    if (!wanted.empty() && ascii_lower(name) == wanted) return &result;
  }
  return nullptr;
}

}  // namespace

std::vector<ItemOutcome> read_outcomes(const Manifest& manifest, const CallSpec& call,
                                       const Reply& reply, std::span<const CallItem> items,
                                       Told told) {
  static const Json::Array kNone;
  const Json* list = call.errors.empty() ? nullptr : reply.body.at_path(call.errors);
  const Json::Array& errors = list != nullptr && list->is_array() ? list->as_array() : kNone;
  const std::vector<ResultItem> results = read_results(call, reply.body);
  std::vector<ItemOutcome> outcomes;
  for (const CallItem& item : items) {
    ItemOutcome outcome;
    const ResultItem* result = result_about(call, results, item);
    if (result != nullptr && !(told == Told::kMust && result->id.empty())) {
      outcome.id = result->id;
      outcome.properties = result->properties;
    } else if (const Json* error = error_about(call, errors, item, items.size())) {
      outcome.failure = read_failure(manifest, reply.status, *error);
    } else if (told == Told::kMust || !errors.empty()) {
      // Neither named as done nor as refused: it is sent again, later alone.
      outcome.failure = Failure{.error = ErrorClass::kMalformed, .status = reply.status};
    }
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

}  // namespace rapport::connect
