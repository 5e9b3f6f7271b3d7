// Live views of workspaces as server-sent events: one thread looks and tells all who follow.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/context.h"
#include "api/live/live_view.h"
#include "net/server.h"

namespace rapport::api {

struct LiveOptions {
  size_t max_streams = 64;                // more: 503
  size_t max_waiting_bytes = 256 * 1024;  // for one client; slower ones are dropped
  Micros heartbeat = seconds(15);         // a comment, so that nothing between takes us for dead
  Micros between_looks = millis(250);
  Micros at_least_every = seconds(1);  // for what changes without an event, as a quota does
};

// Begins each stream with a snapshot, also after a reconnection (so no Last-Event-ID is needed).
// The key is checked again with every look: a revoked one ends its streams.
class Live {
 public:
  Live(Context& context, LiveOptions options);
  ~Live();
  // Any thread. Answers with a stream, or 503 with Retry-After.
  void follow(std::string key, WorkspaceId workspace, const net::Respond& respond);
  void wake();  // any thread: something was folded
  void stop();  // any thread: ends all streams; from now on there are none

 private:
  struct Follower {
    std::string key;
    WorkspaceId workspace;
    std::shared_ptr<net::Stream> stream;
    bool told = false;  // it has its snapshot
  };
  void run();
  bool wait();  // until there is something to look at; false at the end
  void look_round();
  void tell(Follower& follower, const std::vector<LiveEvent>& news);
  void drop_closed();

  Context& context_;
  LiveOptions options_;
  Gauge& gauge_;
  std::map<WorkspaceId, LiveView> views_;  // of the thread, as what follows
  std::map<WorkspaceId, std::vector<LiveEvent>> news_;
  Micros next_heartbeat_{0};

  std::mutex mutex_;  // of what follows
  std::condition_variable woken_;
  std::vector<std::shared_ptr<Follower>> followers_;
  bool wake_ = false, stop_ = false;
  std::thread thread_;  // last: starts when the rest is ready
};

}  // namespace rapport::api
