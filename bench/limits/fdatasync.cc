// What one durable write costs here: 512 bytes appended to a preallocated file, then fdatasync.
//   bench_fdatasync [--file /tmp/fdatasync.bin] [--seconds 3] [--bytes 512]
#include <algorithm>
#include <chrono>

#include "epoll_server.h"

int main(int argc, char** argv) {
  using namespace limits;
  using Clock = std::chrono::steady_clock;
  const double seconds = std::atof(flag(argc, argv, "--seconds", "3"));
  const std::string block(std::strtoul(flag(argc, argv, "--bytes", "512"), nullptr, 10), 'x');
  AppendFile file(flag(argc, argv, "--file", "/tmp/fdatasync.bin"), 16 << 20);
  std::vector<double> micros;
  const auto start = Clock::now();
  const auto end =
      start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  for (auto before = start; before < end;) {
    file.append(block);
    file.sync();
    const auto after = Clock::now();
    micros.push_back(std::chrono::duration<double, std::micro>(after - before).count());
    before = after;
  }
  const double elapsed = std::chrono::duration<double>(Clock::now() - start).count();
  std::sort(micros.begin(), micros.end());
  std::printf(
      "{\"syncs\":%zu,\"per_second\":%.0f,\"p50_us\":%.0f,\"p99_us\":%.0f,\"max_us\":%.0f}\n",
      micros.size(), static_cast<double>(micros.size()) / elapsed, micros[micros.size() / 2],
      micros[micros.size() * 99 / 100], micros.back());
}
