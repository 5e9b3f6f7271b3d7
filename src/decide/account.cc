#include "decide/account.h"

#include "decide/basics.h"
#include "decide/contact.h"
#include "decide/contact_fields.h"
#include "decide/counters.h"

namespace rapport::decide {

using model::Event;
using model::Record;

namespace {

std::string account_id(const Record* contact) {
  return contact ? std::string(contact->fields.text("account")) : std::string();
}

void leave(Step& step, const Record& contact) {
  const std::string id = account_id(&contact);
  if (id.empty()) return;
  Record& account = step.edit(model::kAccount, id);
  const int64_t left = account.fields.integer("contacts") - 1;
  account.fields.set("contacts", left);
  shift_counters(account.fields, contact.fields, -1, step.basics().counts);
  if (left > 0 || account.fields.find("group_id")) return;
  if (step.ids_with(model::kShadow, "local", std::string(model::kAccount) + "/" + id).empty())
    step.remove(model::kAccount, id);
}

void enter(Step& step, const Record& contact) {
  const std::string id = account_id(&contact);
  if (id.empty()) return;
  Record& account = step.edit(model::kAccount, id);
  if (!contact.provenance.find("account") && !account.fields.find("domain")) {
    account.fields.set("domain", contact.fields.text("company_domain"));
    if (!account.fields.find("name"))
      account.fields.set("name", contact.fields.text("company_domain"));
  }
  account.fields.set("contacts", account.fields.integer("contacts") + 1);
  shift_counters(account.fields, contact.fields, 1, step.basics().counts);
}

// The common case: the same contact in the same account; only this event is new.
void count_for_account(Step& step, const std::string& account) {
  const Event& event = step.event();
  for (const auto& count : step.basics().counts) {
    if (count.event != event.type) continue;
    if (!count.author.empty() && event.property("author") != count.author) continue;
    count_event(step.edit(model::kAccount, account).fields, count, event.at);
  }
}

}  // namespace

void fold_group(Step& step, const Event& event) {
  const Record* contact = step.find(model::kContact, contact_of(step, event.subject));
  const std::string id = account_id(contact);
  if (id.empty()) return;
  Record& account = step.edit(model::kAccount, id);
  account.fields.set("group_id", event.property("group_id"));
  const Json* traits = event.properties.find("traits");
  if (!traits || !traits->is_object()) return;
  for (const auto& [trait, value] : traits->as_object()) {
    const bool own = trait != "name" && trait != "website" && trait != "domain" && trait != "owner";
    if (own) give_way_to_trait(account, trait, value);
    if (own && !account.fields.find("traits")) account.fields.set("traits", Json::object());
    Json& target = own ? *account.fields.edit("traits") : account.fields;
    target.set(trait, value);
    account.provenance.set(std::string(own ? "traits." : "") + std::string(trait),
                           event.sequence.value);
  }
}

void settle_accounts(Step& step) {
  const auto keys = step.written();
  // A merge or split by a person can move events between contacts that stay where they are.
  bool structural = step.event().origin == model::Origin::kServer;
  for (const auto& key : keys)
    if (key.type == model::kContact)
      structural |= account_id(step.before(key)) != account_id(step.find(key.type, key.id)) ||
                    !step.before(key) || step.removed(key);
  if (!structural) {
    for (const auto& key : keys)
      if (key.type == model::kContact)
        if (const std::string id = account_id(step.find(key.type, key.id)); !id.empty())
          count_for_account(step, id);
    return;
  }
  // All come before any goes, so that an account does not vanish in between.
  for (const auto& key : keys)
    if (key.type == model::kContact)
      if (const Record* after = step.find(key.type, key.id)) enter(step, *after);
  for (const auto& key : keys)
    if (key.type == model::kContact)
      if (const Record* before = step.before(key)) leave(step, *before);
}

}  // namespace rapport::decide
