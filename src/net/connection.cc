#include "net/connection.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstring>
#include <utility>

#include "net/answer_text.h"

namespace rapport::net {
namespace {

namespace asio = boost::asio;
using Failure = boost::system::error_code;

constexpr size_t kSmallBuffer = 4 * 1024;
constexpr size_t kLargeBuffer = 64 * 1024;
constexpr size_t kShortBody = 8 * 1024;              // copied behind the head: one buffer to send
constexpr size_t kMostDiscarded = 16 * 1024 * 1024;  // read and dropped after the last request
constexpr Ticks kQuietTicks = 10;                    // then a large buffer is given back
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

bool asks_to_close(const HttpResponse& response) {
  return header(response.headers, "connection") == "close";
}

}  // namespace

Connection::Connection(Socket socket, std::string peer, uint64_t id, const ReadLimits& limits,
                       ConnectionOwner& owner)
    : socket_(std::move(socket)),
      peer_(std::move(peer)),
      id_(id),
      owner_(owner),
      reader_(limits),
      in_(kSmallBuffer) {}

void Connection::start() {
  deadline_ = owner_.now() + owner_.patience().idle;
  read_more();
}

// Room behind the unread bytes; more of it when reads fill all there is.
void Connection::make_room() {
  if (begin_ > 0) {
    std::memmove(in_.data(), in_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == in_.size()) {
    in_.resize(in_.size() * 2);
  } else if (filled_ && in_.size() < kLargeBuffer) {
    in_.resize(std::min(in_.size() * 2, kLargeBuffer));
  }
  filled_ = false;
}

void Connection::read_more() {
  if (reading_) return;
  reading_ = true;
  make_room();
  socket_.async_read_some(
      asio::buffer(in_.data() + end_, in_.size() - end_),
      [self = shared_from_this()](const Failure& ec, size_t size) { self->on_read(ec, size); });
}

void Connection::on_read(const Failure& ec, size_t size) {
  reading_ = false;
  const bool shrink = std::exchange(shrinking_, false);
  if (state_ == State::kClosed) return;
  if (shrink && ec == asio::error::operation_aborted) {
    std::vector<char>(kSmallBuffer).swap(in_);
    begin_ = end_ = 0;
    return read_more();
  }
  if (ec) return close();
  if (state_ == State::kLingering || state_ == State::kStreaming) {
    discarded_ += size;
    return discarded_ > kMostDiscarded ? close() : discard();
  }
  if (state_ != State::kReading) return;  // refused meanwhile: what still comes is dropped
  // The clock of a head runs from its first byte.
  if (begin_ == end_ && !in_body_) deadline_ = owner_.now() + owner_.patience().header;
  end_ += size;
  filled_ = end_ == in_.size();
  advance();
}

void Connection::advance() {
  if (state_ != State::kReading) return;
  size_t taken = 0;
  const ReadStep step = reader_.read(pending(), taken);
  begin_ += taken;
  if (step == ReadStep::kRefused) return refuse(reader_.refusal());
  if (!account_body()) {
    return refuse({503, "memory", "Too many large requests are under way: try again soon."});
  }
  if (step == ReadStep::kMore) return wait_for_more();
  state_ = State::kServing;
  HttpRequest request = std::move(reader_.request());
  request.peer = peer_;
  owner_.serve(id_, std::move(request));
}

void Connection::wait_for_more() {
  if (reader_.head_done() && !in_body_) {
    in_body_ = true;
    deadline_ = owner_.now() + owner_.patience().body;
  }
  if (in_body_ && reader_.expects_continue() && !continue_sent_ && begin_ == end_ &&
      reader_.held_bytes() == 0) {
    continue_sent_ = true;
    Failure ec;
    // The socket's buffer is empty between requests: 25 bytes always fit, or the client has gone.
    if (socket_.write_some(asio::buffer(kContinue), ec) != kContinue.size()) return close();
  }
  read_more();
}

bool Connection::account_body() {
  const size_t size = reader_.held_bytes();
  if (size == kept_) return true;
  const bool fits = owner_.keep(static_cast<int64_t>(size) - static_cast<int64_t>(kept_));
  kept_ = size;
  return fits;
}

void Connection::refuse(const Refusal& refusal) {
  owner_.refused(refusal.reason);
  state_ = State::kServing;
  begin_answer(problem(refusal), false);
}

void Connection::answer(HttpResponse response) {
  if (state_ != State::kServing) return;
  if (response.status == 0) return close();
  const bool keep_alive = reader_.keep_alive() && !owner_.draining() && !asks_to_close(response);
  begin_answer(std::move(response), keep_alive);
}

void Connection::begin_answer(HttpResponse response, bool keep_alive) {
  close_after_answer_ = !keep_alive;
  const auto persistence = !keep_alive        ? Persistence::kClose
                           : reader_.http10() ? Persistence::kKeepAlive
                                              : Persistence::kDefault;
  out_.clear();
  append_head(out_, response, persistence);
  body_.clear();
  if (may_have_body(response.status) && !reader_.is_head_request()) {
    if (response.body.size() <= kShortBody) {
      out_ += response.body;
    } else {
      body_ = std::move(response.body);
    }
  }
  owner_.keep(-static_cast<int64_t>(kept_));
  kept_ = 0;
  reader_.reset();
  in_body_ = continue_sent_ = false;
  state_ = State::kWriting;
  written_ = 0;
  write_on();
}

void Connection::write_on() {
  for (;;) {
    const size_t of_head = std::min(written_, out_.size());
    const size_t of_body = written_ - of_head;
    const std::array<asio::const_buffer, 2> rest{
        asio::buffer(out_.data() + of_head, out_.size() - of_head),
        asio::buffer(body_.data() + of_body, body_.size() - of_body)};
    Failure ec;
    written_ += body_.empty() ? socket_.write_some(rest[0], ec) : socket_.write_some(rest, ec);
    if (ec == asio::error::would_block) break;
    if (ec) return close();
    if (written_ == out_.size() + body_.size()) return on_written();
  }
  deadline_ = owner_.now() + owner_.patience().body;
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const Failure& ec) {
    if (self->state_ == State::kWriting) ec ? self->close() : self->write_on();
  });
}

// Never reads on from here: the service may be in the middle of answering others.
void Connection::on_written() {
  if (body_.capacity() > kShortBody) std::string().swap(body_);
  if (out_.capacity() > kLargeBuffer) std::string().swap(out_);
  if (close_after_answer_) return linger();
  state_ = State::kReading;
  if (begin_ == end_) {
    deadline_ = owner_.now() + owner_.patience().idle;
    return read_more();
  }
  deadline_ = owner_.now() + owner_.patience().header;
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->advance(); });
}

// Closing with unread input would make the kernel send a reset, which can destroy the answer on its
// way: so end our side, read the rest and drop it for a moment.
void Connection::linger() {
  Failure ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  state_ = State::kLingering;
  deadline_ =
      owner_.now() + (owner_.draining() ? owner_.patience().draining : owner_.patience().lingering);
  discard();
}

void Connection::discard() {
  begin_ = end_ = 0;
  read_more();
}

bool Connection::idle() const {
  return state_ == State::kReading && begin_ == end_ && !in_body_;
}

// A large buffer belongs to the read under way: take it back from a connection that went quiet.
void Connection::shrink() {
  if (in_.size() <= kSmallBuffer || !idle() || !reading_ || shrinking_) return;
  if (deadline_ - owner_.now() > owner_.patience().idle - kQuietTicks) return;
  shrinking_ = true;
  Failure ignored;
  socket_.cancel(ignored);
}

void Connection::sweep() {
  shrink();
  if (state_ == State::kServing || state_ == State::kClosed || owner_.now() < deadline_) return;
  if (state_ == State::kStreaming) return drop_slow_stream();
  if (state_ != State::kReading) return close();
  if (in_body_) return refuse({408, "body_timeout", "The body came too slowly: send it again."});
  if (begin_ != end_) {
    return refuse({408, "header_timeout", "The request head came too slowly: send it again."});
  }
  owner_.draining() ? linger() : close();
}

void Connection::drain() {
  const Ticks soon = owner_.now() + owner_.patience().draining;
  if (idle() || state_ == State::kLingering) deadline_ = std::min(deadline_, soon);
  if (state_ != State::kStreaming) return;
  deadline_ = std::min(deadline_, soon);
  // Not from here: the server is going through its connections, and this one may close.
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->stream_->end(); });
}

void Connection::close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  if (stream_) stream_->close();
  Failure ignored;
  socket_.close(ignored);
  owner_.keep(-static_cast<int64_t>(kept_));
  kept_ = 0;
  owner_.closed(id_);
}

}  // namespace rapport::net
