#include "store/event_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

namespace rapport::store {

struct EventLog::State {
  State(EventLogOptions o, Disk& d, Random& r, Reporter& rep)
      : options(std::move(o)), disk(d), random(r), reporter(rep) {}

  Result<void> expect_keys();
  Result<void> open_ids(Failpoints& failpoints);
  Result<void> open_log(Clock& clock, Failpoints& failpoints, Metrics& metrics);
  // What the indexes have to learn from a record that they do not hold yet.
  Result<void> catch_up(const Envelope& envelope, std::string_view sealed);
  // False: the key was destroyed, only the envelope was filled in.
  Result<bool> open_event(const Envelope& envelope, std::string_view sealed, model::Event& event);

  const EventLogOptions options;
  Disk& disk;
  Random& random;
  Reporter& reporter;
  std::unique_ptr<Keys> keys;
  std::unique_ptr<Ids> ids;
  std::unique_ptr<Log> log;
  // Held while a record enters log and indexes: a point of the log never covers a record that the
  // indexes do not know, and no message id is staged twice.
  std::mutex staging;
};

EventLog::EventLog(std::unique_ptr<State> state) : state_(std::move(state)) {}
EventLog::~EventLog() = default;

// --- opening

Result<std::unique_ptr<EventLog>> EventLog::open(EventLogOptions options, Disk& disk, Clock& clock,
                                                 Random& random, Failpoints& failpoints,
                                                 Metrics& metrics, Reporter& reporter) {
  auto state = std::make_unique<State>(std::move(options), disk, random, reporter);
  const EventLogOptions& o = state->options;
  TRY(disk.make_folders(o.folder));
  TRY(state->expect_keys());
  TRY_ASSIGN(state->keys,
             Keys::open(o.folder + "/keys.db", o.sqlite_vfs, o.master, random, failpoints));
  TRY(state->keys->add_workspace({0}));
  TRY(state->open_ids(failpoints));
  TRY(state->open_log(clock, failpoints, metrics));
  return std::unique_ptr<EventLog>(new EventLog(std::move(state)));
}

// Without its keys a log is unreadable for ever: a new file would hide that they were lost.
Result<void> EventLog::State::expect_keys() {
  const std::string keys_path = options.folder + "/keys.db", log_folder = options.folder + "/log";
  if (disk.exists(keys_path) || !disk.exists(log_folder)) return {};
  TRY_ASSIGN(const auto names, disk.list(log_folder));
  if (names.empty()) return {};
  return Error{Code::kNotFound,
               fmt::format("'{}' is missing, and without it no event can be read: put it back or "
                           "restore the last backup",
                           keys_path)};
}

// The index is derived: a file that cannot be used is made again from the log.
Result<void> EventLog::State::open_ids(Failpoints& failpoints) {
  const std::string path = options.folder + "/ids.db";
  auto opened = Ids::open(path, options.sqlite_vfs, failpoints);
  if (!opened.ok() && opened.error().code == Code::kCorrupt) {
    reporter.report(Level::kWarning, "ids.rebuilt",
                    Json::object().set("reason", opened.error().message));
    for (const char* suffix : {"", "-wal", "-shm"}) {
      if (disk.exists(path + suffix)) TRY(disk.remove(path + suffix));
    }
    opened = Ids::open(path, options.sqlite_vfs, failpoints);
  }
  TRY_ASSIGN(ids, std::move(opened));
  return {};
}

Result<void> EventLog::State::open_log(Clock& clock, Failpoints& failpoints, Metrics& metrics) {
  const LogPoint from = ids->flushed();
  LogPoint here = from;
  const auto found = [&](const Envelope& e, std::string_view sealed) -> Result<void> {
    TRY(catch_up(e, sealed));
    here.position = e.next;
    here.heads[e.workspace] = {e.sequence, e.chain, e.received_at};
    return ids->wants_flush() ? ids->flush(here) : Result<void>();
  };
  TRY_ASSIGN(log,
             Log::open({.folder = options.folder + "/log", .segment_bytes = options.segment_bytes},
                       disk, clock, failpoints, metrics, from, found));
  return {};
}

Result<void> EventLog::State::catch_up(const Envelope& envelope, std::string_view sealed) {
  if (envelope.message != Digest16{})
    ids->remember(envelope.workspace, envelope.message, envelope.sequence);
  if (!envelope.has_bindings) return {};
  model::Event event;
  TRY_ASSIGN(const bool readable, open_event(envelope, sealed, event));
  if (!readable) return {};
  for (const model::Binding& binding : event.bindings)
    ids->bind(envelope.workspace, binding, envelope.sequence);
  return {};
}

// --- appending

Result<void> EventLog::stage(model::Event& event, const Digest16& message) {
  return stage(event, message, model::encode_content(event));
}

Result<void> EventLog::stage(model::Event& event, const Digest16& message,
                             std::string_view content) {
  State& s = *state_;
  const std::string body = model::encode_body(event, content);
  const std::lock_guard lock(s.staging);
  const bool has_message = message != Digest16{};
  if (has_message) {
    // Not only what memory knows: the caller may have looked long ago, and the index may have been
    // flushed twice since.
    TRY_ASSIGN(const auto known, s.ids->sequence_of(event.workspace, message));
    if (known) return Error{Code::kConflict, "an event with this message id was accepted already"};
  }
  TRY_ASSIGN(const Key key, s.keys->find(event.workspace, event.subject));
  const auto seal_body = [&](const Envelope& envelope, std::span<char> sealed) {
    seal(key, body, context_of(envelope), s.random, sealed);
  };
  NewRecord record{event.workspace,
                   event.subject,
                   message,
                   !event.bindings.empty(),
                   body.size() + kSealOverhead,
                   std::cref(seal_body)};
  TRY_ASSIGN(const Envelope envelope, s.log->stage(std::move(record)));
  event.sequence = envelope.sequence;
  event.received_at = envelope.received_at;
  event.position = envelope.position;
  if (has_message) s.ids->remember(event.workspace, message, event.sequence);
  for (const model::Binding& binding : event.bindings)
    s.ids->bind(event.workspace, binding, event.sequence);
  return {};
}

Result<void> EventLog::commit() {
  return state_->log->commit();
}

Result<Sequence> EventLog::append(model::Event event) {
  TRY(stage(event, {}));
  TRY(commit());
  return event.sequence;
}

// --- reading

Result<bool> EventLog::State::open_event(const Envelope& envelope, std::string_view sealed,
                                         model::Event& event) {
  event.workspace = envelope.workspace;
  event.sequence = envelope.sequence;
  event.received_at = envelope.received_at;
  event.subject = envelope.subject;
  event.position = envelope.position;
  const Result<Key> key = keys->find(envelope.workspace, envelope.subject);
  if (!key.ok() && key.error().code == Code::kNotFound) return false;
  if (!key.ok()) return key.error();
  const Result<std::string> body = unseal(*key, sealed, context_of(envelope));
  const Result<void> decoded = body.ok() ? model::decode_body(*body, event) : body.error();
  if (decoded.ok()) return true;
  return corrupt(fmt::format("event {} of workspace {} cannot be read: {}. Run `rapport verify`",
                             envelope.sequence.value, envelope.workspace.value,
                             decoded.error().message));
}

std::unique_ptr<EventLog::Follower> EventLog::follow(Position from) {
  class LogFollower final : public Follower {
   public:
    LogFollower(State& state, Position from) : state_(state), reader_(state.log->read(from)) {}
    Result<std::optional<Item>> next() override {
      TRY_ASSIGN(const auto found, reader_->next());
      if (!found) return std::optional<Item>();
      Item item;
      TRY_ASSIGN(const bool readable,
                 state_.open_event(found->envelope, found->sealed, item.event));
      item.erased = !readable;
      item.chain = found->envelope.chain;
      item.next = found->envelope.next;
      return std::optional(std::move(item));
    }
    void seek(Position position) override { reader_->seek(position); }

   private:
    State& state_;
    std::unique_ptr<Log::Reader> reader_;
  };
  return std::make_unique<LogFollower>(*state_, from);
}

Result<std::vector<model::Event>> EventLog::read(std::span<const Position> positions) {
  std::vector<model::Event> events;
  events.reserve(positions.size());
  const auto reader = state_->log->read({});
  for (Position position : positions) {
    reader->seek(position);
    TRY_ASSIGN(const auto found, reader->next());
    if (!found)
      return corrupt("an index names an event behind the end of the log: run `rapport rebuild`");
    model::Event event;
    TRY_ASSIGN(const bool readable, state_->open_event(found->envelope, found->sealed, event));
    if (readable) events.push_back(std::move(event));
  }
  return events;
}

// --- upkeep

Result<void> EventLog::flush_ids_if_large() {
  if (state_->keys->wants_refill()) TRY(state_->keys->refill());
  return state_->ids->wants_flush() ? flush_ids() : Result<void>();
}

Result<void> EventLog::flush_ids() {
  LogPoint point;
  {
    const std::lock_guard lock(state_->staging);
    point = state_->log->end();
  }
  return state_->ids->flush(point);
}

Log& EventLog::log() {
  return *state_->log;
}
Keys& EventLog::keys() {
  return *state_->keys;
}
Ids& EventLog::ids() {
  return *state_->ids;
}
bool EventLog::broken() const {
  return state_->log->broken() || state_->keys->broken();
}
bool EventLog::disk_full() const {
  return state_->log->disk_full();
}

}  // namespace rapport::store
