#include "intake/tracking_call.h"

#include <fmt/format.h>

#include <algorithm>

#include "intake/event_time.h"
#include "intake/known_events.h"
#include "intake/normalise.h"

namespace rapport::intake {
namespace {

using model::IdentifierKind;
using model::Identity;

constexpr size_t kMaxMessageId = 100;  // characters

struct CallName {
  std::string_view name, letter;
  Call call;
  std::string_view event_type;
};
constexpr CallName kCalls[] = {
    {"identify", "i", Call::kIdentify, model::kIdentified},
    {"track", "t", Call::kTrack, ""},
    {"page", "p", Call::kPage, model::kPageViewed},
    {"screen", "s", Call::kScreen, model::kScreenViewed},
    {"group", "g", Call::kGroup, model::kGrouped},
    {"alias", "a", Call::kAlias, model::kAliased},
    {"batch", "b", Call::kBatch, ""},
};

const CallName& entry_of(Call call) {
  return kCalls[static_cast<size_t>(call)];
}

// Identify traits that people and mappings read as text.
constexpr std::string_view kTextTraits[] = {"email", "name",    "firstName",  "lastName",
                                            "title", "website", "description"};

const Json* member(const Json& object, std::string_view key) {
  const Json* value = object.find(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

Error wrong_type(std::string_view field, std::string_view expected) {
  return invalid(fmt::format("{} must be {}", field, expected), std::string(field));
}

// Null for an absent or null member.
Result<const Json*> object_member(const Json& call, std::string_view key) {
  const Json* value = member(call, key);
  if (value != nullptr && !value->is_object()) return wrong_type(key, "an object");
  return value;
}

// Empty for an absent, null or blank member.
Result<std::string> id_member(const Json& call, std::string_view key) {
  const Json* value = member(call, key);
  if (value == nullptr) return std::string();
  if (!value->is_string()) return wrong_type(key, "a text");
  auto id = normalise_id(value->as_string());
  if (id) return *std::move(id);
  if (value->as_string().find_first_not_of(" \t\r\n") == std::string::npos) return std::string();
  return wrong_type(key, "at most 256 bytes, without control characters");
}

Result<std::string> required_id(const Json& call, std::string_view key) {
  TRY_ASSIGN(std::string id, id_member(call, key));
  if (id.empty()) return invalid(fmt::format("{} is missing", key), std::string(key));
  return id;
}

size_t characters(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

Result<void> check_message_id(const Json& call) {
  const Json* value = member(call, "messageId");
  if (value == nullptr) return {};
  if (!value->is_string()) return wrong_type("messageId", "a text");
  if (characters(value->as_string()) > kMaxMessageId) {
    return wrong_type("messageId", "at most 100 characters long");
  }
  return {};
}

void add_absent(Json& to, const Json* from) {
  if (from == nullptr || !from->is_object()) return;
  for (const auto& [key, value] : from->as_object()) {
    if (to.find(key) == nullptr) to.set(key, value);
  }
}

// Adds the members that `call`'s object of that name lacks.
void merge_absent(Json& call, std::string_view key, const Json* from) {
  if (from == nullptr) return;
  Json* own = member(call, key) == nullptr ? nullptr : call.edit(key);
  if (own == nullptr) {
    call.set(key, *from);
  } else if (own->is_object()) {
    add_absent(*own, from);
  }
}

// Reads one call step by step: all checks first, then the moving.
class Reader {
 public:
  Reader(Json& call, const Surroundings& around, const IntakeOptions& options, PhoneBook& phones)
      : call_(call), around_(around), options_(options), phones_(phones) {}

  Result<TrackingCall> read() {
    TRY(check_kind());
    TRY(check_members());
    TRY(check_kind_members());
    TRY(read_identities());
    TRY_ASSIGN(out_.event.at,
               event_time(call_, around_.sent_at, around_.received,
                          {.max_past = options_.max_past, .max_future = options_.max_future}));
    take();
    return std::move(out_);
  }

 private:
  Result<void> check_kind() {
    if (!call_.is_object()) return invalid("a call must be an object");
    kind_ = around_.call;
    if (kind_ == Call::kBatch) {
      const Json* type = member(call_, "type");
      if (type == nullptr) return invalid("type is missing", "type");
      const auto named = type->is_string() ? call_named(type->as_string()) : std::nullopt;
      if (!named || *named == Call::kBatch) {
        return wrong_type("type", "one of identify, track, page, screen, group, alias");
      }
      kind_ = *named;
    }
    out_.event.type = entry_of(kind_).event_type;
    return {};
  }

  Result<void> check_members() {
    TRY(check_message_id(call_));
    TRY_ASSIGN(context_, object_member(call_, "context"));
    if (kind_ == Call::kIdentify || kind_ == Call::kGroup) {
      TRY_ASSIGN(traits_, object_member(call_, "traits"));
    } else if (kind_ != Call::kAlias) {
      TRY_ASSIGN(properties_, object_member(call_, "properties"));
    }
    TRY(object_member(call_, "integrations"));
    if (around_.context != nullptr && !around_.context->is_object()) {
      return invalid("the batch's context must be an object", "context");
    }
    return {};
  }

  Result<void> check_kind_members() {
    switch (kind_) {
      case Call::kIdentify:
        return check_traits();
      case Call::kTrack:
        return check_event_name();
      case Call::kGroup: {
        TRY_ASSIGN(group_id_, required_id(call_, "groupId"));
        return {};
      }
      case Call::kAlias: {
        TRY(required_id(call_, "userId"));
        TRY_ASSIGN(out_.previous_id, required_id(call_, "previousId"));
        return {};
      }
      case Call::kPage:
      case Call::kScreen:
        return check_view();
      case Call::kBatch:
        break;
    }
    BUG("a call without a kind");
  }

  Result<void> check_traits() {
    if (traits_ == nullptr) return {};
    for (const std::string_view trait : kTextTraits) {
      const Json* value = member(*traits_, trait);
      if (value != nullptr && !value->is_string()) {
        return wrong_type(fmt::format("traits.{}", trait), "a text");
      }
    }
    const Json* phone = member(*traits_, "phone");
    if (phone != nullptr && !phone->is_string() && !phone->is_int()) {
      return wrong_type("traits.phone", "a text like \"+14155550100\"");
    }
    return {};
  }

  Result<void> check_event_name() {
    TRY_ASSIGN(out_.event.type, required_id(call_, "event"));
    for (const CallName& other : kCalls) {
      if (out_.event.type == other.event_type) {
        return invalid(fmt::format("event \"{}\" is the name of {} calls: send such a call, or "
                                   "choose another name",
                                   other.event_type, other.name),
                       "event");
      }
    }
    if (!is_known_event(out_.event.type)) return {};
    static const Json kNone = Json::object();
    return check_known_event(out_.event.type, properties_ ? *properties_ : kNone);
  }

  Result<void> check_view() {
    for (const std::string_view key : {"name", "category"}) {
      const Json* value = member(call_, key);
      if (value != nullptr && !value->is_string()) return wrong_type(key, "a text");
    }
    return {};
  }

  Result<void> read_identities() {
    TRY_ASSIGN(std::string user, id_member(call_, "userId"));
    TRY_ASSIGN(std::string anonymous, id_member(call_, "anonymousId"));
    if (user.empty() && anonymous.empty()) {
      return invalid("no_user_anon_id: give userId or anonymousId", "userId");
    }
    out_.event.identities.reserve(4);
    if (!user.empty()) add(IdentifierKind::kExternalId, std::move(user));
    add_email();
    add_phone();
    if (!anonymous.empty()) add(IdentifierKind::kAnonymousId, std::move(anonymous));
    return {};
  }

  // The first place that gives one: the traits (identify), the properties (conversation events),
  // then the context's traits. A group's traits are the account's, not the person's.
  const Json* personal(std::string_view key) const {
    const Json* value = nullptr;
    if (kind_ == Call::kIdentify && traits_ != nullptr) value = member(*traits_, key);
    if (kind_ == Call::kTrack && properties_ != nullptr && is_known_event(out_.event.type) &&
        speaks_for_customer(out_.event.type, *properties_)) {
      value = member(*properties_, key);
    }
    if (value != nullptr) return value;
    const Json* traits = context_ != nullptr ? member(*context_, "traits") : nullptr;
    return traits != nullptr ? member(*traits, key) : nullptr;
  }

  void add_email() {
    const Json* value = personal("email");
    if (value == nullptr) return;
    auto email = value->is_string() ? normalise_email(value->as_string()) : std::nullopt;
    if (!email) {
      out_.bad_email = true;
    } else {
      add(IdentifierKind::kEmail, *std::move(email));
    }
  }

  void add_phone() {
    const Json* value = personal("phone");
    if (value == nullptr) return;
    std::optional<std::string> phone;
    if (value->is_string()) phone = phones_.normalise(value->as_string());
    if (value->is_int()) phone = phones_.normalise(std::to_string(value->as_int()));
    if (!phone) {
      out_.bad_phone = true;
    } else {
      add(IdentifierKind::kPhone, *std::move(phone));
    }
  }

  void add(IdentifierKind kind, std::string value) {
    out_.event.identities.push_back({kind, std::move(value), {}});
  }

  // From here on nothing can fail, and the call is emptied.

  Json take_object(std::string_view key) {
    Json* value = call_.edit(key);
    if (value == nullptr || !value->is_object()) return Json::object();
    return std::move(*value);
  }

  void take() {
    model::Event& event = out_.event;
    event.message_id = usable_message_id(call_);
    take_properties(event.properties);
    event.context = take_object("context");
    add_absent(event.context, around_.context);
    Json integrations = take_object("integrations");
    add_absent(integrations, around_.integrations);
    if (!integrations.as_object().empty())
      event.context.set("integrations", std::move(integrations));
  }

  void take_properties(Json& to) {
    switch (kind_) {
      case Call::kIdentify:
        to = take_object("traits");
        return;
      case Call::kGroup:
        to.set("group_id", std::move(group_id_)).set("traits", take_object("traits"));
        return;
      case Call::kAlias:
        to.set("previous_id", out_.previous_id);
        return;
      default:
        to = take_object("properties");
    }
    if (kind_ == Call::kTrack) return;
    for (const std::string_view key : {"name", "category"}) {
      const Json* value = member(call_, key);
      if (value != nullptr && to.find(key) == nullptr) to.set(key, *value);
    }
  }

  Json& call_;
  const Surroundings& around_;
  const IntakeOptions& options_;
  PhoneBook& phones_;
  Call kind_ = Call::kBatch;
  const Json* context_ = nullptr;
  const Json* traits_ = nullptr;
  const Json* properties_ = nullptr;
  std::string group_id_;
  TrackingCall out_;
};

}  // namespace

std::optional<Call> call_named(std::string_view path_part) {
  for (const CallName& entry : kCalls) {
    if (path_part == entry.name || path_part == entry.letter) return entry.call;
  }
  return std::nullopt;
}

std::string path_of(const Surroundings& around, std::string_view field) {
  if (!around.index) return std::string(field);
  return fmt::format("batch[{}]{}{}", *around.index, field.empty() ? "" : ".", field);
}

Result<TrackingCall> read_call(Json& call, const Surroundings& around, const IntakeOptions& options,
                               PhoneBook& phones) {
  auto read = Reader(call, around, options, phones).read();
  if (!read) {
    Error error = std::move(read).error();
    error.where = path_of(around, error.where);
    return error;
  }
  return read;
}

Json complete_call(const Json& call, const Surroundings& around) {
  Json whole = call;
  if (!whole.is_object()) return whole;
  if (around.call != Call::kBatch) whole.set("type", entry_of(around.call).name);
  merge_absent(whole, "context", around.context);
  merge_absent(whole, "integrations", around.integrations);
  if (around.sent_at != nullptr && member(whole, "sentAt") == nullptr) {
    whole.set("sentAt", *around.sent_at);
  }
  whole.set("receivedAt", format_time_micros(around.received));
  return whole;
}

std::string_view usable_message_id(const Json& call) {
  const std::string_view id = call.text("messageId");
  return characters(id) <= kMaxMessageId ? id : std::string_view();
}

}  // namespace rapport::intake
