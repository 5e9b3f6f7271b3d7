#include "connect/request.h"

#include <algorithm>

#include "base/text.h"

namespace rapport::connect {
namespace {

constexpr size_t kLongestId = 256;

// Everything a template may ask for at one place.
struct Values {
  const CallScope& scope;
  std::span<const CallItem> items;
  const CallItem* item = nullptr;
  const LinkItem* link = nullptr;
};

Json list_of(const std::vector<std::string>& texts) {
  Json list = Json::array();
  for (const std::string& text : texts) list.push_back(text);
  return list;
}

Json keys_of(std::span<const CallItem> items) {
  Json keys = Json::array();
  for (const CallItem& item : items) keys.push_back(item.key);
  return keys;
}

Json property_of(const CallItem* item, std::string_view name) {
  const Json* found = item == nullptr ? nullptr : item->properties.find(name);
  return found == nullptr ? Json() : *found;
}

Json value_of(std::string_view variable, const Values& values) {
  if (values.link != nullptr) {
    if (variable == "to") return values.link->to;
    if (variable == "other") return values.link->other;
    for (const auto& [name, value] : values.link->with) {
      if (name == variable) return value;
    }
  }
  for (const auto& [name, value] : values.scope.with) {
    if (name == variable) return value;
  }
  if (variable == "object") return values.scope.object;
  if (variable == "other") return values.scope.other;
  if (variable == "to") return values.scope.to;
  if (variable == "after") return values.scope.after;
  if (variable == "names") return list_of(values.scope.names);
  if (variable == "keys") return keys_of(values.items);
  if (variable.starts_with("property.")) {
    return property_of(values.item, variable.substr(std::string_view("property.").size()));
  }
  if (values.item == nullptr) return nullptr;
  if (variable == "id") return values.item->id;
  if (variable == "key") return values.item->key;
  if (variable == "trace") return values.item->trace;
  if (variable == "marker") return values.item->marker;
  if (variable == "properties") return values.item->properties;
  return nullptr;
}

Json fill(const Json& pattern, const Values& values);

Json fill_each(const Json& pattern, bool items, Values values) {
  Json list = Json::array();
  if (items) {
    for (const CallItem& item : values.items) {
      values.item = &item;
      // A call about associations has one link an item: its variables are the item's.
      values.link = item.links.size() == 1 ? &item.links.front() : nullptr;
      list.push_back(fill(pattern, values));
    }
  } else if (values.item != nullptr) {
    for (const LinkItem& link : values.item->links) {
      values.link = &link;
      list.push_back(fill(pattern, values));
    }
  }
  return list;
}

Json fill(const Json& pattern, const Values& values) {
  if (pattern.is_string()) {
    const std::string_view text = pattern.as_string();
    if (text.starts_with("$$")) return text.substr(1);
    if (text.size() > 1 && text[0] == '$') return value_of(text.substr(1), values);
    return pattern;
  }
  if (pattern.is_array()) {
    Json list = Json::array();
    for (const Json& element : pattern.as_array()) list.push_back(fill(element, values));
    return list;
  }
  if (!pattern.is_object()) return pattern;
  Json::Object filled;
  for (const auto& [key, value] : pattern.as_object()) {
    if (key == "$each_item" || key == "$each_link") {
      return fill_each(value, key == "$each_item", values);
    }
    filled.emplace_back(key, fill(value, values));
  }
  return filled;
}

std::string fill_path(std::string_view path, const Values& values) {
  std::string filled;
  for (size_t i = 0; i < path.size();) {
    const size_t close = path[i] == '{' ? path.find('}', i) : path.npos;
    if (close == path.npos) {
      filled += path[i++];
      continue;
    }
    filled += percent_encode(text_at(value_of(path.substr(i + 1, close - i - 1), values), ""));
    i = close + 1;
  }
  return filled;
}

std::string fill_query(const CallSpec& call, const Values& values) {
  std::string query;
  for (const auto& [name, pattern] : call.query) {
    const std::string value = text_at(fill(pattern, values), "");
    if (value.empty()) continue;
    query += query.empty() ? '?' : '&';
    query += percent_encode(name) + "=" + percent_encode(value);
  }
  return query;
}

}  // namespace

HttpRequest fill_request(const CallSpec& call, const CallScope& scope,
                         std::span<const CallItem> items, std::string_view base_url) {
  CHECK(items.size() <= static_cast<size_t>(call.batch));
  Values values{.scope = scope, .items = items};
  if (items.size() == 1) values.item = &items.front();
  HttpRequest request;
  request.method = call.method;
  request.target = std::string(base_url) + fill_path(call.path, values) + fill_query(call, values);
  request.headers.emplace_back("accept", "application/json");
  if (!call.body.is_null()) {
    request.headers.emplace_back("content-type", "application/json");
    request.body = to_text(fill(call.body, values));
  }
  return request;
}

std::string text_at(const Json& value, std::string_view path) {
  const Json* found = path.empty() ? &value : value.at_path(path);
  if (found == nullptr) return {};
  if (found->is_int()) return std::to_string(found->as_int());
  return std::string(found->is_string() ? found->as_string() : "");
}

std::vector<ResultItem> read_results(const CallSpec& call, const Json& answer) {
  std::vector<ResultItem> results;
  const auto take = [&](const Json& whole) {
    ResultItem item{.id = text_at(whole, call.id), .whole = &whole};
    if (item.id.size() > kLongestId) item.id.clear();
    if (!call.match.empty()) item.match = ascii_lower(text_at(whole, call.match));
    const Json* properties = call.properties.empty() ? nullptr : whole.at_path(call.properties);
    if (properties != nullptr && properties->is_object()) item.properties = *properties;
    results.push_back(std::move(item));
  };
  if (call.results.empty()) {
    if (answer.is_object()) take(answer);
    return results;
  }
  const Json* list = answer.at_path(call.results);
  if (list == nullptr || !list->is_array()) return results;
  for (const Json& element : list->as_array()) {
    if (element.is_object()) take(element);
  }
  return results;
}

}  // namespace rapport::connect
