// An answer whose body goes on for as long as its client listens, such as server-sent events.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "base/http.h"

namespace rapport::net {

// Its body ends with the connection, so that it needs no length and no chunks. What the client has
// not taken yet waits here, up to a limit; who is slower than that is dropped: a slow client costs
// a known amount of memory and nobody waits for it.
class Stream {
 public:
  // `wake` has the connection look here; called from the thread of send() or end().
  Stream(HttpResponse head, size_t most_waiting, std::function<void()> wake);

  // Any thread, never blocks. False when the text will not arrive: the client has gone, was too
  // slow, or the stream has ended.
  bool send(std::string_view text);
  // Any thread: what was sent before still goes out, then the connection closes.
  void end();
  bool open() const { return open_; }

  // For the connection, on the server's thread.
  struct Taken {
    std::string text;
    bool ended = false;
    bool too_slow = false;
  };
  Taken take();
  bool too_slow() const { return too_slow_; }
  void close() { open_ = false; }
  const HttpResponse& head() const { return head_; }

 private:
  const HttpResponse head_;
  const size_t most_waiting_;
  const std::function<void()> wake_;
  std::atomic<bool> open_{true}, too_slow_{false};
  std::mutex mutex_;  // of what follows
  std::string waiting_;
  bool ended_ = false;
  bool woken_ = false;  // since the last take()
};

}  // namespace rapport::net
