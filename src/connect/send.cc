#include "connect/send.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"

namespace rapport::connect {
namespace {

constexpr int kTriesBeforeAlone = 2;  // then a record is sent without company
constexpr size_t kLookedForAtOnce = 100;
constexpr size_t kItemOverhead = 256;  // bytes of a request beside its properties

std::string_view word(Need need, const ObjectSpec& object) {
  switch (need) {
    case Need::kWrite:
      return object.upsert ? "upsert" : "create";
    case Need::kUpdate:
      return "update";
    case Need::kLink:
      return "associate";
    case Need::kRemove:
      return "remove";
  }
  return "";
}

const CallSpec& call_of(const Task& task) {
  const ObjectSpec& object = *task.view.object;
  switch (task.need) {
    case Need::kWrite:
      return object.upsert ? *object.upsert : *object.create;
    case Need::kUpdate:
      return *object.update;
    case Need::kLink:
      return *task.link->associate;
    case Need::kRemove:
      break;
  }
  return *object.remove;
}

size_t size_of(const Task& task) {
  size_t bytes = kItemOverhead;
  for (const auto& [property, value] : task.item.properties.as_object()) {
    bytes += property.size() + (value.is_string() ? 2 * value.as_string().size() : 32);
  }
  return bytes;
}

std::vector<CallItem> items_of(std::span<Task* const> tasks) {
  std::vector<CallItem> items;
  for (const Task* task : tasks) {
    items.push_back(task->item);
    items.back().trace = "item-" + std::to_string(items.size());
  }
  return items;
}

// Tasks of one call's kind, in the order: writes, updates, links, removals.
struct Group {
  Need need;
  const ObjectSpec* object;
  const LinkSpec* link;
  auto operator<=>(const Group&) const = default;
};

}  // namespace

Result<std::optional<Failure>> Sender::carry_out(Plan& plan) {
  std::map<Group, Tasks> groups;
  for (Task& task : plan.tasks) {
    groups[{task.need, task.view.object, task.link}].push_back(&task);
  }
  const bool fills_one = std::any_of(groups.begin(), groups.end(), [](const auto& group) {
    return group.second.size() >= static_cast<size_t>(call_of(*group.second.front()).batch);
  });
  Stop stop;
  for (auto& [group, tasks] : groups) {
    if (stop) {
      leave(plan, tasks);
      continue;
    }
    if (fill_ == Fill::kFull && fills_one) keep_full_batches(plan, tasks);
    if (tasks.empty()) continue;
    TRY_ASSIGN(stop, group.need == Need::kWrite ? write_new(plan, tasks)
                                                : send_all(plan, call_of(*tasks.front()), tasks));
  }
  return stop;
}

// What does not fill a call waits for more of its kind; what was refused before goes alone anyhow.
void Sender::keep_full_batches(Plan& plan, Tasks& tasks) {
  const size_t batch = static_cast<size_t>(call_of(*tasks.front()).batch);
  const size_t over = tasks.size() % batch;
  if (batch == 1 || over == 0) return;
  for (size_t i = tasks.size() - over; i < tasks.size(); ++i)
    plan.works[tasks[i]->work].left_over = true;
  tasks.resize(tasks.size() - over);
}

// Looked for and written a batch at a time, so that little has been looked for in vain when
// something stops the work.
Result<std::optional<Failure>> Sender::write_new(Plan& plan, const Tasks& tasks) {
  const ObjectSpec& object = *tasks.front()->view.object;
  const size_t batch =
      std::max<size_t>(kLookedForAtOnce, static_cast<size_t>(call_of(*tasks.front()).batch));
  for (size_t start = 0; start < tasks.size(); start += batch) {
    const Tasks some(
        tasks.begin() + static_cast<std::ptrdiff_t>(start),
        tasks.begin() + static_cast<std::ptrdiff_t>(std::min(tasks.size(), start + batch)));
    if (start > 0 && interrupted_()) {
      leave(plan, std::span(tasks).subspan(start));
      return Stop();
    }
    Tasks missing;
    TRY_ASSIGN(Stop stop, look_up(plan, some, missing));
    if (!stop && !missing.empty()) {
      TRY_ASSIGN(stop, object.upsert ? send_all(plan, *object.upsert, missing)
                                     : create_all(plan, *object.create, missing));
    }
    if (stop) {
      leave(plan, std::span(tasks).subspan(start));
      return stop;
    }
  }
  return Stop();
}

void Sender::leave(Plan& plan, std::span<Task* const> tasks) {
  for (const Task* task : tasks) plan.works[task->work].left_over = true;
}

// Those found are adopted: what differs is sent when they are planned again.
Result<std::optional<Failure>> Sender::look_up(Plan& plan, const Tasks& tasks, Tasks& missing) {
  const ObjectSpec& object = *tasks.front()->view.object;
  std::vector<Wanted> wanted;
  for (const Task* task : tasks) {
    wanted.push_back({.view = task->view, .links = task->item.links});
  }
  Finder finder(manifest_, remote_);
  if (!settings_.look_up) {
    missing = tasks;
    return Stop();
  }
  if (auto failure = finder.find(object, Purpose::kBeforeCreate, wanted)) {
    TRY(postpone(plan, tasks, *failure));
    return Stop(failure);
  }
  OutcomeEvent event{.object = object.name, .operation = "find", .outcome = "done"};
  for (size_t i = 0; i < tasks.size(); ++i) {
    const Wanted& one = wanted[i];
    if (one.found_id.empty()) {
      missing.push_back(tasks[i]);
      continue;
    }
    Work& work = plan.works[tasks[i]->work];
    --work.outstanding;
    work.wrote = work.revisit = true;
    Entry entry = entry_for(*tasks[i], work);
    entry.remote_id = one.found_id;
    entry.sent = agreeing_hashes(settings_.hash_key, one.view, one.found_properties);
    entry.back = back_hashes(settings_.hash_key, object, one.found_properties);
    if (one.found_by) entry.links = link_ids({*one.found_by});
    event.entries.push_back(std::move(entry));
  }
  if (!event.entries.empty()) TRY(journal_.done(event));
  return Stop();
}

Entry Sender::settled(Plan& plan, const Task& task, const ItemOutcome& outcome) {
  Work& work = plan.works[task.work];
  --work.outstanding;
  work.wrote = work.wrote || task.need == Need::kWrite;
  Entry entry = entry_for(task, work);
  const ObjectSpec& object = *task.view.object;
  entry.remote_id = task.need == Need::kWrite ? outcome.id : task.item.id;
  if (task.need == Need::kRemove) {
    entry.removed_part = true;
  } else if (task.need == Need::kLink) {
    entry.links = link_ids(task.item.links);
  } else {
    entry.sent = hashes(settings_.hash_key, object.name, task.item.properties);
    if (outcome.properties.is_object()) {
      entry.back = back_hashes(settings_.hash_key, object, outcome.properties);
    }
    if (task.need == Need::kWrite && !object.upsert) entry.links = link_ids(task.item.links);
  }
  entry.complete = work.served();
  return entry;
}

Entry Sender::refused(Plan& plan, const Task& task, const Failure& failure) {
  Work& work = plan.works[task.work];
  Entry entry = entry_for(task, work);
  const bool elsewhere = failure.error == ErrorClass::kDuplicate && !failure.existing_id.empty();
  if (elsewhere && task.need == Need::kWrite) {
    entry.remote_id = failure.existing_id;  // adopted; what differs is sent when planned again
    work.wrote = work.revisit = true;
    --work.outstanding;
    return entry;
  }
  --work.outstanding;
  entry.error_class = std::string(name(failure.error));
  entry.error_message = explain(failure, manifest_);
  entry.mapping = manifest_.version;
  entry.complete = work.served();
  reporter_.report(Level::kWarning, "push.refused",
                   Json::object()
                       .set("connection", settings_.connection)
                       .set("record", entry.record.type + "/" + entry.record.id)
                       .set("object", task.view.object->name)
                       .set("class", entry.error_class)
                       .set("message", entry.error_message));
  return entry;
}

Result<void> Sender::postpone(Plan& plan, std::span<Task* const> tasks, const Failure& failure) {
  if (was_not_sent(failure)) {
    leave(plan, tasks);
    return {};
  }
  std::set<size_t> works;
  for (const Task* task : tasks) works.insert(task->work);
  for (size_t work : works) TRY(postpone_(plan.works[work], failure));
  return {};
}

Result<std::optional<Failure>> Sender::create_all(Plan& plan, const CallSpec& call,
                                                  const Tasks& tasks) {
  return in_batches(plan, call, tasks,
                    [&](std::span<Task* const> some) { return create_some(plan, call, some); });
}

// Writes that the remote cannot tell from a repetition: announced in the log before they leave.
Result<std::optional<Failure>> Sender::create_some(Plan& plan, const CallSpec& spec,
                                                   std::span<Task* const> tasks) {
  const ObjectSpec& object = *tasks.front()->view.object;
  // Asked for first, so that nothing is announced that cannot leave.
  if (auto failure = remote_.wait_for_quota(spec.quota)) {
    leave(plan, tasks);
    return Stop(failure);
  }
  const std::vector<CallItem> items = items_of(tasks);
  const CallScope scope{.object = object.name};
  const HttpRequest request = fill_request(spec, scope, items, remote_.base_url());
  Result<std::string> call = journal_.start(plan, tasks, "create");
  if (!call.ok()) {
    remote_.give_back(spec.quota);
    return std::move(call).error();
  }
  Reply reply = remote_.call_admitted(request, "create", spec.quota);
  failpoints_.reach("push.request_sent");
  std::vector<ItemOutcome> outcomes;
  if (!reply.failure) outcomes = read_outcomes(manifest_, spec, reply, items, Told::kMust);
  failpoints_.reach("push.response_read");
  if (reply.failure) return conclude_refused(plan, spec, tasks, *call, *reply.failure);
  return conclude_created(plan, tasks, *call, outcomes);
}

void Sender::report_unknown(const Task& task, const std::string& call, const Failure& failure) {
  reporter_.report(Level::kWarning, "push.unknown",
                   Json::object()
                       .set("connection", settings_.connection)
                       .set("call", call)
                       .set("object", task.view.object->name)
                       .set("class", name(failure.error)));
}

// The call as a whole failed.
Result<std::optional<Failure>> Sender::conclude_refused(Plan& plan, const CallSpec& spec,
                                                        std::span<Task* const> tasks,
                                                        const std::string& call,
                                                        const Failure& failure) {
  if (may_have_applied(failure)) {
    // The call stays open in the state: recovery looks whether it took effect.
    report_unknown(*tasks.front(), call, failure);
    leave(plan, tasks);
    return Stop(failure);
  }
  OutcomeEvent event{.call = call,
                     .object = tasks.front()->view.object->name,
                     .operation = "create",
                     .outcome = "failed"};
  const bool later = stops_connection(failure) || is_transient(failure);
  const bool alone = tasks.size() == 1;
  for (const Task* task : tasks) {
    event.entries.push_back(!later && alone ? refused(plan, *task, failure)
                                            : entry_for(*task, plan.works[task->work]));
  }
  TRY(journal_.done(event));
  if (later) {
    TRY(postpone(plan, tasks, failure));
    return Stop(failure);
  }
  if (alone) return Stop();
  // A refused batch says nothing about the single record.
  const size_t half = tasks.size() / 2;
  TRY_ASSIGN(const Stop stop, create_some(plan, spec, tasks.first(half)));
  if (stop) {
    leave(plan, tasks.subspan(half));
    return stop;
  }
  return create_some(plan, spec, tasks.subspan(half));
}

// The call was carried out, as far as each item says. One that is not told of may be there or not:
// the call stays open for it.
Result<std::optional<Failure>> Sender::conclude_created(Plan& plan, std::span<Task* const> tasks,
                                                        const std::string& call,
                                                        const std::vector<ItemOutcome>& outcomes) {
  OutcomeEvent event{.call = call,
                     .object = tasks.front()->view.object->name,
                     .operation = "create",
                     .outcome = "done"};
  Stop stop;
  for (size_t i = 0; i < tasks.size(); ++i) {
    const ItemOutcome& outcome = outcomes[i];
    const Work& work = plan.works[tasks[i]->work];
    if (!outcome.failure) {
      event.entries.push_back(settled(plan, *tasks[i], outcome));
    } else if (may_have_applied(*outcome.failure)) {
      report_unknown(*tasks[i], call, *outcome.failure);
      Entry entry = entry_for(*tasks[i], work);
      entry.unknown = true;
      plan.works[tasks[i]->work].left_over = true;
      event.entries.push_back(std::move(entry));
    } else if (is_transient(*outcome.failure) || stops_connection(*outcome.failure)) {
      event.entries.push_back(entry_for(*tasks[i], work));
      TRY(postpone_(work, *outcome.failure));
      stop = outcome.failure;
    } else {
      event.entries.push_back(refused(plan, *tasks[i], *outcome.failure));
    }
  }
  TRY(journal_.done(event));
  return stop;
}

Result<std::optional<Failure>> Sender::send_all(Plan& plan, const CallSpec& call,
                                                const Tasks& tasks) {
  return in_batches(plan, call, tasks,
                    [&](std::span<Task* const> some) { return send_some(plan, call, some); });
}

// Cuts tasks into calls: no more than fit, no key twice, those refused before each alone.
Result<std::optional<Failure>> Sender::in_batches(Plan& plan, const CallSpec& call,
                                                  const Tasks& tasks, const SendSome& send) {
  Tasks some;
  std::set<std::string> keys;
  size_t bytes = 0, sent = 0;
  const auto flush = [&]() -> Result<Stop> {
    if (some.empty()) return Stop();
    if (sent > 0 && interrupted_()) {
      leave(plan, std::span(tasks).subspan(sent));
      return Stop(Failure{.error = ErrorClass::kQuota});  // makes room for what is urgent
    }
    const Tasks full = std::move(some);
    some.clear();
    keys.clear();
    bytes = 0;
    TRY_ASSIGN(Stop stop, send(full));
    sent += full.size();
    if (stop) leave(plan, std::span(tasks).subspan(sent));
    return stop;
  };
  for (Task* task : tasks) {
    const bool alone = plan.works[task->work].due.attempt.count >= kTriesBeforeAlone;
    const bool twice = !task->item.key.empty() && !keys.insert(ascii_lower(task->item.key)).second;
    const bool full = some.size() >= static_cast<size_t>(call.batch) ||
                      bytes + size_of(*task) > manifest_.request_bytes;
    if (alone || twice || full) {
      TRY_ASSIGN(Stop stop, flush());
      if (stop) return stop;
      keys.insert(ascii_lower(task->item.key));
    }
    some.push_back(task);
    bytes += size_of(*task);
    if (alone) {
      TRY_ASSIGN(Stop stop, flush());
      if (stop) return stop;
    }
  }
  return flush();
}

// A refused batch says nothing about the single record: halves are sent until the refused ones
// stand alone.
Result<std::optional<Failure>> Sender::send_some(Plan& plan, const CallSpec& call,
                                                 std::span<Task* const> tasks) {
  const Task& first = *tasks.front();
  const ObjectSpec& object = *first.view.object;
  const std::vector<CallItem> items = items_of(tasks);
  const CallScope scope{.object = object.name,
                        .other = first.link == nullptr ? "" : first.link->to};
  const std::string_view operation = word(first.need, object);
  if (auto failure = remote_.wait_for_quota(call.quota)) {
    leave(plan, tasks);
    return Stop(failure);
  }
  // Until its outcome is known, nobody can say which of two values the remote holds.
  if (first.need == Need::kUpdate) {
    const Result<std::string> announced = journal_.start(plan, tasks, operation);
    if (!announced.ok()) {
      remote_.give_back(call.quota);
      return announced.error();
    }
  }
  const Reply reply = remote_.call_admitted(fill_request(call, scope, items, remote_.base_url()),
                                            operation, call.quota);
  failpoints_.reach("push.request_sent");
  if (!reply.failure) return take_outcomes(plan, call, tasks, reply);
  if (is_transient(*reply.failure) || stops_connection(*reply.failure)) {
    TRY(postpone(plan, tasks, *reply.failure));
    return Stop(reply.failure);
  }
  if (tasks.size() > 1) {
    const size_t half = tasks.size() / 2;
    TRY_ASSIGN(const Stop stop, send_some(plan, call, tasks.first(half)));
    if (stop) return stop;
    return send_some(plan, call, tasks.subspan(half));
  }
  OutcomeEvent event{
      .object = object.name, .operation = std::string(operation), .outcome = "failed"};
  event.entries.push_back(refused(plan, first, *reply.failure));
  TRY(journal_.done(event));
  return Stop();
}

Result<std::optional<Failure>> Sender::take_outcomes(Plan& plan, const CallSpec& call,
                                                     std::span<Task* const> tasks,
                                                     const Reply& reply) {
  const Task& first = *tasks.front();
  const std::vector<CallItem> items = items_of(tasks);
  const Told told = first.need == Need::kWrite ? Told::kMust : Told::kMay;
  const std::vector<ItemOutcome> outcomes = read_outcomes(manifest_, call, reply, items, told);
  failpoints_.reach("push.response_read");
  OutcomeEvent event{.object = first.view.object->name,
                     .operation = std::string(word(first.need, *first.view.object)),
                     .outcome = "done"};
  Stop stop;
  for (size_t i = 0; i < tasks.size(); ++i) {
    const ItemOutcome& outcome = outcomes[i];
    if (!outcome.failure) {
      event.entries.push_back(settled(plan, *tasks[i], outcome));
    } else if (is_transient(*outcome.failure) || stops_connection(*outcome.failure)) {
      TRY(postpone_(plan.works[tasks[i]->work], *outcome.failure));
      if (outcome.failure->error != ErrorClass::kMalformed) stop = outcome.failure;
    } else {
      event.entries.push_back(refused(plan, *tasks[i], *outcome.failure));
    }
  }
  if (!event.entries.empty()) TRY(journal_.done(event));
  return stop;
}

}  // namespace rapport::connect
