// One client's connection on the server's thread: reads a request, waits for its answer, writes it,
// and so on. Requests that come ahead (pipelining) wait in the buffer.
#pragma once

#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/request_reader.h"
#include "net/stream.h"

namespace rapport::net {

using Socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

// Time in sweeps of the server, so that no read needs a timer of its own.
using Ticks = int64_t;

struct Patience {
  Ticks header = 0, body = 0, idle = 0, lingering = 0, draining = 0;
};

class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  virtual void serve(uint64_t id, HttpRequest request) = 0;
  virtual void refused(std::string_view reason) = 0;
  virtual void closed(uint64_t id) = 0;  // the last call of a connection
  virtual bool draining() const = 0;
  virtual Ticks now() const = 0;
  virtual const Patience& patience() const = 0;
  // Body bytes kept over all connections; false when `grown_by` would pass the limit.
  virtual bool keep(int64_t grown_by) = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Socket socket, std::string peer, uint64_t id, const ReadLimits& limits,
             ConnectionOwner& owner);

  void start();
  // The answer to the request handed to serve(); ignored when the client has gone meanwhile.
  void answer(HttpResponse response);
  // Begins the stream as the answer; later calls say that it has something to take.
  void stream(std::shared_ptr<Stream> stream);
  void sweep();  // closes or answers 408 when the client was too slow
  void drain();  // no request under way: closes soon; else after its answer
  void close();  // at once

 private:
  enum class State { kReading, kServing, kWriting, kStreaming, kLingering, kClosed };

  void read_more();
  void on_read(const boost::system::error_code& ec, size_t size);
  void make_room();
  void advance();
  void wait_for_more();
  bool account_body();
  void refuse(const Refusal& refusal);
  void begin_answer(HttpResponse response, bool keep_alive);
  void write_on();
  void on_written();
  void begin_stream(std::shared_ptr<Stream> stream);
  void stream_on();
  void wait_to_stream();
  void drop_slow_stream();
  void linger();
  void discard();
  void shrink();
  bool idle() const;
  std::string_view pending() const { return {in_.data() + begin_, end_ - begin_}; }

  Socket socket_;
  std::string peer_;
  uint64_t id_;
  ConnectionOwner& owner_;
  RequestReader reader_;
  State state_ = State::kReading;
  Ticks deadline_ = 0;
  bool continue_sent_ = false;
  bool in_body_ = false;
  bool close_after_answer_ = false;
  bool reading_ = false;    // a read is under way and owns the free part of in_
  bool filled_ = false;     // the last read filled all the room there was
  bool shrinking_ = false;  // the read under way was cancelled to shrink in_
  size_t kept_ = 0;         // of body, as told to the owner
  size_t discarded_ = 0;    // while lingering
  std::vector<char> in_;
  size_t begin_ = 0, end_ = 0;  // unread bytes of in_
  std::string out_;             // head of the answer, and its body when short
  std::string body_;            // long body of the answer
  size_t written_ = 0;          // of out_ and body_ together
  std::shared_ptr<Stream> stream_;
  bool stream_blocked_ = false;  // the socket takes no more for now
};

}  // namespace rapport::net
