// Load generator: one thread, many kept-alive connections, each with one request under way.
// Without --rate every answer is followed by the next request (closed loop). With --rate requests
// fall due at even distances and latency counts from then, so that a slow server cannot hide.
//   bench_load --port 8080 [--path /v1/track] [--connections 32] [--seconds 5] [--events N]
//              [--auth WRITEKEY] [--batch N] [--contacts N] [--zipf 1.0] [--emails yes]
//              [--rate requests/s] [--seed N]
// Prints one line of JSON.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>

#include "../limits/epoll_server.h"
#include "events.h"

namespace load {
namespace {

using Clock = std::chrono::steady_clock;
using limits::fail;
using limits::flag;

struct Options {
  uint16_t port;
  std::string path, auth;
  size_t connections, batch;
  double seconds, rate;
  uint64_t events;
};

// Microseconds with 1.6 % resolution.
class Latencies {
 public:
  void add(double micros) {
    const double clipped = std::clamp(micros, 1.0, 1e9);
    ++counts_[static_cast<size_t>(std::log2(clipped) * kPerOctave)];
    ++total_;
    most_ = std::max(most_, micros);
  }
  double quantile(double q) const {
    const auto rank = static_cast<uint64_t>(q * static_cast<double>(total_));
    uint64_t seen = 0;
    for (size_t i = 0; i < std::size(counts_); ++i) {
      seen += counts_[i];
      if (seen > rank) return std::exp2((static_cast<double>(i) + 0.5) / kPerOctave);
    }
    return most_;
  }
  double most() const { return most_; }

 private:
  static constexpr double kPerOctave = 44;
  uint64_t counts_[1400]{};
  uint64_t total_ = 0;
  double most_ = 0;
};

std::string base64(std::string_view bytes) {
  static constexpr char kLetters[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t three = 0;
    for (size_t k = 0; k < 3; ++k) {
      three = three << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (size_t k = 0; k < 4; ++k) {
      out.push_back(i + k > bytes.size() ? '=' : kLetters[three >> (18 - 6 * k) & 63]);
    }
  }
  return out;
}

std::string now_text() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const std::time_t whole = millis / 1000;
  std::tm parts{};
  gmtime_r(&whole, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     millis % 1000);
}

struct Connection {
  int fd = -1;
  Clock::time_point due;
  std::string in, out;
  size_t sent = 0;
  bool busy = false;
};

class Load {
 public:
  Load(Options options, const EventOptions& events)
      : options_(std::move(options)), events_(events) {
    head_ = fmt::format("POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n",
                        options_.path);
    if (!options_.auth.empty()) {
      head_ += "Authorization: Basic " + base64(options_.auth + ":") + "\r\n";
    }
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    connections_.resize(options_.connections);
    for (size_t i = 0; i < connections_.size(); ++i) open(i);
  }

  void run();
  void print() const;

 private:
  void open(size_t index);
  bool wants_more(Clock::time_point now) const;
  void begin(size_t index, Clock::time_point due);
  void send_rest(size_t index);
  void receive(size_t index);
  bool take_answer(Connection& connection);
  void start_due(Clock::time_point now);
  timespec patience(Clock::time_point now) const;
  void lose(size_t index);

  Options options_;
  Events events_;
  std::string head_, body_, timestamp_;
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::deque<size_t> idle_;  // with --rate
  Clock::time_point start_, end_, next_due_;
  size_t under_way_ = 0;
  uint64_t made_ = 0, requests_ = 0, non_2xx_ = 0, errors_ = 0;
  double elapsed_ = 0;
  Latencies latencies_;
};

void Load::open(size_t index) {
  Connection& connection = connections_[index];
  connection = Connection();
  connection.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options_.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(connection.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    fail("connect");
  }
  const int on = 1;
  ::setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::fcntl(connection.fd, F_SETFL, O_NONBLOCK);
  epoll_event event{EPOLLIN, {}};
  event.data.u64 = index;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
}

bool Load::wants_more(Clock::time_point now) const {
  return now < end_ && (options_.events == 0 || made_ < options_.events);
}

void Load::begin(size_t index, Clock::time_point due) {
  Connection& connection = connections_[index];
  connection.due = due;
  body_.clear();
  if (options_.batch > 1) body_ += "{\"batch\":[";
  for (size_t i = 0; i < options_.batch; ++i) {
    if (i > 0) body_ += ',';
    events_.append(body_, timestamp_);
  }
  if (options_.batch > 1) body_ += "],\"sentAt\":\"" + timestamp_ + "\"}";
  made_ += options_.batch;
  connection.out = head_;
  connection.out += "Content-Length: ";
  const fmt::format_int length(body_.size());
  connection.out.append(length.data(), length.size());
  connection.out += "\r\n\r\n";
  connection.out += body_;
  connection.sent = 0;
  connection.busy = true;
  ++under_way_;
  send_rest(index);
}

void Load::send_rest(size_t index) {
  Connection& connection = connections_[index];
  const ssize_t n = ::send(connection.fd, connection.out.data() + connection.sent,
                           connection.out.size() - connection.sent, MSG_NOSIGNAL);
  if (n < 0 && errno != EAGAIN) return lose(index);
  const bool had_more = connection.sent > 0 || n < 0;
  if (n > 0) connection.sent += static_cast<size_t>(n);
  const bool has_more = connection.sent < connection.out.size();
  if (has_more || had_more) {
    epoll_event event{has_more ? EPOLLIN | EPOLLOUT : EPOLLIN, {}};
    event.data.u64 = index;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
  }
}

// The server has closed: goes on with a new connection; a request under way is an error.
void Load::lose(size_t index) {
  const bool busy = connections_[index].busy;
  ::close(connections_[index].fd);
  open(index);
  if (!busy) return;
  ++errors_;
  --under_way_;
  idle_.push_back(index);
}

bool Load::take_answer(Connection& connection) {
  size_t whole = 0;
  limits::body_in(connection.in, whole);
  if (whole == 0) return false;
  const int status = std::atoi(connection.in.c_str() + 9);
  if (status < 200 || status > 299) ++non_2xx_;
  connection.in.erase(0, whole);
  return true;
}

void Load::receive(size_t index) {
  Connection& connection = connections_[index];
  char buffer[16384];
  const ssize_t n = ::recv(connection.fd, buffer, sizeof buffer, 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) return lose(index);
  connection.in.append(buffer, static_cast<size_t>(n));
  if (!take_answer(connection)) return;
  const auto now = Clock::now();
  latencies_.add(std::chrono::duration<double, std::micro>(now - connection.due).count());
  ++requests_;
  --under_way_;
  connection.busy = false;
  if (options_.rate > 0) {
    idle_.push_back(index);
  } else if (wants_more(now)) {
    begin(index, now);
  }
}

void Load::start_due(Clock::time_point now) {
  if (options_.rate <= 0) {
    while (!idle_.empty() && wants_more(now)) {
      const size_t index = idle_.front();
      idle_.pop_front();
      begin(index, now);
    }
    return;
  }
  const auto distance =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / options_.rate));
  while (!idle_.empty() && next_due_ <= now && wants_more(next_due_)) {
    const size_t index = idle_.front();
    idle_.pop_front();
    begin(index, next_due_);
    next_due_ += distance;
  }
}

// Until the next request is due, or a tenth of a second.
timespec Load::patience(Clock::time_point now) const {
  constexpr int64_t kMost = 100'000'000;
  int64_t wait = kMost;
  if (options_.rate > 0 && !idle_.empty() && wants_more(next_due_)) {
    wait = std::chrono::duration_cast<std::chrono::nanoseconds>(next_due_ - now).count();
  }
  return {0, std::clamp<int64_t>(wait, 0, kMost - 1)};
}

void Load::run() {
  start_ = next_due_ = Clock::now();
  end_ = start_ + std::chrono::duration_cast<Clock::duration>(
                      std::chrono::duration<double>(options_.seconds));
  for (size_t i = 0; i < connections_.size(); ++i) idle_.push_back(i);
  epoll_event events[256];
  auto now = start_;
  auto stamped = start_ - std::chrono::seconds(1);
  while (under_way_ > 0 || wants_more(options_.rate > 0 ? next_due_ : now)) {
    if (now - stamped > std::chrono::milliseconds(1)) {
      timestamp_ = now_text();
      stamped = now;
    }
    start_due(now);
    const timespec wait = patience(now);
    const int ready = ::epoll_pwait2(epoll_, events, std::size(events), &wait, nullptr);
    for (int i = 0; i < ready; ++i) {
      const size_t index = events[i].data.u64;
      if ((events[i].events & EPOLLOUT) != 0) send_rest(index);
      if ((events[i].events & ~EPOLLOUT) != 0) receive(index);
    }
    now = Clock::now();
    if (now > end_ + std::chrono::seconds(30)) break;  // the server hangs
  }
  elapsed_ = std::chrono::duration<double>(now - start_).count();
}

void Load::print() const {
  const double rps = static_cast<double>(requests_) / elapsed_;
  fmt::print(
      "{{\"requests\":{},\"events\":{},\"seconds\":{:.2f},\"rps\":{:.0f},\"events_per_s\":{:.0f},"
      "\"p50_us\":{:.0f},\"p99_us\":{:.0f},\"p999_us\":{:.0f},\"max_us\":{:.0f},\"non_2xx\":{},"
      "\"errors\":{},\"unanswered\":{}}}\n",
      requests_, requests_ * options_.batch, elapsed_, rps,
      rps * static_cast<double>(options_.batch), latencies_.quantile(0.5),
      latencies_.quantile(0.99), latencies_.quantile(0.999), latencies_.most(), non_2xx_, errors_,
      under_way_);
}

}  // namespace
}  // namespace load

int main(int argc, char** argv) {
  using limits::flag;
  auto number = [&](const char* name, const char* fallback) {
    return std::atof(flag(argc, argv, name, fallback));
  };
  load::Options options{static_cast<uint16_t>(number("--port", "8080")),
                        flag(argc, argv, "--path", "/v1/track"),
                        flag(argc, argv, "--auth", ""),
                        static_cast<size_t>(number("--connections", "32")),
                        static_cast<size_t>(number("--batch", "1")),
                        number("--seconds", "5"),
                        number("--rate", "0"),
                        static_cast<uint64_t>(number("--events", "0"))};
  load::EventOptions events;
  events.contacts = static_cast<uint64_t>(number("--contacts", "100000"));
  events.zipf = number("--zipf", "0");
  events.emails = std::strcmp(flag(argc, argv, "--emails", "no"), "yes") == 0;
  events.seed = static_cast<uint64_t>(number("--seed", "1"));
  // A number of events alone sets no time limit.
  if (options.events > 0 && std::strcmp(flag(argc, argv, "--seconds", ""), "") == 0) {
    options.seconds = 3600;
  }
  load::Load generator(options, events);
  generator.run();
  generator.print();
}
