#include "sandbox/hubspot/routes.h"

#include "sandbox/hubspot/associations.h"
#include "sandbox/hubspot/batch.h"
#include "sandbox/hubspot/definitions.h"
#include "sandbox/hubspot/objects.h"
#include "sandbox/hubspot/search.h"

namespace rapport::sandbox::hubspot {
namespace {

using Endpoint = std::function<Either<HttpResponse>()>;

// Builds a route while its path's methods are named.
class Methods {
 public:
  explicit Methods(const Call& call) : call_(call) {}
  Methods&& on(const char* method, std::vector<std::string> scopes, Endpoint endpoint) && {
    route_.methods.emplace_back(method);
    if (call_.method == method) {
      route_.scopes = std::move(scopes);
      route_.answer = std::move(endpoint);
    }
    return std::move(*this);
  }
  operator Either<Route>() && { return std::move(route_); }  // NOLINT: reads as a return value

 private:
  const Call& call_;
  Route route_;
};

bool is(const Call& call, size_t index, std::string_view text) {
  return index < call.segments.size() && call.segments[index] == text;
}

Either<Route> batch_route(Portal& portal, const ObjectType& type, const Call& call) {
  const std::string& operation = call.segments[5];
  using Operation = Either<HttpResponse> (*)(Portal&, const ObjectType&, const Call&);
  Operation chosen = nullptr;
  if (operation == "create") chosen = batch_create;
  if (operation == "read") chosen = batch_read;
  if (operation == "update") chosen = batch_update;
  if (operation == "upsert") chosen = batch_upsert;
  if (operation == "archive") chosen = batch_archive;
  if (!chosen) return Route{};
  return Methods(call).on("POST", {operation == "read" ? type.read_scope : type.write_scope},
                          [&portal, &type, &call, chosen] { return chosen(portal, type, call); });
}

// /crm/v3/objects/{type}...
Either<Route> object_route(Portal& portal, const Call& call) {
  const size_t count = call.segments.size();
  if (count < 4 || count > 6) return Route{};
  const auto found = find_type(portal, call.segments[3]);
  if (const Refusal* refusal = refusal_of(found)) return *refusal;
  const ObjectType& type = *std::get<0>(found);
  if (count == 6) return is(call, 4, "batch") ? batch_route(portal, type, call) : Route{};
  if (count == 4)
    return Methods(call)
        .on("GET", {type.read_scope}, [&] { return list_records(portal, type, call); })
        .on("POST", {type.write_scope}, [&] { return create_record(portal, type, call); });
  const std::string& id = call.segments[4];
  if (id == "search")
    return Methods(call).on("POST", {type.read_scope},
                            [&] { return search_records(portal, type, call); });
  if (id == "batch" || id == "merge" || id == "gdpr-delete") return Route{};
  return Methods(call)
      .on("GET", {type.read_scope}, [&] { return get_record(portal, type, id, call); })
      .on("PATCH", {type.write_scope}, [&] { return update_record(portal, type, id, call); })
      .on("DELETE", {type.write_scope}, [&] { return archive_record(portal, type, id); });
}

// /crm/v4/objects/{from}/{id}/associations/...
Either<Route> association_route(Portal& portal, const Call& call) {
  const size_t count = call.segments.size();
  if (count < 7 || count > 9 || !is(call, 5, "associations")) return Route{};
  const bool is_default = count == 9 && is(call, 6, "default");
  if (count == 9 && !is_default) return Route{};
  const size_t at = is_default ? 7 : 6;
  const auto from = find_type(portal, call.segments[3]);
  if (const Refusal* refusal = refusal_of(from)) return *refusal;
  const auto to = find_type(portal, call.segments[at]);
  if (const Refusal* refusal = refusal_of(to)) return *refusal;
  const ObjectType &a = *std::get<0>(from), &b = *std::get<0>(to);
  const std::string& from_id = call.segments[4];
  if (count == 7)
    return Methods(call).on("GET", {a.read_scope, b.read_scope},
                            [&] { return list_associations(portal, a, from_id, b, call); });
  const Pair pair{a, from_id, b, call.segments[at + 1]};
  if (is_default)
    return Methods(call).on("PUT", {a.write_scope, b.write_scope},
                            [&portal, pair] { return associate_default(portal, pair); });
  return Methods(call)
      .on("PUT", {a.write_scope, b.write_scope},
          [&portal, pair, &call] { return associate_labelled(portal, pair, call); })
      .on("DELETE", {a.write_scope, b.write_scope},
          [&portal, pair] { return dissociate(portal, pair); });
}

// /crm/v4/associations/{from}/{to}/labels and .../batch/...
Either<Route> association_batch_route(Portal& portal, const Call& call) {
  const size_t count = call.segments.size();
  if (count < 6 || count > 8) return Route{};
  const auto from = find_type(portal, call.segments[3]);
  if (const Refusal* refusal = refusal_of(from)) return *refusal;
  const auto to = find_type(portal, call.segments[4]);
  if (const Refusal* refusal = refusal_of(to)) return *refusal;
  const ObjectType &a = *std::get<0>(from), &b = *std::get<0>(to);
  if (count == 6 && is(call, 5, "labels"))
    return Methods(call)
        .on("GET", {a.read_scope}, [&] { return list_labels(portal, a, b); })
        .on("POST", {a.schema_scope}, [&] { return create_label(portal, a, b, call); });
  if (!is(call, 5, "batch") || count == 6) return Route{};
  using Operation =
      Either<HttpResponse> (*)(Portal&, const ObjectType&, const ObjectType&, const Call&);
  const std::string operation =
      call.segments[6] + (count == 8 ? "/" + call.segments[7] : std::string());
  Operation chosen = nullptr;
  if (operation == "create") chosen = batch_associate;
  if (operation == "read") chosen = batch_read_associations;
  if (operation == "archive") chosen = batch_dissociate;
  if (operation == "associate/default") chosen = batch_associate_default;
  if (operation == "labels/archive") chosen = batch_remove_labels;
  if (!chosen) return Route{};
  const bool reads = operation == "read";
  return Methods(call).on(
      "POST", {reads ? a.read_scope : a.write_scope, reads ? b.read_scope : b.write_scope},
      [&portal, &a, &b, &call, chosen] { return chosen(portal, a, b, call); });
}

// /crm/v3/properties/{type}/batch/{operation}
Either<Route> property_batch_route(Portal& portal, const ObjectType& type, const Call& call) {
  if (is(call, 5, "read"))
    return Methods(call).on("POST", {type.read_scope},
                            [&] { return batch_read_properties(portal, type, call); });
  if (is(call, 5, "create"))
    return Methods(call).on("POST", {type.schema_scope},
                            [&] { return batch_create_properties(portal, type, call); });
  if (is(call, 5, "archive"))
    return Methods(call).on("POST", {type.schema_scope},
                            [&] { return batch_archive_properties(portal, type, call); });
  return Route{};
}

// /crm/v3/properties/{type}...
Either<Route> property_route(Portal& portal, const Call& call) {
  const size_t count = call.segments.size();
  if (count < 4 || count > 6) return Route{};
  const auto found = find_type(portal, call.segments[3]);
  if (const Refusal* refusal = refusal_of(found)) return *refusal;
  const ObjectType& type = *std::get<0>(found);
  if (count == 6) return is(call, 4, "batch") ? property_batch_route(portal, type, call) : Route{};
  if (count == 4)
    return Methods(call)
        .on("GET", {type.read_scope}, [&] { return list_properties(portal, type); })
        .on("POST", {type.schema_scope}, [&] { return create_property(portal, type, call); });
  const std::string& name = call.segments[4];
  if (name == "batch") return Route{};
  if (name == "groups")
    return Methods(call)
        .on("GET", {type.read_scope}, [&] { return list_groups(portal, type); })
        .on("POST", {type.schema_scope}, [&] { return create_group(portal, type, call); });
  return Methods(call).on("GET", {type.read_scope},
                          [&] { return get_property(portal, type, name); });
}

// /crm/v3/pipelines/{type}...
Either<Route> pipeline_route(Portal& portal, const Call& call) {
  const size_t count = call.segments.size();
  if (count < 4 || count > 6) return Route{};
  const auto found = find_type(portal, call.segments[3]);
  if (const Refusal* refusal = refusal_of(found)) return *refusal;
  const ObjectType& type = *std::get<0>(found);
  if (count == 4)
    return Methods(call).on("GET", {type.read_scope}, [&] { return list_pipelines(portal, type); });
  const std::string& id = call.segments[4];
  if (count == 5)
    return Methods(call).on("GET", {type.read_scope},
                            [&] { return get_pipeline(portal, type, id); });
  if (!is(call, 5, "stages")) return Route{};
  return Methods(call).on("GET", {type.read_scope}, [&] { return list_stages(portal, type, id); });
}

Either<Route> owner_route(Portal& portal, const Call& call) {
  const std::vector<std::string> scopes = {"crm.objects.owners.read"};
  if (call.segments.size() == 3)
    return Methods(call).on("GET", scopes, [&] { return list_owners(portal, call); });
  if (call.segments.size() == 4)
    return Methods(call).on("GET", scopes, [&] { return get_owner(portal, call.segments[3]); });
  return Route{};
}

}  // namespace

Either<Route> find_route(Portal& portal, const Call& call) {
  if (call.path == "/account-info/v3/details")
    return Methods(call).on("GET", {}, [] { return account_details(); });
  if (!is(call, 0, "crm")) return Route{};
  if (is(call, 1, "v3")) {
    if (is(call, 2, "objects")) return object_route(portal, call);
    if (is(call, 2, "properties")) return property_route(portal, call);
    if (is(call, 2, "pipelines")) return pipeline_route(portal, call);
    if (is(call, 2, "owners")) return owner_route(portal, call);
  }
  if (is(call, 1, "v4") && is(call, 2, "objects")) return association_route(portal, call);
  if (is(call, 1, "v4") && is(call, 2, "associations"))
    return association_batch_route(portal, call);
  return Route{};
}

}  // namespace rapport::sandbox::hubspot
