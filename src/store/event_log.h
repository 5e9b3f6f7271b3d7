// Log, keys and ids as one: what intake appends to and everybody reads from.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "base/failpoint.h"
#include "base/logging.h"
#include "base/metrics.h"
#include "base/random.h"
#include "model/event.h"
#include "store/ids.h"
#include "store/keys.h"
#include "store/log.h"

namespace rapport::store {

struct EventLogOptions {
  std::string folder;      // data folder: holds log/, keys.db, ids.db
  std::string sqlite_vfs;  // empty: the default one
  Key master{};
  uint64_t segment_bytes = 64ull << 20;
};

class EventLog {
 public:
  // Opens or makes the three, and catches the indexes up with the log before it returns.
  static Result<std::unique_ptr<EventLog>> open(EventLogOptions options, Disk& disk, Clock& clock,
                                                Random& random, Failpoints& failpoints,
                                                Metrics& metrics, Reporter& reporter);
  ~EventLog();

  // Stages an event: seals its body under event.subject, gives it sequence and received time, and
  // enters message id hash and bindings into the indexes. Visible and durable after commit().
  // `message` all zero: no message id. Sets envelope fields of `event`. kConflict when another
  // thread has just staged the same message id; errors of Log::stage; kNotFound when the key of
  // the subject was destroyed.
  Result<void> stage(model::Event& event, const Digest16& message);
  // The same for an event whose properties and context were encoded before (encode_content).
  Result<void> stage(model::Event& event, const Digest16& message, std::string_view content);
  Result<void> commit();
  // stage + commit, for single events of the server's own.
  Result<Sequence> append(model::Event event);

  // Reads committed events of all workspaces in log order.
  class Follower {
   public:
    virtual ~Follower() = default;
    struct Item {
      model::Event event;
      Hash chain{};
      bool erased = false;  // key destroyed: only the envelope is known
      Position next;
    };
    // Next event or nullopt at the end. Events of workspaces without keys come as erased.
    virtual Result<std::optional<Item>> next() = 0;
    virtual void seek(Position position) = 0;
  };
  std::unique_ptr<Follower> follow(Position from);

  // The events at these positions (from a posting list); erased ones are left out. Any thread.
  Result<std::vector<model::Event>> read(std::span<const Position> positions);

  // Writes the tail of the indexes when it is large, and makes subject keys ahead when few are
  // left; called from a background thread every 100 ms or so.
  Result<void> flush_ids_if_large();
  Result<void> flush_ids();

  Log& log();
  Keys& keys();
  Ids& ids();
  bool broken() const;
  bool disk_full() const;

 private:
  struct State;
  explicit EventLog(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace rapport::store
