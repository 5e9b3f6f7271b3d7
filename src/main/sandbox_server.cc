#include "main/sandbox_server.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include "net/answer_text.h"
#include "net/request_reader.h"

namespace rapport {
namespace {

using sandbox::Carriage;
using sandbox::Delivery;

constexpr size_t kMaxBody = 16 << 20;
constexpr int64_t kSlowSteps = 20;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

enum class Then { kReadOn, kClose };

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

// More of what the client sends; false when it has gone.
bool receive(int socket, std::string& in) {
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    in.append(buffer.data(), static_cast<size_t>(got));
    return true;
  }
}

// False when the client ended the connection meanwhile.
bool stays_for(int socket, Micros span) {
  pollfd waiting{socket, POLLRDHUP, 0};
  return ::poll(&waiting, 1, static_cast<int>(span.value / 1000)) == 0;
}

void hold_open(int socket) {
  std::string dropped;
  while (receive(socket, dropped)) dropped.clear();
}

// The next close() sends a reset.
void reset_at_close(int socket) {
  const linger at_once{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

std::string head_of(HttpResponse answer, size_t body_size, net::Persistence persistence) {
  answer.body.resize(body_size);  // for its Content-Length
  std::string head;
  net::append_head(head, answer, persistence);
  return head;
}

Then send_slowly(int socket, std::string_view body, Micros span, Then after) {
  const size_t step = std::max<size_t>(1, body.size() / kSlowSteps);
  const auto steps = static_cast<int64_t>((body.size() + step - 1) / step);
  while (!body.empty()) {
    if (!stays_for(socket, {span.value / std::max<int64_t>(1, steps)})) return Then::kClose;
    if (!send_all(socket, body.substr(0, step))) return Then::kClose;
    body.remove_prefix(std::min(step, body.size()));
  }
  return after;
}

Then deliver(int socket, HttpResponse response, bool is_head, net::Persistence persistence) {
  const Delivery delivery = sandbox::delivery_of(std::move(response));
  const Then after = persistence == net::Persistence::kClose ? Then::kClose : Then::kReadOn;
  if (delivery.how == Carriage::kClosed) return Then::kClose;
  if (delivery.how == Carriage::kHeld) {
    hold_open(socket);
    return Then::kClose;
  }
  if (delivery.how == Carriage::kNoConnection) {
    reset_at_close(socket);
    return Then::kClose;
  }
  std::string head = head_of(delivery.answer, delivery.body_size, persistence);
  const bool has_body = !is_head && net::may_have_body(delivery.answer.status);
  const std::string_view body = has_body ? std::string_view(delivery.answer.body) : "";
  if (delivery.how == Carriage::kSlow) {
    if (!send_all(socket, head)) return Then::kClose;
    return send_slowly(socket, body, delivery.span, after);
  }
  head += body;
  if (!send_all(socket, head)) return Then::kClose;
  if (delivery.how != Carriage::kCut) return after;
  reset_at_close(socket);
  return Then::kClose;
}

Error cannot_listen(const std::string& address, uint16_t port) {
  if (errno == EADDRINUSE)
    return {Code::kConflict,
            fmt::format("Port {} of {} is taken by another program: stop that or choose another "
                        "port.",
                        port, address)};
  return {Code::kIo,
          fmt::format("Cannot listen on {} port {}: {}.", address, port, std::strerror(errno))};
}

}  // namespace

Result<std::unique_ptr<SandboxServer>> SandboxServer::open(const std::string& vendor,
                                                           sandbox::SandboxOptions options,
                                                           const std::string& address,
                                                           uint16_t port) {
  if (!(options.clock_speed > 0)) return invalid("the clock's speed must be above 0", "speed");
  auto made = std::make_unique<SandboxServer>(options.clock_speed);
  TRY_ASSIGN(made->sandbox_,
             sandbox::make_sandbox(vendor, std::move(options), made->clock_, made->random_));
  TRY(made->listen(address, port));
  return made;
}

SandboxServer::~SandboxServer() {
  if (listener_ >= 0) ::close(listener_);
  if (wake_ >= 0) ::close(wake_);
}

Result<void> SandboxServer::listen(const std::string& address, uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string numeric = address == "localhost" ? "127.0.0.1" : address;
  if (::getaddrinfo(numeric.c_str(), std::to_string(port).c_str(), &hints, &found) != 0)
    return invalid(
        fmt::format("'{}' is no IP address to listen on: use one of this machine, or 0.0.0.0 for "
                    "all.",
                    address));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> freed(found, ::freeaddrinfo);
  wake_ = ::eventfd(0, EFD_CLOEXEC);
  listener_ = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (wake_ < 0 || listener_ < 0) return cannot_listen(address, port);
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(listener_, found->ai_addr, found->ai_addrlen) != 0 ||
      ::listen(listener_, SOMAXCONN) != 0)
    return cannot_listen(address, port);
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&bound), &size);
  port_ = ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(bound).sin6_port
                                            : reinterpret_cast<sockaddr_in&>(bound).sin_port);
  return {};
}

void SandboxServer::run() {
  for (;;) {
    std::array<pollfd, 2> waiting{{{listener_, POLLIN, 0}, {wake_, POLLIN, 0}}};
    if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;
    if (waiting[1].revents != 0) break;
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket >= 0) welcome(socket);
  }
  std::unique_lock lock(mutex_);
  for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  all_closed_.wait(lock, [&] { return sockets_.empty(); });
}

void SandboxServer::stop() {
  const uint64_t one = 1;
  const ssize_t written = ::write(wake_, &one, sizeof one);
  CHECK(written == sizeof one);
}

void SandboxServer::welcome(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  {
    const std::lock_guard lock(mutex_);
    sockets_.insert(socket);
  }
  std::thread([this, socket] {
    talk(socket);
    // run() must not shut down a number that another connection has taken meanwhile.
    const std::lock_guard lock(mutex_);
    ::close(socket);
    sockets_.erase(socket);
    all_closed_.notify_all();
  }).detach();
}

void SandboxServer::talk(int socket) {
  net::ReadLimits limits;
  limits.body_bytes = limits.decoded_bytes = kMaxBody;
  net::RequestReader reader(limits);
  std::string in;
  bool continued = false;
  while (receive(socket, in)) {
    for (;;) {
      size_t taken = 0;
      const net::ReadStep step = reader.read(in, taken);
      in.erase(0, taken);
      if (step == net::ReadStep::kRefused) {
        deliver(socket, net::problem(reader.refusal()), false, net::Persistence::kClose);
        return;
      }
      if (step == net::ReadStep::kMore) break;
      const auto persistence = !reader.keep_alive() ? net::Persistence::kClose
                               : reader.http10()    ? net::Persistence::kKeepAlive
                                                    : net::Persistence::kDefault;
      HttpResponse response = answer(reader.request());
      if (deliver(socket, std::move(response), reader.is_head_request(), persistence) ==
          Then::kClose)
        return;
      reader.reset();
      continued = false;
      if (in.empty()) break;
    }
    if (reader.head_done() && reader.expects_continue() && !std::exchange(continued, true))
      send_all(socket, kContinue);
  }
}

HttpResponse SandboxServer::answer(const HttpRequest& request) {
  const std::lock_guard lock(sandbox_mutex_);
  return sandbox_->handle(request);
}

}  // namespace rapport
