// Who makes a call, as its access token says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sandbox/sandbox.h"

namespace rapport::sandbox::hubspot {

struct Caller {
  int64_t index = -1;        // as the recorder numbers tokens; -1: unknown
  std::string account = {};  // what quotas count by: a token, or an installation of the app
  std::vector<std::string> scopes = {};
  bool all_scopes = false;
  const std::vector<QuotaWindow>* quotas = nullptr;
  std::optional<Micros> issued_at = {}, expires_at = {};  // of a token from OAuth

  bool known() const { return index >= 0; }
};

}  // namespace rapport::sandbox::hubspot
