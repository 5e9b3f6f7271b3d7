// The table of routes: which handler answers which method and path, and what a caller must be
// allowed to do. The OpenAPI document is checked against this table, both ways.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "access/gate.h"
#include "api/context.h"
#include "base/http.h"

namespace rapport::api {

// A request on its way to a handler: path parameters and query decoded, body parsed where there is
// one.
struct Call {
  const HttpRequest& request;
  Context& context;
  std::map<std::string, std::string, std::less<>> path;  // {"id": "con_…"}
  std::map<std::string, std::string, std::less<>> query;
  Json body;                                   // null when the request has none
  std::optional<access::Principal> principal;  // set unless the route is open
  access::Tenant* tenant = nullptr;            // set for routes inside a workspace
  bool follows = false;  // set by the handler: the answer is the workspace's live stream

  std::string_view query_or(std::string_view key, std::string_view fallback) const;
  // Number in a range, or kInvalid naming the parameter and the range.
  Result<int64_t> query_number(std::string_view key, int64_t fallback, int64_t low,
                               int64_t high) const;
};

using Handler = std::function<Result<HttpResponse>(Call&)>;

// kOutside: answering waits for another system. Such requests have threads of their own and cannot
// keep others from being answered.
enum class Lane { kUsual, kOutside };

enum class Where { kOpen, kServer, kWorkspace };  // no key · key · key and its workspace's data

struct Route {
  std::string method, path;  // "/api/v1/contacts/{id}"
  std::string operation;     // OpenAPI operationId
  Where where = Where::kWorkspace;
  access::Scope scope = access::Scope::kRead;
  Handler handler;
  Lane lane = Lane::kUsual;
};

// The caller asked to see at least this sequence and the fold is not there yet.
struct Wait {
  WorkspaceId workspace;
  Sequence sequence;
};

// The caller wants to see what happens in the workspace from now on.
struct Follow {
  WorkspaceId workspace;
  std::string key;  // checked already, and to be checked again
};

using Outcome = std::variant<HttpResponse, Wait, Follow>;

class Router {
 public:
  Router(Context& context, std::vector<Route> routes);
  // Any thread. Never throws.
  Outcome handle(const HttpRequest& request);
  Lane lane_of(const HttpRequest& request) const;  // kUsual for what has no route
  const std::vector<Route>& routes() const { return routes_; }

 private:
  struct Match {
    const Route* route = nullptr;
    std::map<std::string, std::string, std::less<>> path;
    std::string allow;  // methods of the path when only the method is wrong
  };
  Match match(std::string_view method, std::string_view path) const;
  Result<Outcome> answer(Match& match, const HttpRequest& request, std::string_view query);

  Context& context_;
  std::vector<Route> routes_;
};

// The secret of "Authorization: Bearer …" or the user of "Basic …"; empty when there is none.
std::string credentials_of(const HttpRequest& request);

}  // namespace rapport::api
