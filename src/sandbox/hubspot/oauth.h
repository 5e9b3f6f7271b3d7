// OAuth 2.0 as the vendor does it: consent, codes, access tokens that expire, refresh tokens.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http.h"
#include "base/random.h"
#include "sandbox/hubspot/call.h"
#include "sandbox/hubspot/portal.h"
#include "sandbox/sandbox.h"

namespace rapport::sandbox::hubspot {

class OAuth {
 public:
  struct AccessToken {
    int64_t index = 0;  // in the order of issue
    size_t grant = 0;   // an installation of the app
    Micros issued_at = {}, expires_at = {};
  };
  enum class Refresh { kWorks, kRevoked };

  // `app` must outlive this, and may be absent: then every path is unknown.
  OAuth(const std::optional<SandboxApp>& app, Random& random) : app_(app), random_(random) {}

  // The answer under /oauth/; a path that is not there gives nothing.
  std::optional<HttpResponse> answer(Portal& portal, const Call& call, std::string_view form,
                                     Refresh refresh);
  // Null for a token that was never issued.
  const AccessToken* find(std::string_view token) const;
  const std::vector<std::string>& scopes(const AccessToken& token) const;
  size_t grants() const { return grants_.size(); }
  // Counts and times, no token: {"refreshes", "exchanges", "refused", "grants", "access_tokens"}.
  Json show() const;

 private:
  struct Code {
    std::string redirect_uri, challenge;
    std::vector<std::string> scopes;
    Micros expires_at;
    bool used = false;
  };
  struct Grant {
    std::vector<std::string> scopes;
    std::vector<std::string> refresh_tokens;  // oldest first
    size_t first_good = 0;                    // older ones are refused
  };
  using Form = std::map<std::string, std::string, std::less<>>;

  HttpResponse authorize(const Portal& portal, const Call& call);
  HttpResponse token(Portal& portal, const Form& form, bool third_version, Refresh refresh);
  HttpResponse exchange(Portal& portal, const Form& form, bool third_version);
  HttpResponse renew(Portal& portal, const Form& form, bool third_version);
  HttpResponse issue(const Portal& portal, size_t grant, bool third_version);
  HttpResponse show_access(Portal& portal, const std::string& token);
  HttpResponse show_refresh(Portal& portal, const Call& call, const std::string& token);
  HttpResponse refuse_token(Portal& portal, std::string_view code, std::string_view message);
  std::optional<std::pair<size_t, size_t>> find_refresh(std::string_view token) const;
  std::string fresh_token(std::string_view kind);

  const std::optional<SandboxApp>& app_;
  Random& random_;
  std::map<std::string, Code, std::less<>> codes_;
  std::vector<Grant> grants_;
  std::map<std::string, AccessToken, std::less<>> access_;
  int64_t refreshes_ = 0, exchanges_ = 0, refused_ = 0;
};

}  // namespace rapport::sandbox::hubspot
