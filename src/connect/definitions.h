// Whether the properties that a connection's own mapping names exist at the remote. Those that do
// not are made; those that cannot be made are left out, with the reason, and everything else goes
// on.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/logging.h"
#include "connect/remote.h"

namespace rapport::connect {

enum class Making { kAllowed, kForbidden };

class Definitions {
 public:
  Definitions(const Manifest& manifest, Making making, Remote& remote, Clock& clock,
              Reporter& reporter)
      : manifest_(manifest), making_(making), remote_(remote), clock_(clock), reporter_(reporter) {}

  // Looks when it is time: at first, every hour, every ten minutes while something is left out.
  // A failure means that nothing is known yet.
  std::optional<Failure> check();
  void check_now() { next_ = {}; }  // somebody has put something right

  // {object, property}
  using Names = std::set<std::pair<std::string, std::string>>;
  const Names& left_out() const { return left_out_; }
  std::vector<std::string> problems() const { return problems_; }  // for people

 private:
  std::optional<Failure> check_object(const ObjectSpec& object);
  std::optional<Failure> make(const ObjectSpec& object, const model::FieldMapping& field);
  void leave_out(const ObjectSpec& object, const model::FieldMapping& field, std::string_view why);

  const Manifest& manifest_;
  Making making_;
  Remote& remote_;
  Clock& clock_;
  Reporter& reporter_;
  Micros next_;
  Names left_out_;
  std::vector<std::string> problems_;
};

}  // namespace rapport::connect
