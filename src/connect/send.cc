#include "connect/send.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"

namespace rapport::connect {
namespace {

constexpr size_t kMostCreates = 10;    // in one step: each waits for the disk twice
constexpr int kTriesBeforeAlone = 2;   // then a record is sent without company
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
  for (auto& [group, tasks] : groups) {
    TRY_ASSIGN(Stop stop, group.need == Need::kWrite
                              ? write_new(plan, tasks)
                              : send_all(plan, call_of(*tasks.front()), tasks));
    if (stop) return stop;
  }
  return Stop();
}

Result<std::optional<Failure>> Sender::write_new(Plan& plan, const Tasks& tasks) {
  const ObjectSpec& object = *tasks.front()->view.object;
  Tasks some = tasks;
  if (!object.upsert && some.size() > kMostCreates) some.resize(kMostCreates);
  Tasks missing;
  TRY_ASSIGN(Stop stop, look_up(plan, some, missing));
  if (stop) return stop;
  if (object.upsert) return send_all(plan, *object.upsert, missing);
  for (Task* task : missing) {
    TRY_ASSIGN(stop, create(plan, *task));
    if (stop) return stop;
  }
  return Stop();
}

// Those found are adopted: what differs is sent when they are planned again.
Result<std::optional<Failure>> Sender::look_up(Plan& plan, const Tasks& tasks, Tasks& missing) {
  const ObjectSpec& object = *tasks.front()->view.object;
  std::vector<Wanted> wanted;
  for (const Task* task : tasks) {
    wanted.push_back({.view = task->view, .links = task->item.links});
  }
  Finder finder(manifest_, remote_);
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
    Entry entry = entry_for(*tasks[i], plan.works[tasks[i]->work]);
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
  std::set<size_t> works;
  for (const Task* task : tasks) works.insert(task->work);
  for (size_t work : works) TRY(postpone_(plan.works[work], failure));
  return {};
}

Result<std::optional<Failure>> Sender::create(Plan& plan, Task& task) {
  const ObjectSpec& object = *task.view.object;
  const CallScope scope{.object = object.name};
  const HttpRequest request =
      fill_request(*object.create, scope, {&task.item, 1}, remote_.base_url());
  TRY_ASSIGN(const std::string call, journal_.start(task, plan.works[task.work], "create"));
  Reply reply = remote_.call(request, "create");
  failpoints_.reach("push.request_sent");
  return conclude_create(plan, task, call, reply);
}

Result<std::optional<Failure>> Sender::conclude_create(Plan& plan, Task& task,
                                                       const std::string& call, Reply& reply) {
  const ObjectSpec& object = *task.view.object;
  ItemOutcome outcome;
  if (!reply.failure) {
    outcome = read_outcomes(manifest_, *object.create, reply, {&task.item, 1}, Told::kMust).front();
    reply.failure = outcome.failure;
  }
  failpoints_.reach("push.response_read");
  if (reply.failure && may_have_applied(*reply.failure)) {
    // The call stays open in the state: recovery looks whether it took effect.
    reporter_.report(Level::kWarning, "push.unknown",
                     Json::object()
                         .set("connection", settings_.connection)
                         .set("call", call)
                         .set("object", object.name)
                         .set("class", name(reply.failure->error)));
    return Stop(reply.failure);
  }
  OutcomeEvent event{
      .call = call, .object = object.name, .operation = "create", .outcome = "failed"};
  Stop stop;
  if (!reply.failure) {
    event.outcome = "done";
    event.entries.push_back(settled(plan, task, outcome));
  } else if (stops_connection(*reply.failure) || is_transient(*reply.failure)) {
    event.entries.push_back(entry_for(task, plan.works[task.work]));
    TRY(postpone_(plan.works[task.work], *reply.failure));
    stop = reply.failure;
  } else {
    event.entries.push_back(refused(plan, task, *reply.failure));
  }
  TRY(journal_.done(event));
  return stop;
}

Result<std::optional<Failure>> Sender::send_all(Plan& plan, const CallSpec& call,
                                                const Tasks& tasks) {
  Tasks some;
  std::set<std::string> keys;
  size_t bytes = 0;
  const auto flush = [&]() -> Result<Stop> {
    if (some.empty()) return Stop();
    const Tasks full = std::move(some);
    some.clear();
    keys.clear();
    bytes = 0;
    return send_some(plan, call, full);
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
  const Reply reply = remote_.call(fill_request(call, scope, items, remote_.base_url()), operation);
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
