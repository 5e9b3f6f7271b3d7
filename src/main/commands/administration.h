// Workspaces and keys, on a running server or on a data folder without one; the answers are those
// of the API either way.
#pragma once

#include <memory>
#include <string>

#include "main/commands/commands.h"

namespace rapport {

class Administration {
 public:
  static Result<std::unique_ptr<Administration>> open(const Shell& shell);
  virtual ~Administration() = default;
  virtual Result<Json> workspaces() = 0;
  virtual Result<Json> create_workspace(const std::string& name) = 0;
  virtual Result<void> delete_workspace(const std::string& name) = 0;
  virtual Result<Json> keys(const std::string& workspace) = 0;  // empty: all
  // {"workspace"?, "label", "scopes", "expires_at"?}, as the API takes it.
  virtual Result<Json> create_key(const Json& wish) = 0;
  virtual Result<void> revoke_key(const std::string& id) = 0;
};

}  // namespace rapport
