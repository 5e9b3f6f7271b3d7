// Made-up customers who chat in three languages, from a seed: what the demo shows.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "base/json.h"
#include "base/time.h"
#include "main/commands/demo_stories.h"

namespace rapport {

struct DemoCall {
  Micros after;  // the start of the demo
  Json call;     // a tracking call, without time stamps
};

// Conversations without end: eight begin in the first 13 seconds, then one every three. The same
// seed gives the same calls. Nobody's e-mail and no message id comes twice, nor between seeds.
class DemoTalk {
 public:
  explicit DemoTalk(uint64_t seed) : seed_(seed), dice_(seed) {}
  DemoCall next();  // by time

 private:
  struct Person {
    std::string id, language, first, last, email;
  };
  uint64_t below(uint64_t bound);
  std::string_view one_of(std::span<const std::string_view> texts);
  Person somebody(std::string_view language);
  void converse();
  void add(Micros after, const Person& person, Json call);
  void track(Micros after, const Person& person, std::string_view event, Json properties);
  void begin(Micros at, const Person& person, const DemoStory& story);
  void say(Micros at, const Person& person, const DemoLine& line, const std::string& order);

  uint64_t seed_, dice_;
  std::deque<DemoCall> calls_;  // by time
  Micros start_{0};             // of the next conversation
  std::string conversation_;
  int number_ = 0, conversations_ = 0, people_ = 0;
};

}  // namespace rapport
