// For tests: a server on a free port in a thread of its own, and a client of raw bytes.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "net/server.h"

namespace rapport::net {

// Answers at once with "METHOD target body", unless `on_serve` is set; counts what it is asked.
class EchoService : public Service {
 public:
  std::function<void(HttpRequest, Respond)> on_serve;
  std::function<void()> on_after_reads;
  std::atomic<int> serves{0}, rounds{0};

  void serve(HttpRequest request, Respond respond) override {
    ++serves;
    if (on_serve) return on_serve(std::move(request), std::move(respond));
    respond({200, {}, request.method + " " + request.target + " " + request.body});
  }
  void after_reads() override {
    ++rounds;
    if (on_after_reads) on_after_reads();
  }
};

class RunningServer {
 public:
  explicit RunningServer(ServerOptions options = {}) : RunningServer(std::move(options), own_) {}
  RunningServer(ServerOptions options, Service& service) {
    options.port = 0;
    server_ = std::move(Server::listen(std::move(options), service, metrics)).value();
    thread_ = std::thread([this] {
      server_->run();
      ended = true;
    });
  }
  ~RunningServer() {
    server_->stop();
    join();
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  Server& operator*() { return *server_; }
  Server* operator->() { return server_.get(); }
  EchoService& echo() { return own_; }
  uint64_t refused(const std::string& reason) {
    return metrics
        .counter("rapport_http_refused_total",
                 "Requests and connections refused by the server itself.",
                 "reason=\"" + reason + "\"")
        .value();
  }
  int64_t connections() {
    return metrics.gauge("rapport_http_connections", "Open client connections.").value();
  }

  Metrics metrics;
  std::atomic<bool> ended{false};

 private:
  EchoService own_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

class RawClient {
 public:
  explicit RawClient(uint16_t port) : RawClient() { connect(port); }
  RawClient() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void connect(uint16_t port) {
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  bool connected() const { return connected_; }
  int fd() const { return fd_; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void end_sending() { ::shutdown(fd_, SHUT_WR); }

  // False when the server has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }

  // Reads until one whole answer is here and takes it from the front; what came when the server
  // closed or nothing came for a while. HEAD answers and the like: `has_body` false.
  std::string receive(bool has_body = true) {
    for (;;) {
      const size_t size = answer_size(has_body);
      if (size != std::string::npos || !read_some()) {
        const std::string answer = in_.substr(0, size);
        in_.erase(0, answer.size());
        return answer;
      }
    }
  }
  // All that comes until the server closes.
  std::string receive_to_end() {
    while (read_some()) {
    }
    return std::exchange(in_, {});
  }
  bool closed_by_server() {
    while (read_some()) {
    }
    return ended_;
  }
  std::string exchange(std::string_view bytes) {
    send(bytes);
    return receive();
  }

 private:
  bool read_some(int patience_ms = 5000) {
    pollfd waiting{fd_, POLLIN, 0};
    if (ended_ || ::poll(&waiting, 1, patience_ms) <= 0) return false;
    char buffer[65536];
    const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n <= 0) ended_ = true;
    if (n > 0) in_.append(buffer, static_cast<size_t>(n));
    return n > 0;
  }
  size_t answer_size(bool has_body) const {
    const size_t head = in_.find("\r\n\r\n");
    if (head == std::string::npos) return std::string::npos;
    const size_t field = in_.find("Content-Length: ");
    size_t body = 0;
    if (has_body && field < head) body = std::stoul(in_.substr(field + 16));
    return in_.size() >= head + 4 + body ? head + 4 + body : std::string::npos;
  }

  int fd_;
  bool connected_ = false;
  bool ended_ = false;
  std::string in_;
};

inline int status_of(const std::string& answer) {
  return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
}
inline std::string body_of(const std::string& answer) {
  const size_t head = answer.find("\r\n\r\n");
  return head == std::string::npos ? "" : answer.substr(head + 4);
}

}  // namespace rapport::net
