// Answers on their way to the server's thread. Outlives the server: an answer that comes after its
// end is dropped here.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "net/server.h"

namespace rapport::net {

class Mailbox {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void deliver(uint64_t id, HttpResponse response) = 0;  // on the server's thread
    virtual void deliver(uint64_t id, std::shared_ptr<Stream> stream) = 0;  // the same
    virtual void wake() = 0;  // any thread: have the server's thread call collect()
  };

  explicit Mailbox(Owner& owner) : owner_(&owner) {}

  void set_thread(std::thread::id thread) { thread_.store(thread); }
  void retire();  // the owner ends: drops what is here and what still comes

  // Any thread. On the server's thread the answer is delivered before this returns.
  void answer(uint64_t id, HttpResponse response) { put(id, std::move(response)); }
  // The same for a stream that begins or has something to take.
  void stream(uint64_t id, std::shared_ptr<Stream> stream) { put(id, std::move(stream)); }
  void collect();  // on the server's thread: delivers what other threads put in

 private:
  using Letter = std::variant<HttpResponse, std::shared_ptr<Stream>>;
  void put(uint64_t id, Letter letter);
  static void deliver(Owner& owner, uint64_t id, Letter letter);

  std::atomic<std::thread::id> thread_{};
  std::mutex mutex_;
  Owner* owner_;
  std::vector<std::pair<uint64_t, Letter>> letters_;
};

// What serve() gets for request `id`. Two answers are a bug of the service; none (the last copy is
// gone) answers 500, so that no client waits for ever.
Respond respond_once(std::shared_ptr<Mailbox> mailbox, uint64_t id);

}  // namespace rapport::net
