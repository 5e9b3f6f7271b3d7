// The least an HTTP server can be: epoll, one thread, POST with Content-Length, keep-alive.
// It reads all that is ready, hands the bodies over, and answers when the round is durable.
// No limits, no checks: this is what the real server is measured against, not a server.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace limits {

[[noreturn]] inline void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

inline const char* flag(int argc, char** argv, const char* name, const char* fallback) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], name) == 0) return argv[i + 1];
  }
  return fallback;
}

// A file written full of zeros beforehand, so that appending touches no metadata; starts over at
// its end.
class AppendFile {
 public:
  AppendFile(const char* path, size_t size)
      : fd_(::open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)), size_(size) {
    if (fd_ < 0) fail(path);
    const std::string zeros(1 << 20, '\0');
    for (size_t at = 0; at < size_; at += zeros.size()) {
      if (::pwrite(fd_, zeros.data(), zeros.size(), static_cast<off_t>(at)) < 0) fail("pwrite");
    }
    if (::fsync(fd_) != 0) fail("fsync");
  }
  ~AppendFile() { ::close(fd_); }
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  void append(std::string_view bytes) {
    if (at_ + bytes.size() > size_) at_ = 0;
    if (::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at_)) < 0) fail("pwrite");
    at_ += bytes.size();
  }
  void sync() {
    if (::fdatasync(fd_) != 0) fail("fdatasync");
  }

 private:
  int fd_;
  size_t size_;
  size_t at_ = 0;
};

struct Client {
  std::string in;
  bool waiting = false;  // for the answer of this round
};

inline std::string_view body_in(const std::string& in, size_t& whole) {
  whole = 0;
  const size_t head = in.find("\r\n\r\n");
  if (head == std::string::npos) return {};
  size_t length = 0;
  for (size_t line = 0; line < head; line = in.find("\r\n", line) + 2) {
    if (::strncasecmp(in.data() + line, "content-length:", 15) == 0) {
      length = std::strtoul(in.data() + line + 15, nullptr, 10);
      break;
    }
  }
  if (in.size() < head + 4 + length) return {};
  whole = head + 4 + length;
  return std::string_view(in).substr(head + 4, length);
}

class EpollServer {
 public:
  // `take` gets each body, `commit` is called once a round before the answers go out.
  EpollServer(uint16_t port, std::function<void(std::string_view)> take,
              std::function<void()> commit)
      : take_(std::move(take)), commit_(std::move(commit)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("bind");
    if (::listen(listener_, 1024) != 0) fail("listen");
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    watch(listener_);
  }

  [[noreturn]] void run() {
    for (;;) {
      const int ready = ::epoll_wait(epoll_, events_, std::size(events_), -1);
      for (int i = 0; i < ready; ++i) handle(events_[i].data.fd);
      // What became ready while the first were read joins the round, as in the real server.
      for (int more; (more = ::epoll_wait(epoll_, events_, std::size(events_), 0)) > 0;) {
        for (int i = 0; i < more; ++i) handle(events_[i].data.fd);
      }
      if (!answers_.empty()) answer_round();
    }
  }

 private:
  void watch(int fd) {
    epoll_event event{EPOLLIN, {}};
    event.data.fd = fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void handle(int fd) {
    if (fd == listener_) return accept_all();
    char buffer[65536];
    const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
      ::close(fd);
      clients_.erase(fd);
      return;
    }
    Client& client = clients_[fd];
    client.in.append(buffer, static_cast<size_t>(n));
    if (!client.waiting) take_one(fd, client);
  }

  void take_one(int fd, Client& client) {
    size_t whole = 0;
    const std::string_view body = body_in(client.in, whole);
    if (whole == 0) return;
    take_(body);
    client.in.erase(0, whole);
    client.waiting = true;
    answers_.push_back(fd);
  }

  void answer_round() {
    static constexpr std::string_view kAnswer =
        "HTTP/1.1 200 OK\r\nContent-Length: 16\r\nContent-Type: application/json\r\n\r\n"
        "{\"success\":true}";
    commit_();
    std::vector<int> round;
    round.swap(answers_);
    for (int fd : round) {
      const auto client = clients_.find(fd);
      if (client == clients_.end()) continue;
      if (::send(fd, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL) < 0) continue;
      client->second.waiting = false;
      if (!client->second.in.empty()) take_one(fd, client->second);
    }
    if (!answers_.empty()) answer_round();
  }

  void accept_all() {
    for (int fd;
         (fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      clients_[fd] = Client();
      watch(fd);
    }
  }

  std::function<void(std::string_view)> take_;
  std::function<void()> commit_;
  int listener_ = -1, epoll_ = -1;
  epoll_event events_[512];
  std::unordered_map<int, Client> clients_;
  std::vector<int> answers_;
};

}  // namespace limits
