#include "api/router.h"

#include <fmt/format.h>

#include <charconv>

#include "api/problem.h"
#include "base/text.h"

namespace rapport::api {

namespace {

std::map<std::string, std::string, std::less<>> parse_query(std::string_view text, bool& valid) {
  std::map<std::string, std::string, std::less<>> all;
  valid = true;
  if (text.empty()) return all;
  for (std::string_view part : split(text, '&')) {
    if (part.empty()) continue;
    const size_t eq = part.find('=');
    const auto decode = [&](std::string_view raw) {
      std::string spaced(raw);
      for (char& c : spaced)
        if (c == '+') c = ' ';
      auto plain = percent_decode(spaced);
      valid = valid && plain && is_utf8(*plain);
      return plain.value_or("");
    };
    const std::string key = decode(part.substr(0, eq));
    all[key] = eq == part.npos ? "" : decode(part.substr(eq + 1));
  }
  return all;
}

// Path parameters when `path` fits the template, else nullopt.
std::optional<std::map<std::string, std::string, std::less<>>> fit(std::string_view pattern,
                                                                   std::string_view path) {
  const auto want = split(pattern, '/');
  const auto have = split(path, '/');
  if (want.size() != have.size()) return std::nullopt;
  std::map<std::string, std::string, std::less<>> found;
  for (size_t i = 0; i < want.size(); ++i) {
    if (want[i].starts_with('{')) {
      const auto value = percent_decode(have[i]);
      if (!value || value->empty() || !is_utf8(*value)) return std::nullopt;
      found[std::string(want[i].substr(1, want[i].size() - 2))] = *value;
    } else if (want[i] != have[i]) {
      return std::nullopt;
    }
  }
  return found;
}

}  // namespace

std::string_view Call::query_or(std::string_view key, std::string_view fallback) const {
  auto it = query.find(key);
  return it == query.end() ? fallback : std::string_view(it->second);
}

Result<int64_t> Call::query_number(std::string_view key, int64_t fallback, int64_t low,
                                   int64_t high) const {
  auto it = query.find(key);
  if (it == query.end()) return fallback;
  int64_t n = 0;
  const std::string& text = it->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size() || n < low || n > high)
    return invalid(fmt::format("{} must be a whole number from {} to {}", key, low, high),
                   std::string(key));
  return n;
}

std::string credentials_of(const HttpRequest& request) {
  const std::string_view value = header(request.headers, "Authorization");
  const size_t space = value.find(' ');
  if (space == value.npos) return {};
  const std::string_view scheme = value.substr(0, space), rest = trim(value.substr(space + 1));
  if (equals_ignoring_case(scheme, "Bearer")) return std::string(rest);
  if (!equals_ignoring_case(scheme, "Basic")) return {};
  const auto plain = from_base64(rest);
  return plain ? plain->substr(0, plain->find(':')) : std::string();
}

Router::Router(Context& context, std::vector<Route> routes)
    : context_(context), routes_(std::move(routes)) {}

Router::Match Router::match(std::string_view method, std::string_view path) const {
  Match found;
  for (const Route& route : routes_) {
    auto parameters = fit(route.path, path);
    if (!parameters) continue;
    if (route.method == method || (method == "HEAD" && route.method == "GET")) {
      found.route = &route;
      found.path = std::move(*parameters);
      return found;
    }
    found.allow += (found.allow.empty() ? "" : ", ") + route.method;
  }
  return found;
}

Lane Router::lane_of(const HttpRequest& request) const {
  const std::string_view target = request.target;
  const Match found = match(request.method, target.substr(0, target.find('?')));
  return found.route ? found.route->lane : Lane::kUsual;
}

Outcome Router::handle(const HttpRequest& request) {
  const std::string_view target = request.target;
  const size_t mark = target.find('?');
  const std::string_view path = target.substr(0, mark);
  const std::string_view query = mark == target.npos ? "" : target.substr(mark + 1);
  Match found = match(request.method, path);
  if (!found.route) {
    if (found.allow.empty())
      return problem(not_found(fmt::format("there is nothing at {}", cut_utf8(path, 200))));
    auto answer = problem(405, "Method Not Allowed",
                          fmt::format("{} allows {}", cut_utf8(path, 200), found.allow), "invalid");
    answer.headers.emplace_back("Allow", found.allow);
    return answer;
  }
  auto result = answer(found, request, query);
  if (!result.ok()) return problem(result.error());
  return std::move(result).value();
}

Result<Outcome> Router::answer(Match& match, const HttpRequest& request, std::string_view query) {
  Call call{request, context_, std::move(match.path), {}, {}, {}, nullptr};
  const Route& route = *match.route;
  std::optional<access::Tenant> tenant;
  if (route.where == Where::kWorkspace) {
    TRY_ASSIGN(auto admitted, context_.gate.admit(credentials_of(request), route.scope));
    tenant.emplace(std::move(admitted));
    call.tenant = &*tenant;
    call.principal = tenant->principal();
  } else if (route.where == Where::kServer) {
    TRY_ASSIGN(call.principal, context_.gate.authenticate(credentials_of(request), route.scope));
  }
  bool valid = true;
  call.query = parse_query(query, valid);
  if (!valid) return invalid("the query is not percent-encoded UTF-8");
  if (!request.body.empty()) {
    TRY_ASSIGN(call.body, parse_json(request.body));
  }
  if (call.tenant) {
    TRY_ASSIGN(const int64_t sequence, call.query_number("min_sequence", 0, 0, INT64_MAX));
    const Sequence wanted{static_cast<uint64_t>(sequence)};
    if (context_.runner.cursor(call.tenant->workspace()).sequence < wanted) {
      if (context_.log.log().head(call.tenant->workspace()).sequence < wanted)
        return invalid("min_sequence is beyond the workspace's last event", "min_sequence");
      return Outcome(Wait{call.tenant->workspace(), wanted});
    }
  }
  TRY_ASSIGN(HttpResponse response, route.handler(call));
  if (call.follows && call.tenant && request.method != "HEAD")
    return Outcome(Follow{call.tenant->workspace(), credentials_of(request)});
  return Outcome(std::move(response));
}

}  // namespace rapport::api
