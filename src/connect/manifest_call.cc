// Declared requests and their templates.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "connect/manifest_parts.h"

namespace rapport::connect {
namespace {

constexpr std::array<std::string_view, 5> kMethods = {"GET", "POST", "PUT", "PATCH", "DELETE"};
constexpr std::string_view kEachItem = "$each_item";
constexpr std::string_view kEachLink = "$each_link";

bool is_variable(const YamlNode& node) {
  return node.kind == YamlNode::Kind::kScalar && node.text.size() > 1 && node.text[0] == '$' &&
         node.text[1] != '$';
}

void check_variable(const YamlNode& node, std::string_view variable, const Variables& variables,
                    YamlDocument& document) {
  if (variable.starts_with("property.")) return;
  if (std::find(variables.begin(), variables.end(), variable) != variables.end()) return;
  document.refuse(
      node, fmt::format("'${}' has no value here{}", variable, suggestion(variable, variables)));
}

// "/objects/{to}": every placeholder must have a value.
void check_path(const YamlNode& node, const Variables& variables, YamlDocument& document) {
  const std::string& path = node.text;
  if (path.empty() || path[0] != '/' || path.find_first_of(" ?#\r\n") != path.npos) {
    document.refuse(node, "'path' must begin with / and hold no ?, # or space");
    return;
  }
  for (size_t open = path.find('{'); open != path.npos; open = path.find('{', open + 1)) {
    const size_t close = path.find('}', open);
    if (close == path.npos) return document.refuse(node, "'{' without '}' in 'path'");
    check_variable(node, path.substr(open + 1, close - open - 1), variables, document);
  }
}

void read_query(const YamlNode& node, CallSpec& call, const Variables& variables,
                YamlDocument& document) {
  if (node.kind != YamlNode::Kind::kMap) document.refuse(node, "'query' must be a mapping");
  for (const auto& [key, value] : node.members) {
    if (value.kind != YamlNode::Kind::kScalar) document.refuse(value, "must be a text");
    if (is_variable(value)) check_variable(value, value.text.substr(1), variables, document);
    call.query.emplace_back(key.text, value.text);
  }
}

bool mentions(const YamlNode& node, std::string_view word) {
  if (node.text == word) return true;
  for (const YamlNode& item : node.items) {
    if (mentions(item, word)) return true;
  }
  for (const auto& [key, value] : node.members) {
    if (key.text == word || mentions(value, word)) return true;
  }
  return false;
}

void read_results(YamlFields& fields, CallSpec& call, YamlDocument& document) {
  const auto path = [&](std::string_view key, std::string fallback) {
    const YamlNode* node = fields.take(key);
    return node == nullptr ? fallback : read_path(*node, document);
  };
  call.results = path("results", "");
  call.id = path("id", "id");
  call.properties = path("properties", "properties");
  call.match = path("match", "");
  call.match_by =
      static_cast<CallSpec::Match>(fields.choice("match_by", {"id", "key", "trace"}, 0));
  call.errors = path("errors", "");
  call.error_item = fields.texts("error_item");
  call.next = path("next", "");
  call.ids = path("ids", "");
}

}  // namespace

void check_variables(const YamlNode& node, const Variables& variables, YamlDocument& document) {
  if (is_variable(node)) check_variable(node, node.text.substr(1), variables, document);
  for (const YamlNode& item : node.items) check_variables(item, variables, document);
  for (const auto& [key, value] : node.members) {
    if (key.text.starts_with('$') && key.text != kEachItem && key.text != kEachLink) {
      document.refuse(
          key, fmt::format("'{}' is not a template word{}", key.text,
                           suggestion(key.text, {std::string(kEachItem), std::string(kEachLink)})));
    }
    if (key.text.starts_with('$') && node.members.size() != 1) {
      document.refuse(key, fmt::format("'{}' must stand alone in its mapping", key.text));
    }
    check_variables(value, variables, document);
  }
}

CallSpec read_call(const YamlNode& node, const std::string& what, const Variables& variables,
                   YamlDocument& document) {
  if (node.kind == YamlNode::Kind::kScalar) {
    const YamlNode* shared = document.calls == nullptr ? nullptr : document.calls->find(node.text);
    if (shared != nullptr && shared->kind == YamlNode::Kind::kMap) {
      return read_call(*shared, fmt::format("call '{}'", node.text), variables, document);
    }
    std::vector<std::string> names;
    if (document.calls != nullptr) {
      for (const auto& [name, call] : document.calls->members) names.push_back(name.text);
    }
    document.refuse(
        node, fmt::format("there is no call '{}'{}", node.text, suggestion(node.text, names)));
    return {};
  }
  YamlFields fields(node, what, document);
  CallSpec call;
  fields.require("method");
  call.method = kMethods[fields.choice("method", kMethods, 0)];
  call.path = fields.text("path");
  if (const YamlNode* path = node.find("path")) check_path(*path, variables, document);
  if (const YamlNode* query = fields.take("query")) read_query(*query, call, variables, document);
  if (const YamlNode* body = fields.take("body")) {
    check_variables(*body, variables, document);
    call.body = body->to_json();
  }
  if (const YamlNode* batch = fields.take("batch")) {
    call.batch = static_cast<int>(fields.integer("batch", 1, 1000, 1));
    call.batched = true;
    const YamlNode* body = node.find("body");
    if (body == nullptr || !(mentions(*body, kEachItem) || mentions(*body, "$keys"))) {
      document.refuse(*batch, "a call with 'batch' needs $each_item or $keys in its 'body'");
    }
  }
  read_results(fields, call, document);
  call.quota = fields.text_or("quota", "");
  fields.finish();
  return call;
}

}  // namespace rapport::connect
