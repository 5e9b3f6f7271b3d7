// From bytes to the log: parses tracking calls, checks and normalises them, finds the subject of
// each event, drops repeats, and stages what is left. The caller commits and then answers.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/metrics.h"
#include "base/result.h"
#include "model/event.h"
#include "store/event_log.h"

namespace rapport::intake {

struct IntakeOptions {
  size_t max_event_bytes = 32 * 1024;  // Segment's limits
  size_t max_batch_bytes = 500 * 1024;
  size_t max_batch_events = 2500;
  Micros max_past = days(3650);     // event time older than this before receipt: quarantined
  Micros max_future = minutes(5);   // event time later than this after receipt: clamped to it
  std::string default_region = "";  // for phone numbers without country code; empty: must be +
  size_t max_staged_bytes = 64 * 1024 * 1024;  // more waiting for the disk: kOverloaded
  uint64_t max_lag_events = 2'000'000;         // fold further behind than this: kOverloaded
};

enum class Call { kIdentify, kTrack, kPage, kScreen, kGroup, kAlias, kBatch };
std::optional<Call> call_named(std::string_view path_part);  // "identify", "i", …, "batch", "b"

struct Receipt {
  int stored = 0;
  int repeated = 0;     // message id seen before: nothing stored
  int quarantined = 0;  // durable, with a reason, listed, can be re-admitted
  Sequence last;        // highest sequence this request needs to be answered (repeats included)
};

// A request that was read and checked, ready to be staged.
class Prepared {
 public:
  struct State;
  Prepared();
  explicit Prepared(std::unique_ptr<State> state);
  Prepared(Prepared&&) noexcept;
  Prepared& operator=(Prepared&&) noexcept;
  ~Prepared();

 private:
  friend class Intake;
  std::unique_ptr<State> state_;
};

class Intake {
 public:
  Intake(store::EventLog& log, Clock& clock, Random& random, Metrics& metrics,
         IntakeOptions options);
  ~Intake();

  // One tracking call or batch. Stages; durable after the log's next commit(). Any thread.
  // Errors refuse the whole request and store nothing: kInvalid (not JSON, not an object, batch not
  // an array; names byte or field), kTooLarge (names the limit), kOverloaded, kDiskFull.
  // Only a disk that fills up within a batch leaves its first events staged; sent again, they are
  // repeats by their message ids.
  Result<Receipt> receive(WorkspaceId workspace, Call call, std::string_view body);
  // The same in two steps. The first is two thirds of the work and can be done for several requests
  // at once; the second takes one after the other.
  Result<Prepared> prepare(WorkspaceId workspace, Call call, std::string_view body);
  Result<Receipt> stage(Prepared prepared);
  // Says what will be staged next: what it has to look up is then read as one.
  void expect(std::span<const Prepared> all);

  // Events of the server itself (connection.configured, contacts.merged, push.done …): durable when
  // it returns. With a non-empty message_id a repeat gives the sequence of the first.
  Result<Sequence> append(model::Event event);

  // Reads a quarantined event again from the given (perhaps corrected) JSON. kInvalid with the
  // reason when it is still bad. Durable when it returns.
  Result<Receipt> readmit(WorkspaceId workspace, Sequence quarantined, std::string_view json);

  // Tells how far the fold is behind, for overload. Any thread.
  void set_lag(uint64_t events);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rapport::intake
