#include "connect/definitions.h"

#include <fmt/core.h>

#include "connect/request.h"

namespace rapport::connect {
namespace {

constexpr Micros kUsualPause = hours(1);
constexpr Micros kShortPause = minutes(10);

bool has_custom_fields(const ObjectSpec& object) {
  for (const model::FieldMapping& field : object.mapping.fields)
    if (field.custom) return true;
  return false;
}

// "plan_tier" → "Plan tier"
std::string label_of(const model::FieldMapping& field) {
  if (!field.label.empty()) return field.label;
  std::string label = field.to;
  for (char& c : label)
    if (c == '_') c = ' ';
  if (label[0] >= 'a' && label[0] <= 'z') label[0] = static_cast<char>(label[0] - 'a' + 'A');
  return label;
}

}  // namespace

void Definitions::leave_out(const ObjectSpec& object, const model::FieldMapping& field,
                            std::string_view why) {
  left_out_.emplace(object.name, field.to);
  problems_.push_back(fmt::format("{} of {} is left out: {}", field.to, object.name, why));
}

std::optional<Failure> Definitions::make(const ObjectSpec& object,
                                         const model::FieldMapping& field) {
  const PropertySpec& spec = *manifest_.properties;
  CallScope scope{.object = object.name};
  scope.with = {{"name", field.to}, {"label", label_of(field)}};
  const auto add = [&](const auto& variables) {
    scope.with.insert(scope.with.end(), variables.begin(), variables.end());
  };
  if (const auto type = spec.types.find(field.type); type != spec.types.end()) add(type->second);
  if (const auto own = spec.with.find(object.name); own != spec.with.end()) add(own->second);
  const Reply reply = remote_.call(fill_request(spec.create, scope, {}, remote_.base_url()),
                                   "define", spec.create.quota);
  if (!reply.failure || reply.failure->error == ErrorClass::kDuplicate) {
    reporter_.report(Level::kInfo, "property.made",
                     Json::object().set("object", object.name).set("property", field.to));
    return std::nullopt;
  }
  if (is_transient(*reply.failure) || stops_all(*reply.failure)) return reply.failure;
  leave_out(object, field,
            fmt::format("{} has no such property, and it could not be made. {}", manifest_.title,
                        explain(*reply.failure, manifest_)));
  return std::nullopt;
}

std::optional<Failure> Definitions::check_object(const ObjectSpec& object) {
  const PropertySpec& spec = *manifest_.properties;
  const CallScope scope{.object = object.name};
  const Reply reply = remote_.call(fill_request(spec.list, scope, {}, remote_.base_url()),
                                   "definitions", spec.list.quota);
  if (reply.failure && (is_transient(*reply.failure) || stops_all(*reply.failure)))
    return reply.failure;
  if (reply.failure) {
    // They may well be there: the remote says so with each record.
    problems_.push_back(fmt::format("the properties of {} cannot be listed: {}", object.name,
                                    explain(*reply.failure, manifest_)));
    return std::nullopt;
  }
  std::set<std::string> there;
  for (const ResultItem& property : read_results(spec.list, reply.body)) there.insert(property.id);
  for (const model::FieldMapping& field : object.mapping.fields) {
    if (!field.custom || there.contains(field.to)) continue;
    if (making_ == Making::kForbidden) {
      leave_out(object, field,
                fmt::format("{} has no such property; make it there, or set create_properties",
                            manifest_.title));
    } else if (auto failure = make(object, field)) {
      return failure;
    }
  }
  return std::nullopt;
}

std::optional<Failure> Definitions::check() {
  if (!manifest_.properties || clock_.now() < next_) return std::nullopt;
  const Names before = std::move(left_out_);
  left_out_.clear();
  problems_.clear();
  for (const ObjectSpec& object : manifest_.objects) {
    if (!has_custom_fields(object)) continue;
    if (auto failure = check_object(object)) {
      left_out_ = before;
      return failure;
    }
  }
  next_ = clock_.now() + (problems_.empty() ? kUsualPause : kShortPause);
  return std::nullopt;
}

}  // namespace rapport::connect
