#include "connect/find.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace rapport::connect {
namespace {

constexpr int kMostPages = 50;

bool meant_for(const FindStep& step, Purpose purpose) {
  return purpose == Purpose::kBeforeCreate ? step.before_create : step.after_unknown;
}

// An empty expectation never matches: it would match everything.
bool holds(const std::optional<Condition>& condition, const View& view, const Json& result) {
  if (!condition) return true;
  std::string expected = condition->value;
  if (expected == "$marker") {
    expected = view.marker;
  } else if (expected == "$reference") {
    expected = view.record.id;
  } else if (expected.starts_with("$property.")) {
    expected = std::string(view.properties.text(std::string_view(expected).substr(10)));
  }
  const std::string there = text_at(result, condition->path);
  if (expected.empty()) return false;
  return condition->test == Condition::Test::kEquals ? equals_ignoring_case(there, expected)
                                                     : there.find(expected) != there.npos;
}

bool not_there(const Reply& reply) {
  return reply.failure && reply.failure->error == ErrorClass::kNotFound;
}

// What was asked for: keys of ours, which the remote may not even take as such, or ids of its own.
enum class Asked { kKeys, kIds };

// An answer that tells of some only: the others are neither there nor not there.
std::optional<Failure> trouble_in(const Manifest& manifest, const CallSpec& call,
                                  const Reply& reply, Asked asked) {
  const Json* errors = call.errors.empty() ? nullptr : reply.body.at_path(call.errors);
  if (errors == nullptr || !errors->is_array()) return std::nullopt;
  for (const Json& entry : errors->as_array()) {
    Failure failure = read_failure(manifest, reply.status, entry);
    const bool no_key = asked == Asked::kKeys && failure.error == ErrorClass::kInvalid;
    if (failure.error == ErrorClass::kNotFound || no_key) continue;
    return failure;
  }
  return std::nullopt;
}

void adopt(Wanted& wanted, const ResultItem& result) {
  wanted.found_id = result.id;
  wanted.found_properties = result.properties.is_object() ? result.properties : Json::object();
}

}  // namespace

Micros longest_lag(const ObjectSpec& object, Purpose purpose) {
  Micros longest;
  for (const FindStep& step : object.find) {
    if (meant_for(step, purpose)) longest = std::max(longest, step.lag);
  }
  return longest;
}

Reply Finder::read(const ObjectSpec& object, const FindStep& step,
                   std::span<const CallItem> items) {
  const CallScope scope{
      .object = object.name, .other = step.link, .names = object.property_names()};
  return remote_.call(fill_request(step.read, scope, items, remote_.base_url()), "find",
                      step.read.quota);
}

std::optional<Failure> Finder::find_by_key(const ObjectSpec& object, const FindStep& step,
                                           std::vector<Wanted>& wanted) {
  std::vector<CallItem> items;
  std::set<std::string> asked;
  for (const Wanted& one : wanted) {
    if (!one.found_id.empty()) continue;
    for (const std::string& key : one.view.keys) {
      if (asked.insert(ascii_lower(key)).second) items.push_back({.key = key});
    }
  }
  const size_t batch = static_cast<size_t>(step.read.batch);
  for (size_t start = 0; start < items.size(); start += batch) {
    const auto some =
        std::span<const CallItem>(items).subspan(start, std::min(batch, items.size() - start));
    if (auto failure = ask_keys(object, step, some, wanted)) return failure;
  }
  return std::nullopt;
}

// A key that the remote does not even take as one must not hide the others: halves are asked.
std::optional<Failure> Finder::ask_keys(const ObjectSpec& object, const FindStep& step,
                                        std::span<const CallItem> items,
                                        std::vector<Wanted>& wanted) {
  const Reply reply = read(object, step, items);
  if (not_there(reply)) return std::nullopt;
  if (reply.failure && reply.failure->error == ErrorClass::kInvalid) {
    if (items.size() == 1) return std::nullopt;
    const size_t half = items.size() / 2;
    if (auto failure = ask_keys(object, step, items.first(half), wanted)) return failure;
    return ask_keys(object, step, items.subspan(half), wanted);
  }
  if (reply.failure) return reply.failure;
  if (auto trouble = trouble_in(manifest_, step.read, reply, Asked::kKeys)) return trouble;
  for (const ResultItem& result : read_results(step.read, reply.body)) {
    for (Wanted& one : wanted) {
      const bool named =
          std::any_of(one.view.keys.begin(), one.view.keys.end(),
                      [&](const std::string& key) { return ascii_lower(key) == result.match; });
      if (!result.id.empty() && one.found_id.empty() && named &&
          holds(step.where, one.view, *result.whole)) {
        adopt(one, result);
      }
    }
  }
  return std::nullopt;
}

std::optional<Failure> Finder::read_ids(const ObjectSpec& object, const FindStep& step,
                                        const std::string& neighbour,
                                        std::vector<std::string>& ids) {
  CallScope scope{.object = object.name, .other = step.link, .to = neighbour};
  for (int page = 0; page < kMostPages; ++page) {
    const Reply reply = remote_.call(fill_request(*step.list, scope, {}, remote_.base_url()),
                                     "find", step.list->quota);
    if (not_there(reply)) return std::nullopt;
    if (reply.failure) return reply.failure;
    for (const ResultItem& result : read_results(*step.list, reply.body)) {
      if (!result.id.empty()) ids.push_back(result.id);
    }
    std::string next = step.list->next.empty() ? "" : text_at(reply.body, step.list->next);
    if (next.empty() || next == scope.after) return std::nullopt;
    scope.after = std::move(next);
  }
  return std::nullopt;
}

// Ids of the neighbours' neighbours, by the neighbour: one call each, or one for many.
std::optional<Failure> Finder::read_lists(const ObjectSpec& object, const FindStep& step,
                                          const std::vector<std::string>& neighbours,
                                          Neighbourhood& found) {
  if (!step.list->batched) {
    for (const std::string& one : neighbours) {
      if (auto failure = read_ids(object, step, one, found[ascii_lower(one)])) return failure;
    }
    return std::nullopt;
  }
  const size_t batch = static_cast<size_t>(step.list->batch);
  const CallScope scope{.object = object.name, .other = step.link};
  for (size_t start = 0; start < neighbours.size(); start += batch) {
    std::vector<CallItem> items;
    for (size_t i = start; i < std::min(neighbours.size(), start + batch); ++i)
      items.push_back({.id = neighbours[i]});
    const Reply reply = remote_.call(fill_request(*step.list, scope, items, remote_.base_url()),
                                     "find", step.list->quota);
    if (not_there(reply)) continue;
    if (reply.failure) return reply.failure;
    if (auto trouble = trouble_in(manifest_, *step.list, reply, Asked::kIds)) return trouble;
    for (const ResultItem& result : read_results(*step.list, reply.body)) {
      const Json* ids = result.whole->at_path(step.list->ids);
      if (ids == nullptr || !ids->is_array()) continue;
      for (const Json& id : ids->as_array())
        if (std::string text = text_at(id, step.list->id); !text.empty())
          found[result.match].push_back(std::move(text));
    }
  }
  return std::nullopt;
}

std::optional<Failure> Finder::read_all(const ObjectSpec& object, const FindStep& step,
                                        const Neighbourhood& neighbourhood, Answers& answers) {
  std::set<std::string> ids;
  for (const auto& [neighbour, list] : neighbourhood) ids.insert(list.begin(), list.end());
  const std::vector<std::string> all(ids.begin(), ids.end());
  const size_t batch = static_cast<size_t>(step.read.batch);
  for (size_t start = 0; start < all.size(); start += batch) {
    std::vector<CallItem> items;
    for (size_t i = start; i < std::min(all.size(), start + batch); ++i)
      items.push_back({.id = all[i]});
    Reply reply = read(object, step, items);
    if (not_there(reply)) continue;
    if (reply.failure) return reply.failure;
    if (auto trouble = trouble_in(manifest_, step.read, reply, Asked::kIds)) return trouble;
    answers.bodies.push_back(std::move(reply.body));
    for (ResultItem& result : read_results(step.read, answers.bodies.back())) {
      const std::string id = result.id;
      if (!id.empty()) answers.by_id.emplace(id, std::move(result));
    }
  }
  return std::nullopt;
}

std::optional<Failure> Finder::find_by_neighbours(const ObjectSpec& object, const FindStep& step,
                                                  std::vector<Wanted>& wanted) {
  std::set<std::string> neighbours;
  for (const Wanted& one : wanted)
    for (const LinkItem& link : one.links)
      if (one.found_id.empty() && link.other == step.link) neighbours.insert(link.to);
  Neighbourhood lists;
  const std::vector<std::string> all(neighbours.begin(), neighbours.end());
  if (auto failure = read_lists(object, step, all, lists)) return failure;
  Answers answers;
  if (auto failure = read_all(object, step, lists, answers)) return failure;
  for (Wanted& one : wanted) {
    for (const LinkItem& link : one.links) {
      if (link.other != step.link || !one.found_id.empty()) continue;
      for (const std::string& id : lists[ascii_lower(link.to)]) {
        const auto found = answers.by_id.find(id);
        if (found == answers.by_id.end() || !holds(step.where, one.view, *found->second.whole))
          continue;
        adopt(one, found->second);
        one.found_by = link;
        break;
      }
    }
  }
  return std::nullopt;
}

std::optional<Failure> Finder::find(const ObjectSpec& object, Purpose purpose,
                                    std::vector<Wanted>& wanted) {
  for (const FindStep& step : object.find) {
    if (!meant_for(step, purpose)) continue;
    if (!step.list) {
      if (auto failure = find_by_key(object, step, wanted)) return failure;
      continue;
    }
    if (auto failure = find_by_neighbours(object, step, wanted)) return failure;
  }
  return std::nullopt;
}

}  // namespace rapport::connect
