// What happened: the value that intake writes, the log keeps and the engine folds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/time.h"

namespace rapport::model {

// Kinds of identifier, strongest first; the strongest one of an event names its subject.
enum class IdentifierKind : uint8_t { kExternalId, kEmail, kPhone, kAnonymousId };
std::string_view name(IdentifierKind kind);  // "external_id", "email", "phone", "anonymous_id"
std::optional<IdentifierKind> identifier_kind(std::string_view name);

// One identifier that an event gave, normalised (e-mail lower case, phone E.164), with the subject
// it was bound to when the event was received.
struct Identity {
  IdentifierKind kind = IdentifierKind::kExternalId;
  std::string value;
  SubjectId subject;
  bool operator==(const Identity&) const = default;
};

// A new entry of the identifier index. It rides in the sealed body of the event that made it.
// `claimed_by` is kept for anonymous ids: the identified subject first seen with that device.
struct Binding {
  Digest16 hash{};  // keyed hash of kind and value
  SubjectId subject;
  SubjectId claimed_by;
  bool operator==(const Binding&) const = default;
};

// Tracked events come from outside and can never pass for the server's own.
enum class Origin : uint8_t { kTracked, kServer };

// Types of tracked events other than track calls, whose type is their own event name.
inline constexpr std::string_view kIdentified = "contact.identified";
inline constexpr std::string_view kAliased = "contact.aliased";
inline constexpr std::string_view kGrouped = "account.grouped";
inline constexpr std::string_view kPageViewed = "page.viewed";
inline constexpr std::string_view kScreenViewed = "screen.viewed";
// Sent as track events: CH-10, deals, tasks.
inline constexpr std::string_view kConversationStarted = "conversation.started";
inline constexpr std::string_view kConversationEnded = "conversation.ended";
inline constexpr std::string_view kConversationEscalated = "conversation.escalated";
inline constexpr std::string_view kMessageSent = "message.sent";
inline constexpr std::string_view kSatisfactionReceived = "satisfaction.received";
inline constexpr std::string_view kResolutionConfirmed = "resolution.confirmed";
inline constexpr std::string_view kConversationAssigned = "conversation.assigned";
inline constexpr std::string_view kLeadQualified = "lead.qualified";
inline constexpr std::string_view kDealCreated = "deal.created";
inline constexpr std::string_view kDealUpdated = "deal.updated";
inline constexpr std::string_view kTaskCreated = "task.created";
inline constexpr std::string_view kTaskUpdated = "task.updated";
inline constexpr std::string_view kTaskCompleted = "task.completed";
inline constexpr std::string_view kTicketCreated = "ticket.created";
inline constexpr std::string_view kTicketUpdated = "ticket.updated";
inline constexpr std::string_view kTicketClosed = "ticket.closed";
inline constexpr std::string_view kTicketReopened = "ticket.reopened";
inline constexpr std::string_view kTicketReplied = "ticket.replied";
// The server's own; the fields of each are in docs/reference/events.md.
inline constexpr std::string_view kTick = "tick";
inline constexpr std::string_view kEngineChanged = "engine.changed";
inline constexpr std::string_view kBaseTaken = "base.taken";
inline constexpr std::string_view kQuarantined = "event.quarantined";
inline constexpr std::string_view kReadmitted = "event.readmitted";
inline constexpr std::string_view kContactsMerged = "contacts.merged";
inline constexpr std::string_view kContactsSplit = "contacts.split";
inline constexpr std::string_view kContactErased = "contact.erased";
inline constexpr std::string_view kConnectionConfigured = "connection.configured";
inline constexpr std::string_view kConnectionChanged = "connection.changed";
inline constexpr std::string_view kPushRetried = "push.retried";
inline constexpr std::string_view kPushEdited = "push.edited";
inline constexpr std::string_view kPushEditsEnded = "push.edits_ended";
inline constexpr std::string_view kPushStarted = "push.started";
inline constexpr std::string_view kPushDone = "push.done";
inline constexpr std::string_view kPackActivated = "pack.activated";
inline constexpr std::string_view kPackDeactivated = "pack.deactivated";
inline constexpr std::string_view kWorkspaceConfigured = "workspace.configured";
inline constexpr std::string_view kSettingsChanged = "settings.changed";
inline constexpr std::string_view kUserConfigured = "user.configured";
inline constexpr std::string_view kUserRemoved = "user.removed";
inline constexpr std::string_view kPresenceChanged = "user.presence";
inline constexpr std::string_view kTeamConfigured = "team.configured";
inline constexpr std::string_view kRecordSet = "record.set";
inline constexpr std::string_view kStageMoved = "lifecycle.moved";
inline constexpr std::string_view kApprovalDecided = "approval.decided";
inline constexpr std::string_view kRateSet = "exchange_rate.set";

struct Event {
  // Envelope: set by the log.
  WorkspaceId workspace;
  Sequence sequence;
  Micros received_at;
  SubjectId subject;
  Position position;  // where the record starts in the log; not part of the event's meaning

  // Body: sealed.
  Origin origin = Origin::kTracked;
  std::string type;
  std::string message_id;
  Micros at;  // when it happened: the sender's clock corrected by sentAt, bounded; else received
  std::vector<Identity> identities;
  std::vector<Binding> bindings;
  Json properties = Json::object();  // track properties, traits, or the server event's fields
  Json context = Json::object();     // Segment context, as given

  // Text of a property, or empty.
  std::string_view property(std::string_view key) const { return properties.text(key); }
};

// The sealed body and back. Encoding is stable: old logs stay readable for ever.
std::string encode_body(const Event& event);
// The same in two steps: properties and context first, which do not depend on the identifiers'
// subjects; then the whole.
std::string encode_content(const Event& event);
std::string encode_body(const Event& event, std::string_view content);
// Fills the body part of `event`. kCorrupt when the bytes are not such a body.
Result<void> decode_body(std::string_view body, Event& event);

}  // namespace rapport::model
