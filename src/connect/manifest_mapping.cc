// Properties, their sources, and transcripts.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"
#include "connect/manifest_parts.h"

namespace rapport::connect {
namespace {

// What a source document holds, see source.h.
const std::vector<std::string> kRoots = {"record",           "contact", "account", "conversation",
                                         "ticket",           "deal",    "task",    "messages",
                                         "account_contacts", "settings"};

model::FieldSource read_source(const YamlNode& node, YamlDocument& document) {
  if (node.kind != YamlNode::Kind::kMap) return {read_source_path(node, document)};
  YamlFields fields(node, "a source", document);
  const YamlNode* first = fields.take("first_name_of");
  const YamlNode* last = fields.take("last_name_of");
  fields.finish();
  if ((first == nullptr) == (last == nullptr)) {
    document.refuse(node, "a source is a path, {first_name_of: path} or {last_name_of: path}");
    return {};
  }
  if (first != nullptr) {
    return {read_source_path(*first, document), model::NamePart::kFirst};
  }
  return {read_source_path(*last, document), model::NamePart::kLast};
}

void check_pattern(const YamlNode& node, std::string_view pattern, YamlDocument& document) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern.substr(i, 2) == "{{") {
      ++i;
    } else if (pattern[i] == '{') {
      const size_t close = pattern.find('}', i);
      if (close == pattern.npos) return document.refuse(node, "'{' without '}'; write {{ for {");
      YamlNode path = node;
      path.text = std::string(pattern.substr(i + 1, close - i - 1));
      read_source_path(path, document);
      i = close;
    }
  }
}

void read_values(const YamlNode& node, model::FieldMapping& field, YamlDocument& document) {
  if (node.kind != YamlNode::Kind::kMap || node.members.empty()) {
    return document.refuse(node, "'values' must map our values to theirs");
  }
  for (const auto& [key, value] : node.members) {
    if (value.kind != YamlNode::Kind::kScalar) document.refuse(value, "must be a text");
    field.values[key.text] = value.text;
  }
}

}  // namespace

model::FieldMapping read_field(const std::string& to, const YamlNode& node,
                               YamlDocument& document) {
  model::FieldMapping field;
  field.to = to;
  if (node.kind == YamlNode::Kind::kScalar) {
    field.from.push_back(read_source(node, document));
    return field;
  }
  YamlFields fields(node, fmt::format("property '{}'", to), document);
  if (const YamlNode* from = fields.take("from")) {
    if (from->kind != YamlNode::Kind::kList) field.from.push_back(read_source(*from, document));
    for (const YamlNode& item : from->items) field.from.push_back(read_source(item, document));
  }
  if (const YamlNode* constant = fields.take("constant")) field.constant = constant->text;
  field.pattern = fields.text_or("pattern", "");
  if (const YamlNode* pattern = node.find("pattern"))
    check_pattern(*pattern, field.pattern, document);
  if (const YamlNode* values = fields.take("values")) read_values(*values, field, document);
  field.fallback = fields.text_or("default", "");
  field.type = static_cast<model::FieldType>(fields.choice("type", kFieldTypes, 0));
  field.separator = fields.text_or("separator", ", ");
  field.max_length = static_cast<size_t>(fields.integer("max_length", 1, 1'000'000, 0));
  field.directory = fields.text_or("directory", "");
  if (const YamlNode* group = fields.take("member_of"))
    field.member_of = read_source_path(*group, document);
  field.label = fields.text_or("label", "");
  fields.finish();
  if (field.directory.empty() && !field.member_of.empty())
    document.refuse(node, "'member_of' names a group of a 'directory', which is missing");
  if ((!field.from.empty()) + field.constant.has_value() + (!field.pattern.empty()) != 1) {
    document.refuse(node, fmt::format("property '{}' needs one of from, constant, pattern", to));
  }
  return field;
}

std::string read_path(const YamlNode& node, YamlDocument& document) {
  std::string path;
  for (char c : node.text) {
    if (c == '[') {
      path += '.';
    } else if (c != ']') {
      path += c;
    }
  }
  const auto steps = split(path, '.');
  const bool hole = std::any_of(steps.begin(), steps.end(), [](auto s) { return s.empty(); });
  if (node.kind != YamlNode::Kind::kScalar || hole) {
    document.refuse(node, "must be a path such as results.0.id");
  }
  return path;
}

std::string read_source_path(const YamlNode& node, YamlDocument& document) {
  std::string path = read_path(node, document);
  const std::string root(split(path, '.').front());
  if (std::find(kRoots.begin(), kRoots.end(), root) == kRoots.end()) {
    document.refuse(node, fmt::format("'{}' is not in the source document{}; there is {}", root,
                                      suggestion(root, kRoots), fmt::join(kRoots, ", ")));
  }
  return path;
}

void read_mapping(const YamlNode& node, ObjectSpec& object, YamlDocument& document) {
  if (node.kind != YamlNode::Kind::kMap) {
    return document.refuse(node, "'mapping' must map properties to what they are made of");
  }
  object.mapping.object = object.name;
  object.mapping.record = object.record;
  for (const auto& [to, value] : node.members) {
    object.mapping.fields.push_back(read_field(to.text, value, document));
  }
}

void read_transcript(const YamlNode& node, ObjectSpec& object, YamlDocument& document) {
  YamlFields fields(node, "'transcript'", document);
  model::TranscriptMapping transcript;
  transcript.to = fields.text("to");
  transcript.markup = fields.choice("markup", {"plain", "html"}, 0) == 0 ? model::Markup::kPlain
                                                                         : model::Markup::kHtml;
  transcript.limit_bytes = static_cast<size_t>(
      fields.integer("limit_bytes", model::kLeastTranscriptLimit, 10'000'000, 65536));
  transcript.lines = fields.texts("lines");
  transcript.pointer = fields.text_or("pointer", "");
  for (std::string_view key : {"lines", "pointer"}) {
    const YamlNode* patterns = node.find(key);
    if (patterns == nullptr) continue;
    check_pattern(*patterns, patterns->text, document);
    for (const YamlNode& item : patterns->items) check_pattern(item, item.text, document);
  }
  fields.finish();
  object.transcript = std::move(transcript);
}

}  // namespace rapport::connect
