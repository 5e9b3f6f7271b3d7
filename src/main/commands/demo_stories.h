// What the demo's made-up customers and those who answer them say.
#pragma once

#include <span>
#include <string_view>

namespace rapport {

// {} stands for the order's number. Of a line's variants one is told.
struct DemoLine {
  char who;  // c: customer, a: the chat's assistant, p: a person of support, !: escalation, .: end
  std::string_view texts[3];  // empty ones are not there
};

struct DemoStory {
  std::string_view language, topic;
  int satisfaction;  // the customer gives so many of 5; 0: none
  std::span<const DemoLine> lines;
};

struct DemoNames {
  std::string_view language;
  std::span<const std::string_view> first, last, domains;  // domains: of their companies
};

std::span<const DemoStory> demo_stories();
std::span<const DemoNames> demo_names();

}  // namespace rapport
