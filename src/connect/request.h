// From a declared call and the records it is about to an HTTP request, and from the answer back to
// what became of each. Pure.
//
// In a body "$name" stands for a value, {"$each_item": t} for a list with t filled for every item,
// {"$each_link": t} for a list with t filled for every link of the item, "$$x" for the text "$x".
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/http.h"
#include "base/json.h"
#include "connect/manifest.h"

namespace rapport::connect {

// One link of an item, or where an associate call leads.
struct LinkItem {
  std::string other;  // object
  std::string to;     // remote id
  std::string local;  // "contact/con_1"
  std::vector<std::pair<std::string, Json>> with = {};
};

struct CallItem {
  std::string id = {};  // remote id
  std::string key = {};
  std::string marker = {};
  std::string trace = {};  // names the item in one call, for remotes that echo it
  Json properties = Json::object();
  std::vector<LinkItem> links = {};
};

struct CallScope {
  std::string object = {}, other = {};
  std::string to = {};                                  // a neighbour's remote id
  std::string after = {};                               // cursor of the page wanted
  std::vector<std::string> names = {};                  // properties to read
  std::vector<std::pair<std::string, Json>> with = {};  // further variables
};

// `items` must not be more than call.batch.
HttpRequest fill_request(const CallSpec& call, const CallScope& scope,
                         std::span<const CallItem> items, std::string_view base_url);

// One element of an answer. Texts and numbers are taken as ids; anything else counts as none.
struct ResultItem {
  std::string id;
  std::string match = {};  // lower case
  Json properties = {};    // object or null
  const Json* whole = nullptr;
};
std::vector<ResultItem> read_results(const CallSpec& call, const Json& answer);

// Text at a path, of a text or whole number; empty otherwise. An empty path means `value` itself.
std::string text_at(const Json& value, std::string_view path);

}  // namespace rapport::connect
