#include "events.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <random>

namespace load {
namespace {

constexpr const char* kTexts[] = {
    "Hello, I would like to know more about your prices for a team of forty people.",
    "The export has been stuck since this morning, could somebody have a look at it?",
    "Thanks, that solved it. One more thing: can we change the billing address?",
    "We are comparing three tools and need an answer about the audit log by Friday.",
};

uint64_t scramble(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

}  // namespace

Events::Events(const EventOptions& options) : options_(options), state_(options.seed) {
  run_ = std::random_device{}();
  if (options_.zipf > 0) build_zipf();
}

uint64_t Events::next() {
  return scramble(state_ += 0x9e3779b97f4a7c15);
}

void Events::build_zipf() {
  const size_t n = options_.contacts;
  std::vector<double> share(n);
  double sum = 0;
  for (size_t i = 0; i < n; ++i) {
    share[i] = 1 / std::pow(static_cast<double>(i + 1), options_.zipf);
    sum += share[i];
  }
  keep_.assign(n, 1);
  alias_.assign(n, 0);
  std::vector<uint32_t> poor, rich;
  for (size_t i = 0; i < n; ++i) {
    share[i] *= static_cast<double>(n) / sum;
    (share[i] < 1 ? poor : rich).push_back(static_cast<uint32_t>(i));
  }
  while (!poor.empty() && !rich.empty()) {
    const uint32_t small = poor.back(), large = rich.back();
    poor.pop_back();
    keep_[small] = static_cast<float>(share[small]);
    alias_[small] = large;
    share[large] -= 1 - share[small];
    if (share[large] >= 1) continue;
    rich.pop_back();
    poor.push_back(large);
  }
}

uint64_t Events::draw_contact() {
  const uint64_t number = next();
  const uint64_t slot = (number >> 32) * options_.contacts >> 32;
  if (keep_.empty()) return slot;
  const float coin = static_cast<float>(number & 0xffffff) / 0x1000000;
  return coin < keep_[slot] ? slot : alias_[slot];
}

void Events::append(std::string& body, const std::string& timestamp) {
  const uint64_t contact = draw_contact();
  auto out = std::back_inserter(body);
  fmt::format_to(
      out,
      FMT_COMPILE(R"({{"type":"track","messageId":"load-{:08x}-{:012x}",)"
                  R"("userId":"user-{:08}","event":"message.sent","properties":{{)"
                  R"("conversation_id":"c-{:08}","message_id":"m-{:x}","channel":"chat",)"
                  R"("author":"customer","text":"{}"}},"context":{{"library":{{)"
                  R"("name":"load","version":"1.0"}})"),
      run_, count_, contact, contact, count_, kTexts[count_ % std::size(kTexts)]);
  if (options_.emails) {
    fmt::format_to(out, FMT_COMPILE(R"(,"traits":{{"email":"user{}@company{}.example"}})"), contact,
                   contact % 5000);
  }
  fmt::format_to(out, FMT_COMPILE(R"(}},"timestamp":"{}"}})"), timestamp);
  ++count_;
}

}  // namespace load
