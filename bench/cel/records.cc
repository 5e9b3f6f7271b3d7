#include "cel/records.h"

#include <fmt/format.h>

namespace rapport::bench {
namespace {

using expr::Value;

constexpr Condition kAll[] = {
    {"CH-40", 10, "event.type == 'message.received' && 'pricing' in event.intents"},
    {"CH-40", 15, "event.type == 'message.received' && 'competitor_comparison' in event.intents"},
    {"CH-40", 20, "event.type == 'message.received' && 'enterprise_features' in event.intents"},
    {"CH-40", 25,
     "event.type == 'message.received' && ('demo' in event.intents || 'trial' in event.intents)"},
    {"CH-40", 30, "event.type == 'message.received' && 'implementation_timeline' in event.intents"},
    {"CH-40", -5, "event.type == 'message.received' && 'faq' in event.intents"},
    {"CH-41", 10, "contact.email != ''"},
    {"CH-41", 15, "contact.email_domain != '' && !contact.free_mail"},
    {"CH-41", 20,
     "event.type == 'message.received' && ('pricing' in event.intents || 'plans' in "
     "event.intents)"},
    {"CH-41", 25,
     "event.type == 'message.received' && ('use_case' in event.intents || 'business_problem' in "
     "event.intents)"},
    {"CH-41", 30,
     "event.type == 'message.received' && ('implementation' in event.intents || 'setup' in "
     "event.intents)"},
    {"CH-41", 35,
     "event.type == 'message.received' && ('implementation_timeline' in event.intents || "
     "'decision_timeline' in event.intents)"},
    {"CH-41", 40,
     "event.type == 'message.received' && ('demo' in event.intents || 'trial' in event.intents || "
     "'meeting' in event.intents)"},
    {"CO-20", 0, "account.ltv > 50000"},
    {"CO-21", 0, "account.retention_risk == 'high'"},
    {"CO-22", 0, "account.upsell_potential == 'high'"},
    {"CO-23", 0, "event.type == 'ticket.created' && 'cost' in ticket.tags"},
    {"CO-24", 0,
     "event.type in ['conversation.started', 'message.received', 'ticket.created'] && "
     "account.ltv > 25000"},
    {"CO-25", 0,
     "ticket.subject.hasAnyWord(['billing', 'refund', 'price']) && "
     "account.tier in ['gold', 'platinum']"},
    {"CO-26", 0,
     "ticket.amount > 2000 || event.text.hasAnyWord(['legal', 'lawyer']) || "
     "event.text.hasAnyWord(['social media', 'twitter', 'facebook', 'instagram'])"},
    {"CO-27", 0, "event.text.hasAnyWord(['billing', 'charge', 'payment', 'invoice'])"},
    {"CO-28", 0, "event.text.hasAnyWord(['price', 'cost', 'expensive', 'budget'])"},
};

const char* const kTypes[] = {"message.received",     "message.received",     "message.received",
                              "message.received",     "message.received",     "ticket.created",
                              "ticket.created",       "conversation.started", "page.viewed",
                              "satisfaction.received"};
const char* const kIntentNames[] = {"pricing",
                                    "competitor_comparison",
                                    "enterprise_features",
                                    "demo",
                                    "trial",
                                    "faq",
                                    "implementation_timeline",
                                    "plans",
                                    "use_case",
                                    "meeting",
                                    "setup",
                                    "business_problem",
                                    "decision_timeline",
                                    "implementation",
                                    "greeting",
                                    "goodbye",
                                    "support",
                                    "thanks"};
const char* const kWords[] = {
    "I",        "we",      "would",  "like",  "to",   "know",    "how",    "the",   "your",
    "team",     "product", "works",  "with",  "our",  "current", "system", "and",   "when",
    "somebody", "can",     "please", "look",  "into", "this",    "today",  "since", "month",
    "users",    "report",  "export", "login", "not",  "working", "again",  "thank", "you"};
const char* const kKeywords[] = {"billing",      "Charge",    "payment", "invoice",
                                 "price",        "cost",      "Budget",  "lawyer",
                                 "social media", "expensive", "refund",  "legal"};
const char* const kDomains[] = {"acme.example", "globex.example", "gmail.com", "initech.example"};
const char* const kLevels[] = {"low", "medium", "high"};
const char* const kTiers[] = {"bronze", "silver", "gold", "platinum"};
const char* const kTagNames[] = {"cost", "urgent", "login", "export", "vip"};

using Random = std::mt19937_64;
bool chance(Random& random, unsigned percent) {
  return random() % 100 < percent;
}
template <size_t n>
const char* any_of(Random& random, const char* const (&items)[n]) {
  return items[random() % n];
}

std::string sentence(Random& random, size_t words, unsigned keywords) {
  std::string text;
  for (size_t i = 0; i < words; ++i) {
    if (i > 0) text += ' ';
    text += chance(random, keywords) ? any_of(random, kKeywords) : any_of(random, kWords);
    if (chance(random, 10)) text += ',';
  }
  return text + '.';
}

template <size_t n>
std::vector<std::string> some_of(Random& random, const char* const (&items)[n], size_t most) {
  std::vector<std::string> chosen;
  for (size_t i = random() % (most + 1); i > 0; --i) chosen.emplace_back(any_of(random, items));
  return chosen;
}

std::string quoted(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? ",\"" : "\"") + text + "\"";
  return out + "]";
}

// The members of one object that are there.
class Members {
 public:
  void add(std::string_view name, std::string_view value) {
    text_ += fmt::format("{}\"{}\":{}", text_.empty() ? "" : ",", name, value);
  }
  std::string take() { return "{" + std::move(text_) + "}"; }

 private:
  std::string text_;
};

}  // namespace

const std::span<const Condition> kConditions = kAll;
const std::vector<std::string> kPaths = {
    "event.type",    "event.intents",          "event.text",
    "contact.email", "contact.email_domain",   "contact.free_mail",
    "account.ltv",   "account.retention_risk", "account.upsell_potential",
    "account.tier",  "ticket.subject",         "ticket.tags",
    "ticket.amount"};

Value Records::keep(std::string text) {
  texts_.push_back(std::move(text));
  return Value::string(texts_.back());
}

Value Records::keep(const std::vector<std::string>& texts) {
  std::vector<Value> values;
  for (const std::string& text : texts) values.push_back(keep(text));
  lists_.push_back(std::move(values));
  return Value::list(lists_.back().data(), lists_.back().size());
}

void Records::make(Random& random) {
  texts_.clear();
  lists_.clear();
  for (size_t i = 0; i < size(); ++i) make_one(i, random);
}

void Records::make_one(size_t i, Random& random) {
  const std::span<Value> values(values_.data() + i * kSlots, kSlots);
  std::ranges::fill(values, Value::absent());
  Members event, contact, account, ticket;
  const auto set_text = [&](Slot slot, Members& object, const char* name, std::string text) {
    object.add(name, "\"" + text + "\"");
    values[slot] = keep(std::move(text));
  };
  const auto set_texts = [&](Slot slot, Members& object, const char* name,
                             const std::vector<std::string>& texts) {
    object.add(name, quoted(texts));
    values[slot] = keep(texts);
  };
  const auto set_whole = [&](Slot slot, Members& object, const char* name, uint64_t n) {
    object.add(name, std::to_string(n));
    values[slot] = Value::integer(static_cast<int64_t>(n));
  };
  const std::string type = any_of(random, kTypes);
  event.add("id", fmt::format("\"{:032x}\"", random()));
  set_text(kType, event, "type", type);
  event.add("received_at", "\"2026-11-22T10:15:30.123Z\"");
  const bool message = type == "message.received", has_ticket = type == "ticket.created";
  if (message) set_texts(kIntents, event, "intents", some_of(random, kIntentNames, 3));
  if (message || has_ticket) set_text(kText, event, "text", sentence(random, 12, 3));
  if (chance(random, 80)) {
    const std::string domain = any_of(random, kDomains);
    set_text(kEmail, contact, "email", fmt::format("ana{}@{}", random() % 10'000, domain));
    set_text(kEmailDomain, contact, "email_domain", domain);
    values[kFreeMail] = Value::boolean(domain == "gmail.com");
    contact.add("free_mail", domain == "gmail.com" ? "true" : "false");
  }
  contact.add("locale", "\"en-GB\"");
  if (chance(random, 90)) {
    set_whole(kLtv, account, "ltv", random() % 80'000);
    set_text(kRetentionRisk, account, "retention_risk", any_of(random, kLevels));
    set_text(kUpsellPotential, account, "upsell_potential", any_of(random, kLevels));
    set_text(kTier, account, "tier", any_of(random, kTiers));
  }
  if (has_ticket) {
    set_text(kSubject, ticket, "subject", sentence(random, 5, 10));
    set_texts(kTags, ticket, "tags", some_of(random, kTagNames, 2));
    set_whole(kAmount, ticket, "amount", random() % 3'000);
  }
  json_[i] = fmt::format(R"({{"event":{},"contact":{},"account":{},"ticket":{}}})", event.take(),
                         contact.take(), account.take(), ticket.take());
  records_[i].show(values);
}

}  // namespace rapport::bench
