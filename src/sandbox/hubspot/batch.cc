#include "sandbox/hubspot/batch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "sandbox/hubspot/show.h"
#include "sandbox/hubspot/values.h"
#include "sandbox/hubspot/writes.h"

namespace rapport::sandbox::hubspot {
namespace {

struct Step {
  Plan plan;
  std::string trace = {};  // objectWriteTraceId
  bool is_new = false;
};

// What a batch write will do: steps to apply, and errors of the inputs that are left out.
struct Batch {
  std::vector<Step> steps;
  Json errors = Json::array();
  std::vector<std::string> unknown_ids;
};

bool all_traced(const Json::Array& inputs) {
  return std::all_of(inputs.begin(), inputs.end(),
                     [](const Json& input) { return !input.text("objectWriteTraceId").empty(); });
}

Refusal unknown_records(const ObjectType& type, const std::vector<std::string>& ids) {
  return {.message = fmt::format("Could not get some {} objects, they may be deleted or not exist. "
                                 "Check that ids are valid.",
                                 type.upper()),
          .category = std::string(kNotFound),
          .context = context_of("ids", ids)};
}

Refusal traced_to(Refusal refusal, const std::string& trace) {
  if (trace.empty()) return refusal;
  if (refusal.context.is_null()) refusal.context = Json::object();
  refusal.context.set("objectWriteTraceId", Json::Array{Json(trace)});
  return refusal;
}

void add_error(Batch& batch, Refusal refusal, const std::string& trace) {
  batch.errors.push_back(error_entry(traced_to(std::move(refusal), trace)));
}

Refusal no_id() {
  return bad_input("Invalid input JSON. Some required fields were not set: [id]");
}

// Every input names a record, and none names one twice.
std::optional<Refusal> check_ids(const ObjectType& type, const Json::Array& inputs) {
  std::set<std::string> seen;
  std::vector<std::string> twice;
  for (const Json& input : inputs) {
    std::string id = id_text(input.find("id"));
    if (id.empty()) return no_id();
    if (const Property* property = type.property(input.text("idProperty")))
      id = normal_form(type, *property, id);
    if (!seen.insert(id).second) twice.push_back(id);
  }
  if (twice.empty()) return std::nullopt;
  Refusal refusal = bad_input(fmt::format(
      "Duplicate IDs found in batch input: [{}]. IDs must be unique", fmt::join(twice, ", ")));
  refusal.context = context_of("ids", twice);
  return refusal;
}

// Plans every input with `plan_one`, which fills a step or says why not.
template <class PlanOne>
Either<Batch> plan_all(const ObjectType& type, const Json::Array& inputs, PlanOne plan_one) {
  Batch batch;
  const bool traced = all_traced(inputs);
  for (const Json& input : inputs) {
    const std::string trace(input.text("objectWriteTraceId"));
    Either<Step> step = plan_one(input);
    if (const Refusal* refusal = refusal_of(step)) {
      if (refusal->status == 404) {
        const std::string id = id_text(input.find("id"));
        if (trace.empty())
          batch.unknown_ids.push_back(id);
        else
          add_error(batch, unknown_records(type, {id}), trace);
      } else if (traced) {
        add_error(batch, *refusal, trace);
      } else {
        return traced_to(*refusal, trace);
      }
      continue;
    }
    std::get<0>(step).trace = trace;
    batch.steps.push_back(std::get<0>(std::move(step)));
  }
  if (!batch.unknown_ids.empty()) add_error(batch, unknown_records(type, batch.unknown_ids), {});
  return batch;
}

enum class Newness { kHidden, kShown };

HttpResponse apply_all(Portal& portal, const ObjectType& type, const Batch& batch, int status,
                       Newness newness) {
  std::map<uint64_t, Json, std::greater<>> shown;  // newest first: not the order of the inputs
  for (const Step& step : batch.steps) {
    const Record& record = apply(portal, type, step.plan);
    Json json = show_whole(record);
    if (newness == Newness::kShown) json.set("new", step.is_new);
    if (!step.trace.empty()) json.set("objectWriteTraceId", step.trace);
    shown[record.id] = std::move(json);
  }
  Json results = Json::array();
  for (auto& [id, json] : shown) results.push_back(std::move(json));
  return batch_response(portal, status, std::move(results), batch.errors);
}

Either<Step> plan_upsert(Portal& portal, const ObjectType& type, const Json& input,
                         Claims& claims) {
  const std::string id = id_text(input.find("id"));
  const std::string id_property(input.text("idProperty"));
  const auto found = find_live(portal, type, id, id_property);
  if (const Refusal* refusal = refusal_of(found)) {
    const bool by_record_id = id_property.empty() || id_property == "hs_object_id";
    if (refusal->status != 404 || by_record_id) return *refusal;
    Json filled = input;
    if (Json* properties = filled.edit("properties"); properties && properties->is_object())
      if (!properties->find(id_property)) properties->set(id_property, id);
    auto plan = plan_create(portal, type, filled, claims);
    if (const Refusal* refused = refusal_of(plan)) return *refused;
    return Step{.plan = std::get<0>(std::move(plan)), .is_new = true};
  }
  auto plan = plan_update(portal, type, *std::get<0>(found), input, claims);
  if (const Refusal* refusal = refusal_of(plan)) return *refusal;
  return Step{.plan = std::get<0>(std::move(plan))};
}

}  // namespace

Either<const Json::Array*> read_inputs(const Call& call) {
  const Json* inputs = call.body.find("inputs");
  if (!inputs || !inputs->is_array())
    return bad_input("Invalid input JSON. Some required fields were not set: [inputs]");
  if (inputs->as_array().empty())
    return bad_input("Batch input provided should have at least one object.");
  if (inputs->as_array().size() > kMaxBatch)
    return bad_input(fmt::format("The maximum number of inputs in one batch is {}; {} were given",
                                 kMaxBatch, inputs->as_array().size()));
  for (const Json& input : inputs->as_array())
    if (!input.is_object()) return bad_input("Invalid input JSON: every input must be an object");
  return &inputs->as_array();
}

HttpResponse batch_response(const Portal& portal, int status, Json results, Json errors) {
  Json body = Json::object();
  body.set("status", "COMPLETE").set("results", std::move(results));
  const size_t count = errors.is_array() ? errors.as_array().size() : 0;
  if (count > 0)
    body.set("numErrors", static_cast<int64_t>(count)).set("errors", std::move(errors));
  body.set("startedAt", time_text(portal.now)).set("completedAt", time_text(portal.now));
  return json_response(count > 0 ? 207 : status, body);
}

Either<HttpResponse> batch_create(Portal& portal, const ObjectType& type, const Call& call) {
  const auto inputs = read_inputs(call);
  if (const Refusal* refusal = refusal_of(inputs)) return *refusal;
  Claims claims;
  const auto batch = plan_all(type, *std::get<0>(inputs), [&](const Json& input) -> Either<Step> {
    auto plan = plan_create(portal, type, input, claims);
    if (const Refusal* refusal = refusal_of(plan)) return *refusal;
    return Step{.plan = std::get<0>(std::move(plan)), .is_new = true};
  });
  if (const Refusal* refusal = refusal_of(batch)) return *refusal;
  return apply_all(portal, type, std::get<0>(batch), 201, Newness::kHidden);
}

Either<HttpResponse> batch_update(Portal& portal, const ObjectType& type, const Call& call) {
  const auto inputs = read_inputs(call);
  if (const Refusal* refusal = refusal_of(inputs)) return *refusal;
  if (auto refusal = check_ids(type, *std::get<0>(inputs))) return *std::move(refusal);
  Claims claims;
  const auto batch = plan_all(type, *std::get<0>(inputs), [&](const Json& input) -> Either<Step> {
    const auto found = find_live(portal, type, id_text(input.find("id")), input.text("idProperty"));
    if (const Refusal* refusal = refusal_of(found)) return *refusal;
    auto plan = plan_update(portal, type, *std::get<0>(found), input, claims);
    if (const Refusal* refusal = refusal_of(plan)) return *refusal;
    return Step{.plan = std::get<0>(std::move(plan))};
  });
  if (const Refusal* refusal = refusal_of(batch)) return *refusal;
  return apply_all(portal, type, std::get<0>(batch), 200, Newness::kHidden);
}

Either<HttpResponse> batch_upsert(Portal& portal, const ObjectType& type, const Call& call) {
  const auto inputs = read_inputs(call);
  if (const Refusal* refusal = refusal_of(inputs)) return *refusal;
  if (auto refusal = check_ids(type, *std::get<0>(inputs))) return *std::move(refusal);
  Claims claims;
  const auto batch = plan_all(type, *std::get<0>(inputs), [&](const Json& input) {
    return plan_upsert(portal, type, input, claims);
  });
  if (const Refusal* refusal = refusal_of(batch)) return *refusal;
  return apply_all(portal, type, std::get<0>(batch), 200, Newness::kShown);
}

Either<HttpResponse> batch_read(Portal& portal, const ObjectType& type, const Call& call) {
  const auto inputs = read_inputs(call);
  if (const Refusal* refusal = refusal_of(inputs)) return *refusal;
  const std::string id_property(call.body.text("idProperty"));
  std::vector<std::string> asked;
  if (const Json* names = call.body.find("properties"); names && names->is_array())
    for (const Json& name : names->as_array())
      if (name.is_string()) asked.emplace_back(name.as_string());
  std::map<uint64_t, Json, std::greater<>> shown;
  std::vector<std::string> unknown;
  for (const Json& input : *std::get<0>(inputs)) {
    const std::string id = id_text(input.find("id"));
    if (id.empty()) return no_id();
    const auto found = find_live(portal, type, id, id_property);
    if (const Refusal* refusal = refusal_of(found)) {
      if (refusal->status != 404) return *refusal;
      unknown.push_back(id);
      continue;
    }
    const Record& record = *std::get<0>(found);
    shown[record.id] = show(type, record, *record.values, asked);
  }
  Json results = Json::array();
  for (auto& [id, json] : shown) results.push_back(std::move(json));
  Json errors = Json::array();
  if (!unknown.empty()) errors.push_back(error_entry(unknown_records(type, unknown)));
  return batch_response(portal, 200, std::move(results), std::move(errors));
}

Either<HttpResponse> batch_archive(Portal& portal, const ObjectType& type, const Call& call) {
  const auto inputs = read_inputs(call);
  if (const Refusal* refusal = refusal_of(inputs)) return *refusal;
  for (const Json& input : *std::get<0>(inputs)) {
    const auto found = find_live(portal, type, id_text(input.find("id")), {});
    if (!refusal_of(found)) archive(portal, type, *std::get<0>(found));
  }
  return HttpResponse{204, {}, {}};
}

}  // namespace rapport::sandbox::hubspot
