// Directories, definitions of properties, and a connection's own mapping.
#include <fmt/core.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/text.h"
#include "connect/manifest_parts.h"

namespace rapport::connect {
namespace {

using With = std::vector<std::pair<std::string, Json>>;

With read_with(const YamlNode& node, Variables& variables) {
  With with;
  for (const auto& [key, value] : node.members) {
    with.emplace_back(key.text, value.to_json());
    variables.push_back(key.text);
  }
  return with;
}

std::vector<std::string> names_of(const std::vector<DirectorySpec>& directories) {
  std::vector<std::string> names;
  for (const DirectorySpec& directory : directories) names.push_back(directory.name);
  return names;
}

void replace_field(ObjectSpec& object, const std::string& to, const YamlNode& node,
                   YamlDocument& document) {
  auto& all = object.mapping.fields;
  const auto known = std::find_if(all.begin(), all.end(),
                                  [&](const model::FieldMapping& field) { return field.to == to; });
  if (object.transcript && object.transcript->to == to)
    return document.refuse(node, fmt::format("'{}' holds the transcript", to));
  if (node.kind == YamlNode::Kind::kNull) {
    const auto& needed = object.required;
    if (std::find(needed.begin(), needed.end(), to) != needed.end())
      return document.refuse(node, fmt::format("{} needs '{}'", object.name, to));
    if (known != all.end()) all.erase(known);
    return;
  }
  model::FieldMapping field = read_field(to, node, document);
  field.custom = true;
  if (known != all.end()) {
    *known = std::move(field);
  } else {
    all.push_back(std::move(field));
  }
}

}  // namespace

void read_directories(const YamlNode& node, Manifest& manifest, YamlDocument& document) {
  if (node.kind != YamlNode::Kind::kMap)
    return document.refuse(node, "'directories' must be a mapping");
  for (const auto& [name, value] : node.members) {
    YamlFields fields(value, fmt::format("directory '{}'", name.text), document);
    DirectorySpec directory{.name = name.text, .call = {}, .groups = {}, .group_name = {}};
    if (const YamlNode* call = fields.require("call")) {
      directory.call = read_call(*call, "'call'", {"after"}, document);
      if (directory.call.match.empty())
        document.refuse(*call, "the call of a directory needs 'match': what an entry is known by");
    }
    if (const YamlNode* groups = fields.take("groups"))
      directory.groups = read_path(*groups, document);
    if (const YamlNode* group = fields.take("group_name"))
      directory.group_name = read_path(*group, document);
    fields.finish();
    if (directory.groups.empty() != directory.group_name.empty())
      document.refuse(value, "'groups' and 'group_name' stand together");
    manifest.directories.push_back(std::move(directory));
  }
}

void check_directories(const YamlNode& node, const ObjectSpec& object, const Manifest& manifest,
                       YamlDocument& document) {
  const std::vector<std::string> names = names_of(manifest.directories);
  for (const model::FieldMapping& field : object.mapping.fields) {
    if (field.directory.empty()) continue;
    if (std::find(names.begin(), names.end(), field.directory) == names.end())
      document.refuse(
          node, fmt::format("property '{}' names a directory '{}' that is not there{}", field.to,
                            field.directory, suggestion(field.directory, names)));
  }
}

void read_properties(const YamlNode& node, Manifest& manifest, YamlDocument& document) {
  YamlFields fields(node, "'properties'", document);
  PropertySpec properties;
  Variables variables = {"object", "name", "label"};
  if (const YamlNode* types = fields.require("types")) {
    for (const auto& [name, value] : types->members) {
      const auto* known = std::find(std::begin(kFieldTypes), std::end(kFieldTypes), name.text);
      if (known == std::end(kFieldTypes)) {
        document.refuse(
            name,
            fmt::format("'{}' is not a type of field{}", name.text,
                        suggestion(name.text, {std::begin(kFieldTypes), std::end(kFieldTypes)})));
        continue;
      }
      properties.types[static_cast<model::FieldType>(known - std::begin(kFieldTypes))] =
          read_with(value, variables);
    }
  }
  if (const YamlNode* with = fields.take("with"))
    for (const auto& [object, value] : with->members)
      properties.with[object.text] = read_with(value, variables);
  if (const YamlNode* list = fields.require("list"))
    properties.list = read_call(*list, "'list'", {"object"}, document);
  if (const YamlNode* create = fields.require("create"))
    properties.create = read_call(*create, "'create'", variables, document);
  properties.scopes = fields.texts("scopes");
  fields.finish();
  manifest.properties = std::move(properties);
}

Result<Manifest> customise(const Manifest& manifest, const YamlNode& mapping,
                           std::string_view name) {
  YamlDocument document{.name = std::string(name)};
  Manifest own = manifest;
  std::vector<std::string> names;
  for (const ObjectSpec& object : own.objects) names.push_back(object.name);
  if (mapping.kind != YamlNode::Kind::kMap)
    document.refuse(mapping, "'mapping' must map objects to their properties");
  for (const auto& [object, fields] : mapping.members) {
    const auto known = std::find(names.begin(), names.end(), object.text);
    if (known == names.end()) {
      document.refuse(object, fmt::format("{} has no object '{}' here{}", own.title, object.text,
                                          suggestion(object.text, names)));
      continue;
    }
    ObjectSpec& spec = own.objects[static_cast<size_t>(known - names.begin())];
    if (fields.kind != YamlNode::Kind::kMap)
      document.refuse(fields, "must map properties to what they are made of");
    for (const auto& [to, value] : fields.members) replace_field(spec, to.text, value, document);
    check_directories(fields, spec, own, document);
  }
  if (document.error) return *document.error;
  const Hash hash = sha256({manifest.version, to_text(mapping.to_json())});
  own.version = to_hex(bytes_of(hash).substr(0, 8));
  return own;
}

}  // namespace rapport::connect
