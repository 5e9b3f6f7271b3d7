#include "connect/manifest.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/crypto.h"
#include "base/text.h"
#include "connect/manifest_parts.h"

namespace rapport::connect {
namespace {

constexpr std::array<std::string_view, 11> kErrorNames = {
    "authentication", "permission", "rate_limit", "quota",     "locked",   "unavailable",
    "network",        "malformed",  "invalid",    "not_found", "duplicate"};

constexpr std::array<std::string_view, 6> kRecords = {"contact", "account", "conversation",
                                                      "ticket",  "deal",    "task"};

std::vector<std::string> read_paths(YamlFields& fields, std::string_view key, const YamlNode& node,
                                    YamlDocument& document) {
  std::vector<std::string> paths = fields.texts(key);
  for (std::string& path : paths) {
    YamlNode at = *node.find(key);
    at.text = path;
    at.kind = YamlNode::Kind::kScalar;
    path = read_path(at, document);
  }
  return paths;
}

void read_auth(const YamlNode& node, Manifest& manifest, YamlDocument& document) {
  YamlFields fields(node, "'auth'", document);
  fields.require("kind");
  fields.choice("kind", {"bearer"}, 0);
  manifest.secret = fields.text("secret");
  if (const YamlNode* oauth = fields.take("oauth")) {
    YamlFields inner(*oauth, "'oauth'", document);
    OAuthSpec spec;
    spec.authorize_url = inner.text("authorize");
    spec.token_path = inner.text("token");
    spec.scopes = inner.texts("scopes");
    if (!spec.authorize_url.starts_with("https://") || !spec.token_path.starts_with("/")) {
      document.refuse(*oauth, "'authorize' must begin with https:// and 'token' with /");
    }
    inner.finish();
    manifest.oauth = std::move(spec);
  }
  fields.finish();
}

void read_identity(const YamlNode& node, Manifest& manifest, YamlDocument& document) {
  YamlFields fields(node, "'identity'", document);
  if (const YamlNode* call = fields.require("call")) {
    manifest.identity = read_call(*call, "'call'", {}, document);
  }
  manifest.account = fields.text("account");
  fields.finish();
}

void read_limits(const YamlNode& node, Manifest& manifest, YamlDocument& document) {
  YamlFields fields(node, "'limits'", document);
  constexpr int64_t kLeast = 64 * 1024, kMost = 64 << 20;
  manifest.answer_bytes = static_cast<size_t>(
      fields.integer("answer_bytes", kLeast, kMost, static_cast<int64_t>(manifest.answer_bytes)));
  manifest.request_bytes = static_cast<size_t>(
      fields.integer("request_bytes", kLeast, kMost, static_cast<int64_t>(manifest.request_bytes)));
  manifest.settle = fields.span("settle", manifest.settle);
  fields.finish();
}

std::vector<int> read_statuses(YamlFields& fields, const YamlNode& node, YamlDocument& document) {
  std::vector<int> statuses;
  for (const std::string& text : fields.texts("status")) {
    const bool number = text.size() == 3 && text.find_first_not_of("0123456789") == text.npos;
    statuses.push_back(number ? std::stoi(text) : 0);
    if (statuses.back() < 200 || statuses.back() > 599) {
      document.refuse(*node.find("status"),
                      fmt::format("'{}' is not a status from 200 to 599", text));
    }
  }
  if (statuses.empty()) document.refuse(node, "an error rule needs 'status'");
  return statuses;
}

ErrorRule read_error_rule(const YamlNode& node, YamlDocument& document) {
  YamlFields fields(node, "an error rule", document);
  ErrorRule rule;
  rule.statuses = read_statuses(fields, node, document);
  fields.require("class");
  rule.error = static_cast<ErrorClass>(
      fields.choice("class", kErrorNames, static_cast<size_t>(ErrorClass::kInvalid)));
  rule.path = fields.text_or("path", "");
  rule.is = fields.text_or("is", "");
  if (const YamlNode* existing = fields.take("existing_id")) {
    YamlFields inner(*existing, "'existing_id'", document);
    rule.existing_path = inner.text("path");
    rule.existing_after = inner.text_or("after", "");
    inner.finish();
  }
  fields.finish();
  return rule;
}

void read_errors(const YamlNode& node, Manifest& manifest, YamlDocument& document) {
  YamlFields fields(node, "'errors'", document);
  manifest.error_field = read_paths(fields, "field", node, document);
  manifest.error_permission = read_paths(fields, "permission", node, document);
  if (const YamlNode* rules = fields.take("rules")) {
    for (const YamlNode& rule : rules->items) {
      manifest.errors.push_back(read_error_rule(rule, document));
    }
  }
  fields.finish();
}

LinkSpec read_link(const std::string& to, const YamlNode& node, YamlDocument& document) {
  YamlFields fields(node, fmt::format("link '{}'", to), document);
  LinkSpec link;
  link.to = to;
  if (const YamlNode* record = fields.require("record")) {
    link.record = read_source_path(*record, document);
  }
  link.required = fields.flag("required", false);
  link.wait = fields.choice("wait", {"create", "complete"}, 0) == 0 ? LinkSpec::Wait::kCreate
                                                                    : LinkSpec::Wait::kComplete;
  Variables variables = {"id", "to", "trace", "object", "other"};
  if (const YamlNode* with = fields.take("with")) {
    for (const auto& [key, value] : with->members) {
      link.with.emplace_back(key.text, value.to_json());
      variables.push_back(key.text);
    }
  }
  if (const YamlNode* call = fields.take("associate")) {
    link.associate = read_call(*call, "'associate'", variables, document);
  }
  fields.finish();
  return link;
}

FindStep read_find(const YamlNode& node, const ObjectSpec& object, YamlDocument& document) {
  YamlFields fields(node, "a find step", document);
  FindStep step;
  for (const std::string& when : fields.texts("when")) {
    step.before_create = step.before_create || when == "create";
    step.after_unknown = step.after_unknown || when == "unknown";
    if (when != "create" && when != "unknown") {
      document.refuse(*node.find("when"), "'when' holds create, unknown or both");
    }
  }
  if (!step.before_create && !step.after_unknown) document.refuse(node, "a find step needs 'when'");
  step.lag = fields.span("lag", Micros{});
  step.link = fields.text_or("link", "");
  if (const YamlNode* list = fields.take("list")) {
    step.list = read_call(*list, "'list'", {"to", "id", "after", "object", "other"}, document);
    if (step.list->batched && step.list->match.empty()) {
      document.refuse(*list, "a 'list' with 'batch' needs 'match': whose neighbours they are");
    }
    if (object.link(step.link) == nullptr) {
      document.refuse(node, "a find step with 'list' needs 'link', one of the object's links");
    }
  } else if (object.keys.empty()) {
    document.refuse(node, "a find step without 'list' reads by key: the object needs 'keys'");
  }
  if (const YamlNode* read = fields.require("read")) {
    step.read = read_call(*read, "'read'", {"id", "key", "keys", "names", "object"}, document);
  }
  if (const YamlNode* where = fields.take("where")) {
    YamlFields inner(*where, "'where'", document);
    Condition condition;
    if (const YamlNode* path = inner.require("path")) condition.path = read_path(*path, document);
    const YamlNode* equals = inner.take("equals");
    const YamlNode* contains = inner.take("contains");
    if ((equals == nullptr) == (contains == nullptr)) {
      document.refuse(*where, "'where' needs one of equals, contains");
    } else {
      const YamlNode& value = equals != nullptr ? *equals : *contains;
      condition.test = equals != nullptr ? Condition::Test::kEquals : Condition::Test::kContains;
      condition.value = value.text;
      check_variables(value, {"marker", "reference"}, document);
    }
    inner.finish();
    step.where = condition;
  }
  fields.finish();
  return step;
}

void read_object_calls(YamlFields& fields, ObjectSpec& object, YamlDocument& document) {
  Variables create = {"properties", "key", "to", "trace", "marker", "object"};
  for (const LinkSpec& link : object.links) {
    for (const auto& [name, value] : link.with) create.push_back(name);
  }
  const auto call = [&](std::string_view key, const Variables& variables) {
    const YamlNode* node = fields.take(key);
    return node == nullptr ? std::optional<CallSpec>()
                           : read_call(*node, fmt::format("'{}'", key), variables, document);
  };
  object.create = call("create", create);
  object.upsert = call("upsert", {"properties", "key", "trace", "object"});
  object.update = call("update", {"id", "properties", "trace", "object"});
  object.remove = call("remove", {"id", "object"});
}

void check_object(const YamlNode& node, const ObjectSpec& object, YamlDocument& document) {
  if (!object.create && !object.upsert) {
    document.refuse(node, fmt::format("object '{}' needs 'create' or 'upsert'", object.name));
  }
  if (object.create && object.create->batched && object.create->results.empty()) {
    document.refuse(node, "a 'create' with 'batch' needs 'results'");
  }
  if (object.upsert && object.keys.empty()) {
    document.refuse(node, fmt::format("object '{}' has 'upsert' and needs 'keys'", object.name));
  }
  const std::vector<std::string> names = object.property_names();
  for (const std::string& property : object.required) {
    if (std::find(names.begin(), names.end(), property) == names.end()) {
      document.refuse(node, fmt::format("required '{}' is not in the mapping of '{}'{}", property,
                                        object.name, suggestion(property, names)));
    }
  }
}

ObjectSpec read_object(const std::string& name, const YamlNode& node, YamlDocument& document) {
  YamlFields fields(node, fmt::format("object '{}'", name), document);
  ObjectSpec object;
  object.name = name;
  fields.require("record");
  object.record = kRecords[fields.choice("record", kRecords, 0)];
  object.required = fields.texts("required");
  if (const YamlNode* keys = fields.take("keys")) object.keys = read_source_path(*keys, document);
  if (const YamlNode* mapping = fields.require("mapping")) read_mapping(*mapping, object, document);
  if (const YamlNode* transcript = fields.take("transcript")) {
    read_transcript(*transcript, object, document);
  }
  if (const YamlNode* links = fields.take("links")) {
    for (const auto& [to, link] : links->members) {
      object.links.push_back(read_link(to.text, link, document));
    }
  }
  if (const YamlNode* find = fields.take("find")) {
    for (const YamlNode& step : find->items) {
      object.find.push_back(read_find(step, object, document));
    }
  }
  read_object_calls(fields, object, document);
  fields.finish();
  check_object(node, object, document);
  return object;
}

// Links must lead to objects there are; a record can wait only for what is written before it.
void check_links(const YamlNode& objects, const Manifest& manifest, YamlDocument& document) {
  std::vector<std::string> names, earlier;
  for (const ObjectSpec& object : manifest.objects) names.push_back(object.name);
  for (const ObjectSpec& object : manifest.objects) {
    for (const LinkSpec& link : object.links) {
      const YamlNode& node = *objects.find(object.name);
      if (std::find(names.begin(), names.end(), link.to) == names.end()) {
        document.refuse(node, fmt::format("link '{}' of '{}' leads to no object{}", link.to,
                                          object.name, suggestion(link.to, names)));
      } else if (link.wait == LinkSpec::Wait::kCreate &&
                 std::find(earlier.begin(), earlier.end(), link.to) == earlier.end()) {
        document.refuse(node, fmt::format("'{}' waits for '{}', which must stand before it",
                                          object.name, link.to));
      }
    }
    earlier.push_back(object.name);
  }
}

Manifest read_manifest(const YamlNode& root, YamlDocument& document) {
  YamlFields fields(root, "the manifest", document);
  Manifest manifest;
  fields.require("manifest");
  fields.integer("manifest", 1, 1, 1);
  manifest.vendor = fields.text("vendor");
  manifest.title = fields.text_or("title", manifest.vendor);
  manifest.base_url = fields.text("base_url");
  if (!manifest.base_url.starts_with("https://") && !manifest.base_url.empty()) {
    document.refuse(*root.find("base_url"), "'base_url' must begin with https://");
  }
  document.calls = fields.take("calls");
  if (const YamlNode* auth = fields.require("auth")) read_auth(*auth, manifest, document);
  if (const YamlNode* node = fields.require("identity")) read_identity(*node, manifest, document);
  if (const YamlNode* limits = fields.take("limits")) read_limits(*limits, manifest, document);
  if (const YamlNode* quotas = fields.take("quotas")) read_quotas(*quotas, manifest, document);
  if (const YamlNode* errors = fields.take("errors")) read_errors(*errors, manifest, document);
  if (const YamlNode* node = fields.take("directories"))
    read_directories(*node, manifest, document);
  if (const YamlNode* node = fields.take("properties")) read_properties(*node, manifest, document);
  if (const YamlNode* objects = fields.require("objects")) {
    if (objects->kind != YamlNode::Kind::kMap)
      document.refuse(*objects, "'objects' must be a mapping");
    for (const auto& [name, object] : objects->members) {
      manifest.objects.push_back(read_object(name.text, object, document));
      check_directories(object, manifest.objects.back(), manifest, document);
    }
    if (!document.error) check_links(*objects, manifest, document);
  }
  fields.finish();
  return manifest;
}

}  // namespace

std::string_view name(ErrorClass error) {
  return kErrorNames[static_cast<size_t>(error)];
}

std::optional<ErrorClass> error_class(std::string_view name) {
  const auto found = std::find(kErrorNames.begin(), kErrorNames.end(), name);
  if (found == kErrorNames.end()) return std::nullopt;
  return static_cast<ErrorClass>(found - kErrorNames.begin());
}

const LinkSpec* ObjectSpec::link(std::string_view to) const {
  for (const LinkSpec& link : links) {
    if (link.to == to) return &link;
  }
  return nullptr;
}

std::vector<std::string> ObjectSpec::property_names() const {
  std::vector<std::string> names;
  for (const model::FieldMapping& field : mapping.fields) names.push_back(field.to);
  if (transcript) names.push_back(transcript->to);
  return names;
}

const ObjectSpec* Manifest::object(std::string_view name) const {
  for (const ObjectSpec& object : objects) {
    if (object.name == name) return &object;
  }
  return nullptr;
}

Result<Manifest> load_manifest(std::string_view text, std::string_view name) {
  TRY_ASSIGN(const YamlNode root, parse_yaml(text, name));
  YamlDocument document{.name = std::string(name)};
  Manifest manifest = read_manifest(root, document);
  if (document.error) return *document.error;
  const Hash hash = sha256({text});
  manifest.version = to_hex(bytes_of(hash).substr(0, 8));
  return manifest;
}

}  // namespace rapport::connect
