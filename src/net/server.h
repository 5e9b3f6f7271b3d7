// HTTP/1.1 server: reads requests, hands them to a Service, writes the answers. Knows no routes.
//
// One thread (the caller of run()) does all reading, serving and writing. It reads every request
// that is ready, hands each to serve(), and when no more input is at hand calls after_reads() once:
// the service makes durable what it staged and answers. That is group commit in the read loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/http.h"
#include "base/metrics.h"
#include "base/result.h"
#include "net/stream.h"

namespace rapport::net {

struct ServerOptions {
  std::string address = "127.0.0.1";
  uint16_t port = 8080;                        // 0 picks a free one
  size_t max_header_bytes = 16 * 1024;         // more: 431
  size_t max_body_bytes = 1024 * 1024;         // on the wire: 413
  size_t max_decoded_bytes = 4 * 1024 * 1024;  // after gzip or deflate: 413
  size_t max_kept_bytes = 256 * 1024 * 1024;   // bodies half read, over all connections: 503
  size_t max_connections = 4096;               // more: closed after 503
  Micros header_time = seconds(10);            // slower heads: 408
  Micros body_time = seconds(30);              // slower bodies: 408
  Micros idle_time = seconds(75);              // kept-alive connection without a request
};

// Answers one request, from any thread, exactly once. Copies stand for the same request.
class Respond {
 public:
  class Place {
   public:
    virtual ~Place() = default;
    virtual void answer(HttpResponse response) = 0;
    virtual std::shared_ptr<Stream> stream(HttpResponse head, size_t most_waiting) = 0;
  };
  Respond() = default;
  explicit Respond(std::shared_ptr<Place> place) : place_(std::move(place)) {}

  // Status 0 closes the connection instead, without a byte: how a sandbox loses an answer.
  void operator()(HttpResponse response) const { place_->answer(std::move(response)); }
  // Answers with this head and a body that goes on; the connection serves nothing after it. The
  // client is dropped when more than `most_waiting` bytes wait for it.
  std::shared_ptr<Stream> stream(HttpResponse head, size_t most_waiting) const {
    return place_->stream(std::move(head), most_waiting);
  }

 private:
  std::shared_ptr<Place> place_;
};

class Service {
 public:
  virtual ~Service() = default;
  // On the server's thread; must not block. May answer at once or keep `respond` for later.
  virtual void serve(HttpRequest request, Respond respond) = 0;
  // On the server's thread, after a round of reads in which serve() was called at least once.
  virtual void after_reads() = 0;
};

class Server {
 public:
  // Binds at once, so that port() is known and a taken port is an error here.
  static Result<std::unique_ptr<Server>> listen(ServerOptions options, Service& service,
                                                Metrics& metrics);
  virtual ~Server() = default;
  virtual uint16_t port() const = 0;
  // Serves until drain() has finished or stop() is called.
  virtual void run() = 0;
  // Any thread: no new connections, requests under way are answered (with Connection: close), then
  // run() returns, at the latest after `limit`.
  virtual void drain(Micros limit) = 0;
  virtual void stop() = 0;  // any thread: run() returns at once
  // Any thread: runs `work` on the server's thread.
  virtual void post(std::function<void()> work) = 0;
};

}  // namespace rapport::net
