// A case of a pack: what is given, what is sent, and what must be so then. As it was written;
// grammar: docs/spec/packs.md, "Cases".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "base/yaml.h"

namespace rapport::cases {

// A record by its fields: under `given` and `set`.
struct Given {
  std::string object;
  YamlNode fields;  // a mapping
};

struct Sending {
  std::string type;
  std::string contact;  // e-mail or external id; empty: the given contact
  struct Moment {
    std::optional<Micros> ago;  // "-3d"
    std::optional<Micros> at;
  } moment;
  int64_t times = 1;
  Micros every{0};  // the clock moves by so much between two
  Json properties = Json::object();
  int line = 0;
};

struct Step {
  enum class Kind { kSend, kWait, kSet, kExpect };
  Kind kind = Kind::kSend;
  int line = 0;
  std::vector<Sending> sendings = {};
  Micros wait{0};
  std::vector<Given> set = {};
  YamlNode expect = {};  // a mapping whose keys are known
};

struct Case {
  std::string name;
  std::string file;
  int line = 0;
  std::vector<std::string> spec;
  Micros at{1'772'442'000'000'000};  // 2026-03-02T09:00:00Z
  std::string zone, currency;        // empty: as a new workspace has them
  Json settings = Json::object();
  std::vector<Json> users, teams;  // as in user.configured and team.configured
  std::vector<Given> given;
  std::vector<Step> steps;
};

// "file:12"
std::string place_of(const Case& one);

}  // namespace rapport::cases
