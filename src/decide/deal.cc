#include "decide/deal.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>

namespace rapport::decide {

using model::Event;
using model::Record;

namespace {

constexpr std::string_view kFirstStage = "prospecting";
constexpr std::string_view kDealFields[] = {
    "name", "currency", "stage", "source", "expected_close_at", "description", "owner"};
constexpr std::string_view kTaskFields[] = {"subject", "body", "due_at", "priority", "owner"};

std::string derived(const Event& event, std::string_view prefix, std::string_view property) {
  const auto external = event.property(property);
  if (external.empty()) return {};
  return model::derive_id(prefix, event.workspace, {prefix, external});
}

void take(Record& record, const Event& event, std::string_view field, Json value) {
  if (value.is_null()) {
    record.fields.erase(field);
  } else {
    record.fields.set(field, std::move(value));
  }
  record.provenance.set(field, event.sequence.value);
}

void take_all(Record& record, const Event& event, std::span<const std::string_view> names) {
  for (std::string_view name : names)
    if (const Json* value = event.properties.find(name)) take(record, event, name, *value);
}

// Amounts are decimals in text: a binary fraction would not be the sum that was meant.
Json decimal(const Json& amount) {
  if (amount.is_null() || amount.is_string()) return amount;
  if (amount.is_int()) return std::to_string(amount.as_int());
  char digits[40];
  const auto [end, error] =
      std::to_chars(digits, digits + sizeof digits, amount.as_double(), std::chars_format::fixed);
  return error == std::errc() ? Json(std::string(digits, end)) : Json();
}

void found(Record& record, const Event& event, std::string_view external) {
  record.fields.set("external_id", event.property(external));
  record.fields.set("subject_id", std::to_string(event.subject.value));
  record.fields.set("created_at", format_time(event.at));
}

void tie_to_conversation(Json& fields, const Event& event) {
  const auto conversation = event.property("conversation_id");
  if (conversation.empty()) return;
  fields.set("conversation",
             model::derive_id("cnv", event.workspace, {"conversation", conversation}));
}

bool is_one_of(const Event& event, std::initializer_list<std::string_view> types) {
  return event.origin == model::Origin::kTracked &&
         std::find(types.begin(), types.end(), event.type) != types.end();
}

}  // namespace

std::string deal_id(const Event& event) {
  if (!is_one_of(event, {model::kDealCreated, model::kDealUpdated})) return {};
  return derived(event, "deal", "deal_id");
}

std::string task_id(const Event& event) {
  if (!is_one_of(event, {model::kTaskCreated, model::kTaskUpdated, model::kTaskCompleted}))
    return {};
  return derived(event, "task", "task_id");
}

void fold_deal(Step& step, const Event& event) {
  const std::string id = deal_id(event);
  if (id.empty()) return;
  Record& deal = step.edit(model::kDeal, id);
  if (deal.fields.text("external_id").empty()) {
    found(deal, event, "deal_id");
    deal.fields.set("stage", kFirstStage);
  }
  take_all(deal, event, kDealFields);
  if (const Json* amount = event.properties.find("amount"))
    take(deal, event, "amount", decimal(*amount));
  tie_to_conversation(deal.fields, event);
}

void fold_task(Step& step, const Event& event) {
  const std::string id = task_id(event);
  if (id.empty()) return;
  Record& task = step.edit(model::kTask, id);
  if (task.fields.text("external_id").empty()) {
    found(task, event, "task_id");
    task.fields.set("status", "open");
  }
  take_all(task, event, kTaskFields);
  if (const auto status = event.property("status"); !status.empty())
    task.fields.set("status", status);
  if (event.type == model::kTaskCompleted) task.fields.set("status", "completed");
  if (task.fields.text("status") == "completed") {
    if (!task.fields.find("completed_at")) task.fields.set("completed_at", format_time(event.at));
  } else {
    task.fields.erase("completed_at");
  }
  tie_to_conversation(task.fields, event);
  if (const auto deal = derived(event, "deal", "deal_id"); !deal.empty())
    task.fields.set("deal", deal);
}

}  // namespace rapport::decide
