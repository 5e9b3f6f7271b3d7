#include "sandbox/hubspot/links.h"

#include <algorithm>

namespace rapport::sandbox::hubspot {
namespace {
const std::map<uint64_t, Link> kNone;
}

void Links::join(uint64_t from, const AssociationType& way, uint64_t to, Micros now) {
  const AssociationType* plain = schema_.unlabelled(way.from, way.to);
  if (plain) {
    add(from, *plain, to, now);
    add(to, schema_.inverse(*plain), from, now);
  }
  if (way.primary) {
    join_primary(from, way, to, now);
  } else if (&way != plain) {
    add(from, way, to, now);
    add(to, schema_.inverse(way), from, now);
  }
  const AssociationType* primary = schema_.primary(way.from, way.to);
  if (!primary || way.primary) return;
  // The side that is no company is the one with a primary.
  if (way.to == "companies" && !has_primary(from, *schema_.type(way.to)))
    join_primary(from, *primary, to, now);
  else if (way.from == "companies" && !has_primary(to, *schema_.type(way.from)))
    join_primary(from, *primary, to, now);
}

void Links::join_primary(uint64_t from, const AssociationType& way, uint64_t to, Micros now) {
  if (way.to == "companies")
    unset_primary(from, way);
  else
    unset_primary(to, schema_.inverse(way));
  add(from, way, to, now);
  add(to, schema_.inverse(way), from, now);
}

void Links::unset_primary(uint64_t from, const AssociationType& way) {
  for (const auto& [other, link] : of(from, *schema_.type(way.to))) {
    remove(from, way, other);
    remove(other, schema_.inverse(way), from);
  }
}

bool Links::has_primary(uint64_t from, const ObjectType& to) const {
  for (const auto& [other, link] : of(from, to))
    for (const AssociationType* way : link->ways)
      if (way->primary) return true;
  return false;
}

bool Links::part(uint64_t from, uint64_t to) {
  const auto found = links_.find(from);
  if (found == links_.end() || found->second.erase(to) == 0) return false;
  links_[to].erase(from);
  return true;
}

bool Links::part(uint64_t from, const AssociationType& way, uint64_t to) {
  const auto& joined = of(from);
  const auto found = joined.find(to);
  if (found == joined.end()) return false;
  const auto& ways = found->second.ways;
  if (std::find(ways.begin(), ways.end(), &way) == ways.end()) return false;
  if (&way == schema_.unlabelled(way.from, way.to)) return part(from, to);
  remove(from, way, to);
  remove(to, schema_.inverse(way), from);
  return true;
}

void Links::forget(uint64_t id) {
  for (const auto& [other, link] : of(id)) links_[other].erase(id);
  links_.erase(id);
}

const std::map<uint64_t, Link>& Links::of(uint64_t id) const {
  const auto found = links_.find(id);
  return found == links_.end() ? kNone : found->second;
}

std::vector<std::pair<uint64_t, const Link*>> Links::of(uint64_t id, const ObjectType& to) const {
  std::vector<std::pair<uint64_t, const Link*>> found;
  for (const auto& [other, link] : of(id))
    if (link.to_type->name == to.name) found.emplace_back(other, &link);
  return found;
}

void Links::add(uint64_t from, const AssociationType& way, uint64_t to, Micros now) {
  Link& link = links_[from][to];
  if (link.ways.empty()) link.created_at = now;
  link.to_type = schema_.type(way.to);
  if (std::find(link.ways.begin(), link.ways.end(), &way) == link.ways.end())
    link.ways.push_back(&way);
}

void Links::remove(uint64_t from, const AssociationType& way, uint64_t to) {
  auto& ways = links_[from][to].ways;
  ways.erase(std::remove(ways.begin(), ways.end(), &way), ways.end());
}

}  // namespace rapport::sandbox::hubspot
