#include "sandbox/hubspot/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "sandbox/hubspot/objects.h"
#include "sandbox/hubspot/show.h"
#include "sandbox/hubspot/tokens.h"
#include "sandbox/hubspot/values.h"
#include "sandbox/hubspot/writes.h"

namespace rapport::sandbox::hubspot {
namespace {

constexpr size_t kMaxGroups = 5, kMaxFiltersInGroup = 6, kMaxFilters = 18;
constexpr size_t kUsualPage = 10, kMaxPage = 200, kMaxTotal = 10'000, kMaxQuery = 3'000;

constexpr std::array<std::string_view, 13> kOperators = {"EQ",
                                                         "NEQ",
                                                         "LT",
                                                         "LTE",
                                                         "GT",
                                                         "GTE",
                                                         "BETWEEN",
                                                         "IN",
                                                         "NOT_IN",
                                                         "HAS_PROPERTY",
                                                         "NOT_HAS_PROPERTY",
                                                         "CONTAINS_TOKEN",
                                                         "NOT_CONTAINS_TOKEN"};

struct Filter {
  const Property* property = nullptr;  // null: an association
  const ObjectType* associated = nullptr;
  std::string op;
  std::string value, high_value;
  std::vector<std::string> values;
};
using Groups = std::vector<std::vector<Filter>>;

struct Sort {
  const Property* property = nullptr;
  bool descending = false;
};

struct Search {
  Groups groups;
  std::string query;
  std::optional<Sort> sort;
  std::vector<std::string> properties;
  size_t limit = kUsualPage;
  size_t after = 0;
};

bool is_ordered(const Property& property) {
  return property.type == "number" || property.type == "datetime" || property.type == "date";
}

// -1, 0 or 1 by the property's type; texts without regard to case.
int compare(const Property& property, std::string_view a, std::string_view b) {
  if (property.type == "number") {
    const double x = read_number(a).value_or(0), y = read_number(b).value_or(0);
    return x < y ? -1 : x > y;
  }
  if (property.type == "datetime" || property.type == "date") {
    const Micros x = read_time(a).value_or(Micros{}), y = read_time(b).value_or(Micros{});
    return x < y ? -1 : x > y;
  }
  return ascii_lower(a).compare(ascii_lower(b));
}

bool equal(const Property& property, std::string_view stored, std::string_view asked) {
  if (is_ordered(property)) return compare(property, stored, asked) == 0;
  if (property.type == "enumeration" || property.type == "bool") return stored == asked;
  return equals_ignoring_case(stored, asked);
}

// The vendor lower-cases the stored text only: an asked value in upper case never matches.
bool is_in(const Filter& filter, std::string_view stored) {
  return std::any_of(filter.values.begin(), filter.values.end(), [&](const std::string& asked) {
    if (is_ordered(*filter.property)) return compare(*filter.property, stored, asked) == 0;
    return filter.property->type == "enumeration" ? stored == asked : ascii_lower(stored) == asked;
  });
}

bool matches_value(const Filter& filter, std::string_view stored) {
  const Property& property = *filter.property;
  const std::string& op = filter.op;
  if (op == "NOT_HAS_PROPERTY") return stored.empty();
  if (op == "HAS_PROPERTY") return !stored.empty();
  if (op == "NEQ") return stored.empty() || !equal(property, stored, filter.value);
  if (op == "NOT_IN") return !stored.empty() && !is_in(filter, stored);
  if (op == "NOT_CONTAINS_TOKEN") return !contains_token(stored, filter.value);
  if (stored.empty()) return false;
  if (op == "EQ") return equal(property, stored, filter.value);
  if (op == "IN") return is_in(filter, stored);
  if (op == "CONTAINS_TOKEN") return contains_token(stored, filter.value);
  const int order = compare(property, stored, filter.value);
  if (op == "LT") return order < 0;
  if (op == "LTE") return order <= 0;
  if (op == "GT") return order > 0;
  if (op == "GTE") return order >= 0;
  return order >= 0 && compare(property, stored, filter.high_value) <= 0;  // BETWEEN
}

bool matches_association(const Portal& portal, const Filter& filter, uint64_t id) {
  for (const auto& [other, link] : portal.links.of(id, *filter.associated)) {
    if (link->created_at + portal.search_lag > portal.now) continue;
    const std::string text = std::to_string(other);
    if (filter.op == "HAS_PROPERTY") return true;
    if (filter.op == "EQ" && text == filter.value) return true;
    if (filter.op == "IN" &&
        std::find(filter.values.begin(), filter.values.end(), text) != filter.values.end())
      return true;
  }
  return false;
}

bool matches(const Portal& portal, const Groups& groups, uint64_t id, const Values& values) {
  if (groups.empty()) return true;
  return std::any_of(groups.begin(), groups.end(), [&](const std::vector<Filter>& group) {
    return std::all_of(group.begin(), group.end(), [&](const Filter& filter) {
      if (filter.associated) return matches_association(portal, filter, id);
      const auto stored = values.find(filter.property->name);
      return matches_value(filter, stored == values.end() ? "" : std::string_view(stored->second));
    });
  });
}

bool matches_query(const ObjectType& type, const Values& values, const std::string& query) {
  if (query.empty()) return true;
  return std::any_of(type.searchable.begin(), type.searchable.end(), [&](const std::string& name) {
    const auto stored = values.find(name);
    return stored != values.end() && contains_words(stored->second, query);
  });
}

Refusal bad_filter(std::string message) {
  return bad_input(std::move(message));
}

constexpr std::string_view kAssociations = "associations.";

Either<Filter> read_filter(const Portal& portal, const ObjectType& type, const Json& json) {
  Filter filter;
  const std::string name(json.text("propertyName"));
  filter.op = json.text("operator");
  if (std::find(kOperators.begin(), kOperators.end(), filter.op) == kOperators.end())
    return bad_filter(fmt::format("Invalid input JSON: '{}' is not a filter operator", filter.op));
  if (name.starts_with(kAssociations)) {
    filter.associated = portal.schema.type(std::string_view(name).substr(kAssociations.size()));
    if (!filter.associated) return bad_filter(fmt::format("Property \"{}\" does not exist", name));
    if (filter.op != "EQ" && filter.op != "IN" && filter.op != "HAS_PROPERTY")
      return bad_filter(fmt::format("{} cannot be used with {}", filter.op, name));
  } else if (filter.property = type.property(name); !filter.property) {
    return bad_filter(fmt::format("Property \"{}\" does not exist", name));
  }
  filter.value = id_text(json.find("value"));
  filter.high_value = id_text(json.find("highValue"));
  if (const Json* values = json.find("values"); values && values->is_array())
    for (const Json& value : values->as_array()) filter.values.push_back(id_text(&value));
  const bool has = filter.op == "HAS_PROPERTY" || filter.op == "NOT_HAS_PROPERTY";
  const bool many = filter.op == "IN" || filter.op == "NOT_IN";
  if (has && json.find("value"))
    return bad_filter(fmt::format("{} does not allow a value", filter.op));
  if (many && filter.values.empty())
    return bad_filter(fmt::format("{} needs values that are not empty", filter.op));
  if (!has && !many && !json.find("value"))
    return bad_filter(fmt::format("{} needs a value", filter.op));
  if (filter.op == "BETWEEN" && !json.find("highValue"))
    return bad_filter("BETWEEN needs a highValue");
  if (filter.property && (filter.property->type == "datetime" || filter.property->type == "date"))
    for (const std::string& value : {filter.value, filter.high_value})
      if (!value.empty() && !read_time(value))
        return bad_filter(fmt::format("{} was not a valid long.", value));
  return filter;
}

Either<Groups> read_groups(const Portal& portal, const ObjectType& type, const Json& body) {
  Groups groups;
  size_t count = 0;
  const Json* list = body.find("filterGroups");
  if (!list || !list->is_array()) return groups;
  if (list->as_array().size() > kMaxGroups)
    return bad_filter(fmt::format("at most {} filterGroups are allowed", kMaxGroups));
  for (const Json& group : list->as_array()) {
    const Json* filters = group.find("filters");
    if (!filters || !filters->is_array()) return bad_filter("a filterGroup needs filters");
    if (filters->as_array().size() > kMaxFiltersInGroup)
      return bad_filter(
          fmt::format("at most {} filters are allowed in a group", kMaxFiltersInGroup));
    groups.emplace_back();
    for (const Json& json : filters->as_array()) {
      auto filter = read_filter(portal, type, json);
      if (const Refusal* refusal = refusal_of(filter)) return *refusal;
      groups.back().push_back(std::get<0>(std::move(filter)));
      if (++count > kMaxFilters)
        return bad_filter(fmt::format("at most {} filters are allowed in a search", kMaxFilters));
    }
  }
  return groups;
}

Either<std::optional<Sort>> read_sort(const ObjectType& type, const Json& body) {
  const Json* sorts = body.find("sorts");
  if (!sorts || !sorts->is_array() || sorts->as_array().empty()) return std::optional<Sort>();
  if (sorts->as_array().size() > 1) return bad_input("only one sort is allowed");
  const Json& given = sorts->as_array().front();
  std::string name;
  Sort sort;
  if (given.is_string()) {
    name = given.as_string();
    sort.descending = name.starts_with('-');
    if (sort.descending) name.erase(0, 1);
  } else {
    name = given.text("propertyName");
    sort.descending = given.text("direction") == "DESCENDING";
  }
  sort.property = type.property(name);
  if (!sort.property) return bad_input(fmt::format("Property \"{}\" does not exist", name));
  return std::optional<Sort>(sort);
}

Either<Search> read_search(const Portal& portal, const ObjectType& type, const Json& body) {
  Search search;
  auto groups = read_groups(portal, type, body);
  if (const Refusal* refusal = refusal_of(groups)) return *refusal;
  search.groups = std::get<0>(std::move(groups));
  auto sort = read_sort(type, body);
  if (const Refusal* refusal = refusal_of(sort)) return *refusal;
  search.sort = std::get<0>(sort);
  search.query = body.text("query");
  if (search.query.size() > kMaxQuery)
    return bad_input(fmt::format("query is longer than {} characters", kMaxQuery));
  if (const Json* names = body.find("properties"); names && names->is_array())
    for (const Json& name : names->as_array())
      if (name.is_string()) search.properties.emplace_back(name.as_string());
  const int64_t limit = body.integer("limit", kUsualPage);
  if (limit < 1 || limit > static_cast<int64_t>(kMaxPage))
    return bad_input(fmt::format("limit must be between 1 and {}, not {}", kMaxPage, limit));
  search.limit = static_cast<size_t>(limit);
  const std::string after = id_text(body.find("after"));
  const auto start = after.empty() ? 0 : read_id(after);
  if (!start) return bad_input(fmt::format("after '{}' is not a cursor of this search", after));
  if (*start + search.limit > kMaxTotal)
    return bad_input(fmt::format("a search pages through at most {} results", kMaxTotal));
  search.after = *start;
  return search;
}

struct Hit {
  const Record* record;
  Sheet values;
};

// As the index has it, even when the record has moved on.
Json show_hit(const ObjectType& type, const Hit& hit, const std::vector<std::string>& asked) {
  Json json = show(type, *hit.record, *hit.values, asked);
  json.set("updatedAt", hit.values->at(type.modified)).set("archived", false);
  json.erase("archivedAt");
  return json;
}

void sort_hits(std::vector<Hit>& hits, const Sort& sort) {
  const auto value = [&](const Hit& hit) -> std::string_view {
    const auto found = hit.values->find(sort.property->name);
    return found == hit.values->end() ? std::string_view{} : std::string_view(found->second);
  };
  std::stable_sort(hits.begin(), hits.end(), [&](const Hit& a, const Hit& b) {
    const std::string_view x = value(a), y = value(b);
    if (x.empty() || y.empty()) return !x.empty() && y.empty();
    const int order = compare(*sort.property, x, y);
    return sort.descending ? order > 0 : order < 0;
  });
}

}  // namespace

Either<HttpResponse> search_records(Portal& portal, const ObjectType& type, const Call& call) {
  auto read = read_search(portal, type, call.body);
  if (const Refusal* refusal = refusal_of(read)) return *refusal;
  const Search& search = std::get<0>(read);
  std::vector<Hit> hits;
  for (auto& [id, record] : portal.records.of(type)) {
    Sheet sheet = Records::searchable(record, portal.now, portal.search_lag);
    if (sheet && matches(portal, search.groups, id, *sheet) &&
        matches_query(type, *sheet, search.query))
      hits.push_back({&record, std::move(sheet)});
  }
  if (search.sort) sort_hits(hits, *search.sort);

  Json results = Json::array();
  const size_t end = std::min(hits.size(), search.after + search.limit);
  for (size_t i = search.after; i < end; ++i)
    results.push_back(show_hit(type, hits[i], search.properties));
  Json body = Json::object();
  body.set("total", static_cast<int64_t>(hits.size())).set("results", std::move(results));
  if (end < hits.size()) body.set("paging", next_page(std::to_string(end)));
  return json_response(200, body);
}

}  // namespace rapport::sandbox::hubspot
