// Limit of durable accept: appends every body to a preallocated file, one pwrite and fdatasync for
// all requests that were ready, then answers.
//   bench_append_server [--port 8090] [--file /tmp/append.bin] [--size-mb 64] [--sync yes|no]
#include "epoll_server.h"

int main(int argc, char** argv) {
  using namespace limits;
  const auto port = static_cast<uint16_t>(std::atoi(flag(argc, argv, "--port", "8090")));
  const size_t size = std::strtoul(flag(argc, argv, "--size-mb", "64"), nullptr, 10) << 20;
  const bool sync = std::strcmp(flag(argc, argv, "--sync", "yes"), "yes") == 0;
  AppendFile file(flag(argc, argv, "--file", "/tmp/append.bin"), size);
  std::string staged;
  EpollServer server(
      port, [&](std::string_view body) { staged.append(body); },
      [&] {
        if (sync) {
          file.append(staged);
          file.sync();
        }
        staged.clear();
      });
  server.run();
}
