#include "sandbox/hubspot/call.h"

#include <algorithm>

#include "base/text.h"

namespace rapport::sandbox::hubspot {
namespace {

std::string decode(std::string_view text) {
  return percent_decode(text).value_or(std::string(text));
}

std::string decode_parameter(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return decode(spaced);
}

constexpr std::string_view kBearer = "bearer ";

std::string bearer_token(const Headers& headers) {
  const std::string_view value = header(headers, "authorization");
  if (!equals_ignoring_case(value.substr(0, kBearer.size()), kBearer)) return {};
  return std::string(trim(value.substr(kBearer.size())));
}

}  // namespace

std::optional<std::string> Call::parameter(std::string_view name) const {
  const auto found = std::find_if(query.rbegin(), query.rend(),
                                  [&](const auto& entry) { return entry.first == name; });
  if (found == query.rend()) return std::nullopt;
  return found->second;
}

std::vector<std::string> Call::list(std::string_view name) const {
  std::vector<std::string> all;
  for (const auto& [key, value] : query) {
    if (key != name) continue;
    for (const std::string_view part : split(value, ','))
      if (!trim(part).empty()) all.emplace_back(trim(part));
  }
  return all;
}

std::vector<std::pair<std::string, std::string>> read_pairs(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string_view pair : split(text, '&')) {
    if (pair.empty()) continue;
    const size_t equals = pair.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
    pairs.emplace_back(decode_parameter(pair.substr(0, equals)), decode_parameter(value));
  }
  return pairs;
}

Call take_apart(const HttpRequest& request) {
  Call call;
  call.method = request.method;
  call.host = header(request.headers, "host");
  call.token = bearer_token(request.headers);
  const std::string_view target = request.target;
  const size_t mark = target.find('?');
  call.path = target.substr(0, mark);
  for (const std::string_view segment : split(call.path, '/'))
    if (!segment.empty()) call.segments.push_back(decode(segment));
  if (mark != std::string_view::npos) call.query = read_pairs(target.substr(mark + 1));
  return call;
}

}  // namespace rapport::sandbox::hubspot
