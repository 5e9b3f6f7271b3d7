#include "connect/recover.h"

#include <algorithm>

#include "base/text.h"

namespace rapport::connect {
namespace {

constexpr int kMostCalls = 200;
constexpr int kLooksAtOnce = 5;
constexpr Micros kFirstWait = seconds(1);
constexpr Micros kLongestWait = seconds(30);

const Json::Array& records_of(const model::Record& call) {
  static const Json::Array kNone;
  const Json* records = call.fields.find("records");
  return records != nullptr && records->is_array() ? records->as_array() : kNone;
}

// The neighbours the write was linked to, as push.started kept them.
std::vector<LinkItem> links_of(const Json& record) {
  std::vector<LinkItem> links;
  const Json* kept = record.find("links");
  if (kept == nullptr || !kept->is_object()) return links;
  for (const auto& [name, id] : kept->as_object()) {
    const std::string key(name);
    const size_t colon = key.find(':');
    if (colon == key.npos || !id.is_string()) continue;
    links.push_back({.other = key.substr(0, colon),
                     .to = std::string(id.as_string()),
                     .local = key.substr(colon + 1)});
  }
  return links;
}

Entry entry_of(const Json& record) {
  Entry entry;
  entry.record = {std::string(record.text("type")), std::string(record.text("id"))};
  entry.version = {static_cast<uint64_t>(record.integer("version"))};
  entry.part = static_cast<int>(record.integer("part"));
  return entry;
}

}  // namespace

Micros Recovery::given_up_at(const model::Record& call, const ObjectSpec& object) const {
  const Result<Micros> started = parse_time(call.fields.text("started_at"));
  const Micros from = started.ok() ? *started : clock_.now();
  return from + settle_ + longest_lag(object, Purpose::kAfterUnknown);
}

// Sooner or later, but also at the moment from which on it is certain.
Micros Recovery::next_look(const model::Record& call, Micros span) const {
  const Micros now = clock_.now();
  const ObjectSpec* object = manifest_.object(call.fields.text("object"));
  const Micros certain = object == nullptr ? now : given_up_at(call, *object);
  return certain > now ? std::min(certain, now + span) : now + span;
}

Result<void> Recovery::conclude(const model::Record& call, std::vector<Entry> entries) {
  const auto found = std::count_if(entries.begin(), entries.end(),
                                   [](const Entry& e) { return !e.remote_id.empty(); });
  OutcomeEvent event{.call = call.key.id,
                     .object = std::string(call.fields.text("object")),
                     .operation = "resolve",
                     .outcome = "resolved",
                     .entries = std::move(entries)};
  TRY(journal_.done(event));
  waits_.erase(call.key.id);
  reporter_.report(Level::kInfo, "push.resolved",
                   Json::object()
                       .set("connection", settings_.connection)
                       .set("call", call.key.id)
                       .set("records", records_of(call).size())
                       .set("found", static_cast<int64_t>(found)));
  return {};
}

Result<Recovery::Verdict> Recovery::resolve(const model::Record& call, Recovered& recovered) {
  const ObjectSpec* object = manifest_.object(call.fields.text("object"));
  std::vector<Entry> entries;
  std::vector<Wanted> wanted;
  std::vector<size_t> owners;
  for (const Json& record : records_of(call)) {
    entries.push_back(entry_of(record));
    std::optional<View> view;
    if (object != nullptr) {
      TRY_ASSIGN(view, planner_.view(*object, entries.back().record, entries.back().part));
    }
    if (!view) continue;  // the record is gone: nothing of ours is to be found there any more
    wanted.push_back({.view = *std::move(view), .links = links_of(record)});
    owners.push_back(entries.size() - 1);
  }
  if (!wanted.empty()) {
    // Asked before the look-up: a write that is too old now cannot appear while we look.
    const bool certain = clock_.now() >= given_up_at(call, *object);
    Finder finder(manifest_, remote_);
    if (auto failure = finder.find(*object, Purpose::kAfterUnknown, wanted)) {
      recovered.failure = failure;
      return Verdict::kLater;
    }
    const bool all = std::all_of(wanted.begin(), wanted.end(),
                                 [](const Wanted& one) { return !one.found_id.empty(); });
    if (!all && !certain) return Verdict::kLater;
  }
  for (size_t i = 0; i < wanted.size(); ++i) {
    const Wanted& one = wanted[i];
    if (one.found_id.empty()) continue;
    Entry& entry = entries[owners[i]];
    entry.remote_id = one.found_id;
    entry.sent = agreeing_hashes(settings_.hash_key, one.view, one.found_properties);
    entry.back = back_hashes(settings_.hash_key, *object, one.found_properties);
    entry.links = link_ids(one.links);
    recovered.found.push_back(entry.record);
  }
  TRY(conclude(call, std::move(entries)));
  return Verdict::kConcluded;
}

Result<Recovered> Recovery::step() {
  Recovered recovered;
  TRY_ASSIGN(const store::Page page, state_.list({.type = std::string(model::kCall),
                                                  .field = "connection",
                                                  .value = settings_.connection,
                                                  .after = {},
                                                  .limit = kMostCalls,
                                                  .order = store::PageRequest::Order::kOldest}));
  int looks = 0;
  for (const model::Record& call : page.records) {
    for (const Json& record : records_of(call)) recovered.open.insert(entry_of(record).record);
    const auto kept = waits_.try_emplace(call.key.id, Wait{Micros{}, kFirstWait}).first;
    if (kept->second.next <= clock_.now() && looks < kLooksAtOnce && !recovered.failure) {
      ++looks;
      TRY_ASSIGN(const Verdict verdict, resolve(call, recovered));
      if (verdict == Verdict::kConcluded) {
        recovered.worked = true;
        continue;
      }
      kept->second.next = next_look(call, kept->second.span);
      kept->second.span = std::min(kLongestWait, kept->second.span + kept->second.span);
    }
    if (recovered.again == Micros{} || kept->second.next < recovered.again) {
      recovered.again = kept->second.next;
    }
  }
  return recovered;
}

}  // namespace rapport::connect
