// OAuth 2.0 (RFC 6749) for one connection: the authorisation code flow with PKCE (RFC 7636), and
// access tokens that are refreshed before they end.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/http.h"
#include "base/json.h"
#include "base/random.h"
#include "base/result.h"

namespace rapport::connect {

// Declared in the manifest.
struct OAuthSpec {
  std::string authorize_url;  // where the user is sent
  std::string token_path;     // below the base URL
  std::vector<std::string> scopes;
};

// The app as registered with the vendor.
struct OAuthClient {
  std::string client_id, client_secret, redirect_uri;
};

// Keeps what must outlive the process, sealed. `save` is durable when it returns.
struct TokenStore {
  std::function<Result<Json>()> load;  // null: nothing kept
  std::function<Result<void>(const Json& tokens)> save;
};

// Any thread. However many ask at once, one refresh is under way; a refresh token that the vendor
// replaces is durable before the access token that came with it is used.
class OAuth {
 public:
  using Client = std::function<Result<OAuthClient>()>;  // asked each time: secrets may change
  OAuth(OAuthSpec spec, std::string base_url, Client client, TokenStore store, Transport& transport,
        Clock& clock, Random& random);

  // Where to send the user. Valid for ten minutes, for one answer.
  Result<std::string> begin();
  // The user came back with these. kInvalid when `state` is not one we gave, or too old.
  Result<void> finish(std::string_view state, std::string_view code);
  bool gave(std::string_view state);  // this state is ours and still open

  // An access token valid for another minute at least. kUnauthenticated: authorise (again).
  Result<std::string> access_token();
  // The vendor refused this token: the next access_token() is another one.
  void refused(std::string_view access_token);

 private:
  struct Pending {
    std::string verifier;
    Micros until;
  };
  Result<void> load();
  Result<void> exchange(const std::string& body);
  Result<void> refresh();
  Result<void> keep(const Json& answer);

  const OAuthSpec spec_;
  const std::string base_url_;
  const Client client_;
  const TokenStore store_;
  Transport& transport_;
  Clock& clock_;
  Random& random_;
  std::mutex pending_mutex_;  // never held while the vendor is waited for
  std::map<std::string, Pending, std::less<>> pending_;  // by state
  std::mutex mutex_;  // of what follows; held while a refresh is under way: the others wait for it
  bool loaded_ = false;
  std::string access_, refresh_;
  Micros expires_at_;
};

}  // namespace rapport::connect
