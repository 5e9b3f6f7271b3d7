// Stands between the HTTP server and the rooms behind it: tracking calls are staged and answered on
// the server's thread with one commit per round of reads; everything else goes to a few workers.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/batch_reader.h"
#include "api/live/live.h"
#include "api/router.h"
#include "base/failpoint.h"
#include "net/server.h"

namespace rapport::api {

struct ServiceOptions {
  int workers = 2;
  size_t max_queued = 512;        // requests waiting for a worker; more: 503
  int outside_workers = 2;        // for requests that wait for other systems, up to 30 s and more
  size_t max_outside_queued = 8;  // waiting for one of those; more: 503
  size_t max_waiting = 1024;      // requests waiting for their min_sequence; more: 503
  Micros max_wait = seconds(10);  // for min_sequence; longer: 504
  LiveOptions live = {};
};

class Service final : public net::Service {
 public:
  // `failed` is called once when the log cannot be written any more: the process has to stop.
  Service(Context& context, Router& router, Failpoints& failpoints, ServiceOptions options,
          std::function<void(const Error&)> failed);
  ~Service() override;

  void serve(HttpRequest request, net::Respond respond) override;
  void after_reads() override;
  // Any thread: the fold of a workspace has come further.
  void applied(WorkspaceId workspace, Sequence sequence);
  // From now on new requests but probes get 503; those accepted are answered.
  void drain();  // ends the live streams too
  void stop();   // joins the workers

 private:
  struct Staged {
    net::Respond respond;
    HttpResponse answer;
  };
  struct Queued {
    HttpRequest request;
    net::Respond respond;
    Lane lane = Lane::kUsual;
    Micros deadline{0};  // set once it had to wait
  };
  struct Waiting {
    Wait what;
    Queued queued;
  };
  bool track(HttpRequest& request, net::Respond& respond);
  Result<WorkspaceId> sender_of(const HttpRequest& request);
  void take(net::Respond respond, const Result<intake::Receipt>& receipt);
  void take_small();
  void take_large();
  void work(Lane lane);
  std::deque<Queued>& queue_of(Lane lane) { return lane == Lane::kUsual ? queue_ : outside_queue_; }
  std::condition_variable& changed_of(Lane lane) {
    return lane == Lane::kUsual ? changed_ : outside_changed_;
  }
  void refuse_outside(std::unique_lock<std::mutex>& lock);
  void run(Queued queued);
  void expire(std::vector<Waiting>& expired);

  Context& context_;
  Router& router_;
  Failpoints& failpoints_;
  ServiceOptions options_;
  std::function<void(const Error&)> failed_;
  Live live_;
  Histogram& ingest_seconds_;
  Histogram& request_seconds_;
  // On the server's thread:
  std::vector<Staged> staged_;
  BatchReader reader_;
  std::vector<intake::Prepared> small_;  // staged together at the end of the round
  std::vector<net::Respond> small_responds_;
  std::vector<BatchReader::Job> large_;  // the same, and read there
  std::vector<net::Respond> large_responds_;
  size_t large_bytes_ = 0;

  std::atomic<bool> draining_{false};

  std::mutex mutex_;
  std::condition_variable changed_, outside_changed_;
  std::deque<Queued> queue_, outside_queue_;
  std::vector<Waiting> waiting_;
  bool stop_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace rapport::api
