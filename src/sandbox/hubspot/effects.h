// The log of everything that was applied: what a test believes, whatever the client was told.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace rapport::sandbox::hubspot {

struct Effect {
  uint64_t n = 0;        // from 1, no gaps
  uint64_t request = 0;  // effects of one call share it
  Micros at = {};
  std::string method = {};
  std::string path = {};
  std::string action;  // create update archive associate dissociate define
  std::string object;  // type name
  std::string id = {};
  std::vector<std::string> properties = {};  // names written
  std::string other_object = {};             // of an association
  std::string other_id = {};
  bool lost = false;  // applied, but the answer did not tell the caller so
};

class Effects {
 public:
  // Starts a call: what add() records next belongs to it.
  void begin(std::string method, std::string path, Micros at);
  void add(Effect effect);  // n, request, at, method and path are filled in
  void mark_lost();         // the effects of the call under way
  uint64_t last() const { return effects_.size(); }
  uint64_t requests() const { return request_; }
  // {"effects": [...], "last": n, "requests": n}
  Json after(uint64_t n) const;

 private:
  std::deque<Effect> effects_;
  uint64_t request_ = 0;
  Micros at_;
  std::string method_, path_;
};

}  // namespace rapport::sandbox::hubspot
