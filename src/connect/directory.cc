#include "connect/directory.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "connect/request.h"
#include "connect/view.h"

namespace rapport::connect {
namespace {

constexpr Micros kFresh = minutes(5);
constexpr Micros kWhileLeftOut = hours(1);
constexpr Micros kFirstRetry = seconds(55);  // of one that may not be read
constexpr Micros kLongestRetry = hours(1);
constexpr int kMostPages = 200;
constexpr size_t kMostLeftOut = 100;

void add_to_groups(const DirectorySpec& directory, const ResultItem& entry, Json& groups) {
  const Json* all = directory.groups.empty() ? nullptr : entry.whole->at_path(directory.groups);
  if (all == nullptr || !all->is_array()) return;
  for (const Json& group : all->as_array()) {
    const std::string name = ascii_lower(text_at(group, directory.group_name));
    if (name.empty()) continue;
    if (!groups.find(name)) groups.set(name, Json::array());
    groups.edit(name)->push_back(entry.id);
  }
}

// The order in which the remote lists them says nothing.
void sort_members(Json& groups) {
  std::vector<std::string> names;
  for (const auto& [name, members] : groups.as_object()) names.emplace_back(name.view());
  for (const std::string& name : names) {
    Json::Array& members = groups.edit(name)->edit_array();
    std::sort(members.begin(), members.end(),
              [](const Json& a, const Json& b) { return a.as_string() < b.as_string(); });
  }
}

}  // namespace

std::string Directories::entry_of(std::string_view directory, std::string_view value) const {
  return fmt::format("{}:{}", directory,
                     value_hash(hash_key_, directory, "value", ascii_lower(value)));
}

bool Directories::is_sought(const DirectorySpec& directory) const {
  const auto first = left_out_.lower_bound(directory.name);
  return first != left_out_.end() &&
         (*first == directory.name || first->starts_with(directory.name + ":"));
}

void Directories::recall(const Json& left_out) {
  for (const Json& one : left_out.as_array()) {
    const std::string entry(one.as_string());
    for (const DirectorySpec& directory : manifest_.directories)
      if (entry == directory.name || entry.starts_with(directory.name + ":"))
        left_out_.insert(entry);
  }
}

std::optional<Failure> Directories::read_pages(const DirectorySpec& directory, Json& ids,
                                               Json& groups) {
  CallScope scope;
  for (int page = 0; page < kMostPages; ++page) {
    const Reply reply = remote_.call(fill_request(directory.call, scope, {}, remote_.base_url()),
                                     "directory", directory.call.quota);
    if (reply.failure) return reply.failure;
    for (const ResultItem& entry : read_results(directory.call, reply.body)) {
      if (entry.id.empty()) continue;
      if (!entry.match.empty() && !ids.find(entry.match)) ids.set(entry.match, entry.id);
      add_to_groups(directory, entry, groups);
    }
    std::string next = directory.call.next.empty() ? "" : text_at(reply.body, directory.call.next);
    if (next.empty() || next == scope.after) break;
    scope.after = std::move(next);
  }
  sort_members(groups);
  return std::nullopt;
}

void Directories::forget_found(const DirectorySpec& directory) {
  left_out_.erase(directory.name);
  const Json& known = *document_.find(directory.name);
  for (std::string_view list : {"ids", "groups"}) {
    for (const auto& [name, value] : known.find(list)->as_object()) {
      const std::string entry = entry_of(directory.name, name.view());
      left_out_.erase(entry);
      texts_.erase(entry);
    }
  }
}

std::optional<Failure> Directories::read(const DirectorySpec& directory) {
  Standing& standing = standing_[directory.name];
  Json ids = Json::object(), groups = Json::object();
  const std::optional<Failure> failure = read_pages(directory, ids, groups);
  // One list that the remote does not give must not hold up everything else.
  if (failure && (is_transient(*failure) || stops_all(*failure))) return failure;
  const Micros now = clock_.now();
  if (failure) {
    Micros pause = kFirstRetry;
    for (int i = 0; i < standing.refused && pause < kLongestRetry; ++i) pause = pause + pause;
    ++standing.refused;
    standing.next = now + std::min(pause, kLongestRetry);
    standing.problem = fmt::format("{} cannot be read, so nothing is looked up in it: {}",
                                   directory.name, explain(*failure, manifest_));
    left_out_.insert(directory.name);
    return std::nullopt;
  }
  standing = {.read_at = now, .next = now + kWhileLeftOut, .refused = 0, .problem = {}};
  document_.set(directory.name,
                Json::object().set("ids", std::move(ids)).set("groups", std::move(groups)));
  forget_found(directory);
  return std::nullopt;
}

std::optional<Failure> Directories::refresh() {
  for (const DirectorySpec& directory : manifest_.directories) {
    if (!is_sought(directory) || clock_.now() < standing_[directory.name].next) continue;
    // What is known goes on being used.
    if (auto failure = read(directory); failure && !document_.find(directory.name)) return failure;
  }
  return std::nullopt;
}

bool Directories::seek(const std::vector<model::Unresolved>& wanted,
                       std::optional<Failure>& failure) {
  bool fresh = false;
  for (const DirectorySpec& directory : manifest_.directories) {
    const Standing& standing = standing_[directory.name];
    const bool named = std::any_of(wanted.begin(), wanted.end(), [&](const auto& one) {
      return one.directory == directory.name;
    });
    const bool just_read = standing.read_at && clock_.now() < *standing.read_at + kFresh;
    if (!named || just_read || (!standing.problem.empty() && clock_.now() < standing.next))
      continue;
    failure = read(directory);
    if (failure && document_.find(directory.name)) failure = std::nullopt;
    if (failure) return false;
    fresh = true;
  }
  if (fresh) return true;
  for (const model::Unresolved& one : wanted) {
    if (left_out_.size() >= kMostLeftOut || !standing_[one.directory].problem.empty()) continue;
    const std::string entry = entry_of(one.directory, one.value);
    left_out_.insert(entry);
    texts_[entry] = fmt::format("'{}' is not among the {} of {}: {} stays as it is there",
                                one.value, one.directory, manifest_.title, one.property);
  }
  return false;
}

void Directories::check_now() {
  for (auto& [name, standing] : standing_) standing.next = {};
}

std::vector<std::string> Directories::problems() const {
  std::vector<std::string> all;
  for (const auto& [name, standing] : standing_)
    if (!standing.problem.empty()) all.push_back(standing.problem);
  for (const auto& [entry, text] : texts_) all.push_back(text);
  return all;
}

}  // namespace rapport::connect
