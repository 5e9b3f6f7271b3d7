#include "connect/recover.h"

#include <algorithm>

#include "base/text.h"

namespace rapport::connect {
namespace {

constexpr int kMostCalls = 200;
constexpr int kLooksAtOnce = 5;
constexpr Micros kFirstWait = seconds(1);
constexpr Micros kLongestWait = seconds(30);

const Json* first_record(const model::Record& call) {
  const Json* records = call.fields.find("records");
  if (records == nullptr || !records->is_array() || records->as_array().empty()) return nullptr;
  return &records->as_array().front();
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

Result<void> Recovery::conclude(const model::Record& call, const Entry& entry) {
  OutcomeEvent event{.call = call.key.id,
                     .object = std::string(call.fields.text("object")),
                     .operation = "resolve",
                     .outcome = "resolved",
                     .entries = {entry}};
  TRY(journal_.done(event));
  waits_.erase(call.key.id);
  reporter_.report(Level::kInfo, "push.resolved",
                   Json::object()
                       .set("connection", settings_.connection)
                       .set("call", call.key.id)
                       .set("found", !entry.remote_id.empty()));
  return {};
}

Result<Recovery::Verdict> Recovery::resolve(const model::Record& call, Recovered& recovered) {
  const Json* record = first_record(call);
  const ObjectSpec* object = manifest_.object(call.fields.text("object"));
  Entry entry = record == nullptr ? Entry() : entry_of(*record);
  std::optional<View> view;
  if (object != nullptr && record != nullptr) {
    TRY_ASSIGN(view, planner_.view(*object, entry.record, entry.part));
  }
  if (!view) {  // the record is gone: nothing of ours is to be found there any more
    TRY(conclude(call, entry));
    return Verdict::kConcluded;
  }
  std::vector<Wanted> wanted;
  wanted.push_back({.view = *view, .links = links_of(*record)});
  // Asked before the look-up: a write that is too old now cannot appear while we look.
  const bool certain = clock_.now() >= given_up_at(call, *object);
  Finder finder(manifest_, remote_);
  if (auto failure = finder.find(*object, Purpose::kAfterUnknown, wanted)) {
    recovered.failure = failure;
    return Verdict::kLater;
  }
  const Wanted& one = wanted.front();
  if (one.found_id.empty() && !certain) return Verdict::kLater;
  if (!one.found_id.empty()) {
    entry.remote_id = one.found_id;
    entry.sent = agreeing_hashes(settings_.hash_key, *view, one.found_properties);
    entry.back = back_hashes(settings_.hash_key, *object, one.found_properties);
    entry.links = link_ids(one.links);
  }
  TRY(conclude(call, entry));
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
    if (const Json* record = first_record(call)) recovered.open.insert(entry_of(*record).record);
    const auto kept = waits_.try_emplace(call.key.id, Wait{Micros{}, kFirstWait}).first;
    if (kept->second.next <= clock_.now() && looks < kLooksAtOnce && !recovered.failure) {
      ++looks;
      TRY_ASSIGN(const Verdict verdict, resolve(call, recovered));
      if (verdict == Verdict::kConcluded) {
        recovered.worked = true;
        continue;
      }
      kept->second.next = clock_.now() + kept->second.span;
      kept->second.span = std::min(kLongestWait, kept->second.span + kept->second.span);
    }
    if (recovered.again == Micros{} || kept->second.next < recovered.again) {
      recovered.again = kept->second.next;
    }
  }
  return recovered;
}

}  // namespace rapport::connect
