// Tracking events made on the fly, about 400 bytes each, with message ids that never repeat.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace load {

struct EventOptions {
  uint64_t contacts = 100'000;
  double zipf = 0;      // exponent; 0 draws contacts evenly
  bool emails = false;  // contact's e-mail in context.traits
  uint64_t seed = 1;
};

class Events {
 public:
  explicit Events(const EventOptions& options);
  // Appends one event; `timestamp` in RFC 3339.
  void append(std::string& body, const std::string& timestamp);

 private:
  uint64_t next();
  uint64_t draw_contact();
  void build_zipf();

  EventOptions options_;
  uint64_t state_;
  uint64_t run_;  // differs from run to run
  uint64_t count_ = 0;
  // Alias method (Walker): one draw in constant time.
  std::vector<float> keep_;
  std::vector<uint32_t> alias_;
};

}  // namespace load
