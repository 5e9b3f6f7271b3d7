// The demo's own routes: they exist on no other server. What its live page needs to show the
// sandbox in trouble, and that nothing comes twice.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/router.h"
#include "main/api_client.h"

namespace rapport {

// Counts what the sandbox holds from what has changed there since the last look. One thread.
class CrmCount {
 public:
  void take(const Json& state);  // an answer of /__sandbox/state
  // {companies, contacts, notes, tickets, twice}: records there are, and those one too many.
  Json show() const;

 private:
  struct Kind {
    std::map<std::string, size_t> identities;  // of each record, hashed, by its id
    std::map<size_t, int64_t> times;           // that each identity is there
  };
  std::map<std::string, Kind, std::less<>> kinds_;
  int64_t twice_ = 0;
};

// What goes wrong in the sandbox, by the name of a switch on the page.
class DemoTrouble {
 public:
  // `sandbox`: "http://127.0.0.1:8091". The page gets `read_key`, which may only read.
  DemoTrouble(const std::string& sandbox, std::string read_key);
  ~DemoTrouble();

  // GET / (the live page), GET /demo (key and switches, for this machine only),
  // POST /demo/trouble, GET /demo/crm. They must not outlive this.
  std::vector<api::Route> routes();
  // kInvalid for an unknown name. "none" heals.
  Result<void> turn_to(std::string_view name);

 private:
  Result<HttpResponse> describe(const api::Call& call);
  Result<HttpResponse> change(api::Call& call);
  Result<HttpResponse> count_crm();
  Result<void> arm(std::string_view name);
  void run();  // uses up the quota again and again while that is switched on

  const std::string read_key_;
  ApiClient sandbox_;
  std::mutex sandbox_mutex_;  // one call at a time; also of what follows
  CrmCount count_;
  std::string counted_at_;

  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::string now_ = "none";
  bool stop_ = false;
  std::thread thread_;  // last: starts when the rest is ready
};

}  // namespace rapport
