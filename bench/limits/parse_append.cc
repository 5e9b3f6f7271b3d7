// Limit of durable accept in batches: parses every body as JSON (Boost.JSON, memory of the round
// thrown away at once), appends it and answers as append_server does.
//   bench_parse_append [--port 8090] [--file /tmp/append.bin] [--size-mb 64]
// rooms: base
#include <boost/json.hpp>

#include "epoll_server.h"

int main(int argc, char** argv) {
  using namespace limits;
  const auto port = static_cast<uint16_t>(std::atoi(flag(argc, argv, "--port", "8090")));
  const size_t size = std::strtoul(flag(argc, argv, "--size-mb", "64"), nullptr, 10) << 20;
  AppendFile file(flag(argc, argv, "--file", "/tmp/append.bin"), size);
  std::string staged;
  std::vector<unsigned char> scratch(4 << 20);
  size_t events = 0;
  EpollServer server(
      port,
      [&](std::string_view body) {
        boost::json::monotonic_resource memory(scratch.data(), scratch.size());
        boost::system::error_code ec;
        const auto value =
            boost::json::parse(boost::json::string_view(body.data(), body.size()), ec, &memory);
        if (ec) return;
        const auto* object = value.if_object();
        const auto* batch = object != nullptr ? object->if_contains("batch") : nullptr;
        events += batch != nullptr && batch->is_array() ? batch->get_array().size() : 1;
        staged.append(body);
      },
      [&] {
        file.append(staged);
        file.sync();
        staged.clear();
      });
  server.run();
}
