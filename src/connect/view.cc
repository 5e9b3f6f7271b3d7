#include "connect/view.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"

namespace rapport::connect {
namespace {

bool sent(const std::vector<std::string>& sends, std::string_view type) {
  return std::find(sends.begin(), sends.end(), type) != sends.end();
}

std::vector<LinkWish> wishes(const Manifest& manifest, const ObjectSpec& object, const Json& source,
                             const std::vector<std::string>& sends) {
  std::vector<LinkWish> links;
  for (const LinkSpec& spec : object.links) {
    const ObjectSpec* other = manifest.object(spec.to);
    const Json* found = source.at_path(spec.record);
    if (other == nullptr || !sent(sends, other->record)) continue;
    LinkWish wish{.spec = &spec, .targets = {}, .any_of = found != nullptr && found->is_array()};
    if (found != nullptr && found->is_string())
      wish.targets.push_back({other->record, std::string(found->as_string())});
    if (wish.any_of) {
      for (const Json& id : found->as_array()) {
        if (id.is_string()) wish.targets.push_back({other->record, std::string(id.as_string())});
      }
    }
    if (!wish.targets.empty() || spec.required) links.push_back(std::move(wish));
  }
  return links;
}

std::vector<std::string> keys_of(const ObjectSpec& object, const Json& source) {
  std::vector<std::string> keys;
  const Json* found = object.keys.empty() ? nullptr : source.at_path(object.keys);
  if (found == nullptr) return keys;
  if (found->is_string() && !found->as_string().empty()) keys.emplace_back(found->as_string());
  if (found->is_array()) {
    for (const Json& key : found->as_array()) {
      if (key.is_string() && !key.as_string().empty()) keys.emplace_back(key.as_string());
    }
  }
  return keys;
}

}  // namespace

std::vector<View> make_views(const Manifest& manifest, const ObjectSpec& object,
                             const model::RecordKey& record, const Json& source,
                             const Mapper& mapper, const std::vector<std::string>& sends) {
  View first{.object = &object, .record = record};
  model::MappedFields mapped = mapper.map_fields(object.mapping, source);
  first.properties = std::move(mapped.properties);
  first.unresolved = std::move(mapped.unresolved);
  first.chosen = std::move(mapped.chosen);
  first.keys = keys_of(object, source);
  first.links = wishes(manifest, object, source, sends);
  if (!object.transcript) return {std::move(first)};
  const std::vector<std::string> parts =
      mapper.render_transcript(*object.transcript, source, record.id);
  std::vector<View> views;
  for (size_t i = 0; i < parts.size(); ++i) {
    views.push_back(first);
    views.back().part = static_cast<int>(i);
    views.back().properties.set(object.transcript->to, parts[i]);
    views.back().marker = model::transcript_marker(record.id, i);
  }
  return views;
}

bool settles(const View& view, std::string_view property) {
  const bool resolved =
      std::none_of(view.unresolved.begin(), view.unresolved.end(),
                   [&](const model::Unresolved& one) { return one.property == property; });
  return resolved &&
         std::find(view.chosen.begin(), view.chosen.end(), property) == view.chosen.end();
}

std::string missing_property(const View& view) {
  for (const std::string& property : view.object->required) {
    if (view.properties.text(property).empty()) return property;
  }
  for (const LinkWish& link : view.links) {
    if (link.spec->required && link.targets.empty()) return link.spec->to;
  }
  return {};
}

std::string value_hash(const Key& key, std::string_view object, std::string_view property,
                       std::string_view value) {
  const std::string_view zero("\0", 1);
  const Digest16 digest = keyed_hash(key, {object, zero, property, zero, value});
  return to_hex(bytes_of(digest).substr(0, 8));
}

std::string shadow_id(std::string_view connection, std::string_view object,
                      const model::RecordKey& record, int part) {
  return fmt::format("{}/{}/{}/{}/{}", connection, object, record.type, record.id, part);
}

std::string link_key(std::string_view object, const model::RecordKey& record) {
  return fmt::format("{}:{}/{}", object, record.type, record.id);
}

}  // namespace rapport::connect
