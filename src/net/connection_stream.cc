// The part of a connection that writes a stream.
#include <limits>
#include <utility>

#include "net/answer_text.h"
#include "net/connection.h"

namespace rapport::net {
namespace {

namespace asio = boost::asio;
using Failure = boost::system::error_code;

constexpr int kSendBuffer = 16 * 1024;  // else the kernel would keep megabytes for a slow client
constexpr Ticks kNever = std::numeric_limits<Ticks>::max();

}  // namespace

void Connection::stream(std::shared_ptr<Stream> stream) {
  if (state_ == State::kServing && !stream_) return begin_stream(std::move(stream));
  if (state_ != State::kStreaming || stream != stream_) return stream->close();
  if (stream_->too_slow()) return drop_slow_stream();
  if (!stream_blocked_) stream_on();
}

void Connection::begin_stream(std::shared_ptr<Stream> stream) {
  stream_ = std::move(stream);
  Failure ignored;
  socket_.set_option(asio::socket_base::send_buffer_size(kSendBuffer), ignored);
  out_.clear();
  append_head(out_, stream_->head(), Persistence::kClose, Length::kOpen);
  written_ = 0;
  owner_.keep(-static_cast<int64_t>(kept_));
  kept_ = 0;
  state_ = State::kStreaming;
  if (owner_.draining()) stream_->end();
  discard();  // so that the end of the client is seen
  stream_on();
}

void Connection::stream_on() {
  if (state_ != State::kStreaming) return;
  stream_blocked_ = false;
  for (;;) {
    while (written_ < out_.size()) {
      Failure ec;
      written_ +=
          socket_.write_some(asio::buffer(out_.data() + written_, out_.size() - written_), ec);
      if (ec == asio::error::would_block) return wait_to_stream();
      if (ec) return close();
    }
    Stream::Taken taken = stream_->take();
    if (taken.too_slow) return drop_slow_stream();
    out_ = std::move(taken.text);
    written_ = 0;
    if (!out_.empty()) continue;
    deadline_ = kNever;
    if (taken.ended) linger();
    return;
  }
}

void Connection::wait_to_stream() {
  stream_blocked_ = true;
  deadline_ =
      owner_.now() + (owner_.draining() ? owner_.patience().draining : owner_.patience().body);
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const Failure& ec) {
    if (self->state_ == State::kStreaming) ec ? self->close() : self->stream_on();
  });
}

void Connection::drop_slow_stream() {
  owner_.refused("slow_stream");
  close();
}

}  // namespace rapport::net
