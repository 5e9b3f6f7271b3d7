// The server: one thread, one io_context; accepts, sweeps, drains. Connections do the rest.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <unordered_map>
#include <utility>

#include "net/answer_text.h"
#include "net/connection.h"
#include "net/mailbox.h"
#include "net/server.h"

namespace rapport::net {
namespace {

namespace asio = boost::asio;
using Failure = boost::system::error_code;
using Tcp = asio::ip::tcp;
using Executor = asio::io_context::executor_type;
using Acceptor = asio::basic_socket_acceptor<Tcp, Executor>;
// allow wall-clock: the timers of the network loop are real; no decision reads them
using Steady = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor>;

constexpr Micros kLongestTick = millis(100);
constexpr Micros kShortestTick = millis(5);
constexpr Micros kAcceptPause = millis(100);
constexpr Micros kLingering = seconds(2);
constexpr Micros kDraining = millis(100);  // for requests that are on their way when a drain begins
// One round ends at the latest after this many, so that a stream of small reads cannot hold back
// after_reads().
constexpr size_t kServesPerRound = 2048;
constexpr size_t kHandlersPerRound = 8192;

std::chrono::microseconds span(Micros m) {
  return std::chrono::microseconds(m.value);
}

class BeastServer final : public Server, public ConnectionOwner, public Mailbox::Owner {
 public:
  BeastServer(ServerOptions options, Service& service, Metrics& metrics);
  ~BeastServer() override;

  Result<void> bind();
  uint16_t port() const override { return port_; }
  void run() override;
  void drain(Micros limit) override;
  void stop() override;
  void post(std::function<void()> work) override { asio::post(io_, std::move(work)); }

 private:
  void round();
  void accept();
  void on_accept(const Failure& ec);
  void pause_accepting();
  void welcome(Socket socket);
  void turn_away(Socket socket);
  void end_accepting();
  void arm_sweep();
  void sweep();
  void start_drain(Micros limit);
  void end_when_drained();
  void close_all();
  Ticks ticks(Micros span) const { return (span.value + tick_.value - 1) / tick_.value + 1; }

  void serve(uint64_t id, HttpRequest request) override;
  void refused(std::string_view reason) override;
  void closed(uint64_t id) override;
  bool draining() const override { return draining_; }
  Ticks now() const override { return now_; }
  const Patience& patience() const override { return patience_; }
  bool keep(int64_t grown_by) override;
  void deliver(uint64_t id, HttpResponse response) override;
  void deliver(uint64_t id, std::shared_ptr<Stream> stream) override;
  void wake() override;

  ServerOptions options_;
  Service& service_;
  Metrics& metrics_;
  Gauge& connections_gauge_;
  Counter& requests_;
  ReadLimits limits_;
  Micros tick_;
  Patience patience_;
  asio::io_context io_{1};
  Acceptor acceptor_{io_};
  Socket incoming_{io_};
  Timer sweep_timer_{io_}, accept_timer_{io_}, drain_timer_{io_};
  std::shared_ptr<Mailbox> mailbox_;
  std::unordered_map<uint64_t, std::shared_ptr<Connection>> connections_;
  std::unordered_map<std::string_view, Counter*> refusals_;
  std::vector<std::shared_ptr<Connection>> swept_;
  uint64_t next_id_ = 1;
  uint16_t port_ = 0;
  Ticks now_ = 0;
  int64_t kept_bytes_ = 0;
  size_t serves_ = 0;  // in this round
  bool draining_ = false;
  bool accepting_ = false;
};

Micros tick_for(const ServerOptions& options) {
  const Micros shortest = std::min({options.header_time, options.body_time, options.idle_time});
  return std::clamp(Micros{shortest.value / 8}, kShortestTick, kLongestTick);
}

BeastServer::BeastServer(ServerOptions options, Service& service, Metrics& metrics)
    : options_(std::move(options)),
      service_(service),
      metrics_(metrics),
      connections_gauge_(metrics.gauge("rapport_http_connections", "Open client connections.")),
      requests_(metrics.counter("rapport_http_requests_total", "Requests read whole.")),
      tick_(tick_for(options_)),
      mailbox_(std::make_shared<Mailbox>(*this)) {
  limits_.header_bytes = options_.max_header_bytes;
  limits_.body_bytes = options_.max_body_bytes;
  limits_.decoded_bytes = options_.max_decoded_bytes;
  patience_ = {ticks(options_.header_time), ticks(options_.body_time), ticks(options_.idle_time),
               ticks(kLingering), ticks(kDraining)};
}

BeastServer::~BeastServer() {
  mailbox_->retire();
  close_all();
}

Result<void> BeastServer::bind() {
  Failure ec;
  const std::string& text = options_.address;
  const auto address = asio::ip::make_address(text == "localhost" ? "127.0.0.1" : text, ec);
  if (ec) {
    return invalid(
        fmt::format("'{}' is no IP address to listen on: use one of this machine, or "
                    "0.0.0.0 for all.",
                    text));
  }
  const Tcp::endpoint endpoint(address, options_.port);
  acceptor_.open(endpoint.protocol(), ec);
  if (!ec) acceptor_.set_option(Acceptor::reuse_address(true), ec);
  if (!ec) acceptor_.bind(endpoint, ec);
  if (!ec) acceptor_.listen(Acceptor::max_listen_connections, ec);
  if (!ec) port_ = acceptor_.local_endpoint(ec).port();
  if (ec == asio::error::address_in_use) {
    return Error{Code::kConflict,
                 fmt::format("Port {} of {} is taken by another program: stop that or choose "
                             "another port.",
                             options_.port, text)};
  }
  if (ec) {
    return Error{Code::kIo, fmt::format("Cannot listen on {} port {}: {}.", text, options_.port,
                                        ec.message())};
  }
  return {};
}

void BeastServer::run() {
  mailbox_->set_thread(std::this_thread::get_id());
  mailbox_->collect();
  arm_sweep();
  accept();
  while (io_.run_one() > 0) round();
  close_all();
  mailbox_->set_thread({});
}

void BeastServer::round() {
  for (size_t handlers = 0; handlers < kHandlersPerRound && serves_ < kServesPerRound; ++handlers) {
    if (io_.poll_one() == 0) break;
  }
  if (serves_ == 0) return;
  serves_ = 0;
  service_.after_reads();
}

void BeastServer::accept() {
  if (!acceptor_.is_open()) return end_when_drained();
  accepting_ = true;
  acceptor_.async_accept(incoming_, [this](const Failure& ec) { on_accept(ec); });
}

void BeastServer::on_accept(const Failure& ec) {
  accepting_ = false;
  if (!ec) welcome(std::exchange(incoming_, Socket(io_)));
  if (ec == asio::error::no_descriptors || ec == asio::error::no_memory ||
      ec == asio::error::no_buffer_space ||
      ec == boost::system::errc::too_many_files_open_in_system) {
    return pause_accepting();
  }
  accept();
}

// Out of descriptors or memory: the listening socket stays readable, so asking again at once would
// spin.
void BeastServer::pause_accepting() {
  refused("descriptors");
  accept_timer_.expires_after(span(kAcceptPause));
  accept_timer_.async_wait([this](const Failure& ec) {
    if (!ec) accept();
  });
}

void BeastServer::welcome(Socket socket) {
  if (connections_.size() >= options_.max_connections) return turn_away(std::move(socket));
  Failure ec;
  const auto peer = socket.remote_endpoint(ec);
  if (!ec) socket.non_blocking(true, ec);
  if (!ec) socket.set_option(Tcp::no_delay(true), ec);
  if (ec) return;  // the client has gone already
  const uint64_t id = next_id_++;
  auto connection = std::make_shared<Connection>(std::move(socket), peer.address().to_string(), id,
                                                 limits_, *this);
  connections_.emplace(id, connection);
  connections_gauge_.set(static_cast<int64_t>(connections_.size()));
  connection->start();
  if (draining_) connection->drain();
}

void BeastServer::turn_away(Socket socket) {
  refused("connections");
  const auto response =
      problem({503, "connections", "The server has too many connections: try again soon."});
  std::string text;
  append_head(text, response, Persistence::kClose);
  text += response.body;
  Failure ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(text), ignored);
  socket.shutdown(Socket::shutdown_send, ignored);
}

void BeastServer::arm_sweep() {
  sweep_timer_.expires_after(span(tick_));
  sweep_timer_.async_wait([this](const Failure& ec) {
    if (ec) return;
    sweep();
    arm_sweep();
  });
}

void BeastServer::sweep() {
  ++now_;
  for (const auto& [id, connection] : connections_) swept_.push_back(connection);
  for (const auto& connection : swept_) connection->sweep();
  swept_.clear();
}

void BeastServer::drain(Micros limit) {
  asio::post(io_, [this, limit] { start_drain(limit); });
}

void BeastServer::start_drain(Micros limit) {
  if (draining_) return;
  draining_ = true;
  end_accepting();
  drain_timer_.expires_after(span(limit));
  drain_timer_.async_wait([this](const Failure& ec) {
    if (!ec) io_.stop();
  });
  for (const auto& [id, connection] : connections_) connection->drain();
  end_when_drained();
}

// Clients in the queue of the listening socket believe they are connected and may have sent their
// requests: they are taken in before it closes.
void BeastServer::end_accepting() {
  Failure ec;
  acceptor_.non_blocking(true, ec);
  while (!ec) {
    Socket socket(io_);
    acceptor_.accept(socket, ec);
    if (!ec) welcome(std::move(socket));
  }
  acceptor_.close(ec);
}

void BeastServer::end_when_drained() {
  // A client may just have been accepted, with the call to on_accept() still to come.
  if (draining_ && connections_.empty() && !accepting_) io_.stop();
}

void BeastServer::stop() {
  io_.stop();
}

void BeastServer::close_all() {
  Failure ignored;
  acceptor_.close(ignored);
  auto open = std::move(connections_);
  connections_.clear();
  for (const auto& [id, connection] : open) connection->close();
}

void BeastServer::serve(uint64_t id, HttpRequest request) {
  requests_.add();
  ++serves_;
  service_.serve(std::move(request), respond_once(mailbox_, id));
}

void BeastServer::refused(std::string_view reason) {
  Counter*& counter = refusals_[reason];
  if (counter == nullptr) {
    counter = &metrics_.counter("rapport_http_refused_total",
                                "Requests and connections refused by the server itself.",
                                fmt::format("reason=\"{}\"", reason));
  }
  counter->add();
}

void BeastServer::closed(uint64_t id) {
  connections_.erase(id);
  connections_gauge_.set(static_cast<int64_t>(connections_.size()));
  end_when_drained();
}

bool BeastServer::keep(int64_t grown_by) {
  kept_bytes_ += grown_by;
  return kept_bytes_ <= static_cast<int64_t>(options_.max_kept_bytes);
}

void BeastServer::deliver(uint64_t id, HttpResponse response) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;  // the client has gone
  const auto connection = found->second;
  connection->answer(std::move(response));
}

void BeastServer::deliver(uint64_t id, std::shared_ptr<Stream> stream) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return stream->close();
  const auto connection = found->second;
  connection->stream(std::move(stream));
}

void BeastServer::wake() {
  asio::post(io_, [this] { mailbox_->collect(); });
}

}  // namespace

Result<std::unique_ptr<Server>> Server::listen(ServerOptions options, Service& service,
                                               Metrics& metrics) {
  auto server = std::make_unique<BeastServer>(std::move(options), service, metrics);
  TRY(server->bind());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace rapport::net
