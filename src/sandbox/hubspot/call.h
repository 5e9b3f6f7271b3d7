// One request to the imitation, taken apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/http.h"
#include "base/json.h"

namespace rapport::sandbox::hubspot {

struct Call {
  std::string method;
  std::string path;                   // as sent, without the query
  std::vector<std::string> segments;  // of the path, decoded; an ending slash adds none
  std::vector<std::pair<std::string, std::string>> query;  // decoded
  Json body;                                               // null when there was none
  std::string host;
  std::string token;  // of the bearer, or empty

  // The last value of that query parameter.
  std::optional<std::string> parameter(std::string_view name) const;
  // All values: repeated parameters and comma lists mean the same.
  std::vector<std::string> list(std::string_view name) const;
};

// The pairs of a query or of a form, decoded.
std::vector<std::pair<std::string, std::string>> read_pairs(std::string_view text);

// Takes method, target and headers apart; the body stays for read_body.
Call take_apart(const HttpRequest& request);

}  // namespace rapport::sandbox::hubspot
