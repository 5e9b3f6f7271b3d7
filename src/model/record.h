// What is so now: one row of folded state, of any type (contact, account, ticket, shadow, …).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/json.h"
#include "base/time.h"

namespace rapport::model {

struct RecordKey {
  std::string type;  // "contact"
  std::string id;    // "con_3f…"
  auto operator<=>(const RecordKey&) const = default;
};

// Types that exist so far. Custom objects will add their own.
inline constexpr std::string_view kContact = "contact";
inline constexpr std::string_view kAccount = "account";
inline constexpr std::string_view kConversation = "conversation";
inline constexpr std::string_view kTicket = "ticket";
inline constexpr std::string_view kDeal = "deal";
inline constexpr std::string_view kTask = "task";
inline constexpr std::string_view kSubject = "subject";        // subject → contact, join evidence
inline constexpr std::string_view kQuarantine = "quarantine";  // a bad event, waiting
inline constexpr std::string_view kConnection = "connection";
inline constexpr std::string_view kShadow = "shadow";  // what a remote system holds of ours
inline constexpr std::string_view kEdits = "edits";    // given instead of mapped values
inline constexpr std::string_view kCall = "call";      // a remote write without outcome yet
inline constexpr std::string_view kReview = "review";  // waits for a person's decision
inline constexpr std::string_view kErasure = "erasure";
inline constexpr std::string_view kObject = "object";    // of a type that a pack declares
inline constexpr std::string_view kDerived = "derived";  // series, scores and the like of a record
inline constexpr std::string_view kHistory = "history";  // of scores, what is long ago
inline constexpr std::string_view kUser = "user";
inline constexpr std::string_view kTeam = "team";
inline constexpr std::string_view kPack = "pack";                // its files and versions
inline constexpr std::string_view kDefinitions = "definitions";  // what is active
inline constexpr std::string_view kTrace = "trace";              // what a step decided

struct Record {
  RecordKey key;
  Sequence created;  // event that made it
  Sequence version;  // event that last changed it
  Json fields = Json::object();
  // Which event set a field: {"email": 17}. Only for fields somebody outside can set.
  Json provenance = Json::object();
  bool operator==(const Record&) const = default;
};

// "con", "acc", "cnv", "tkt", "deal", "task" … + "_" + 26 characters derived by SHA-256 from the
// parts. The same parts always give the same id: ids are part of the fold.
std::string derive_id(std::string_view prefix, WorkspaceId workspace,
                      std::initializer_list<std::string_view> parts);

// One searchable value of a record, e.g. {"contact", "email", "ana@acme.example"}.
struct IndexEntry {
  std::string type;
  std::string field;
  std::string value;
  auto operator<=>(const IndexEntry&) const = default;
};

// The entries a record has by the declared indexes below, sorted, without doubles.
std::vector<IndexEntry> index_entries(const Record& record);

struct IndexSpec {
  std::string_view type, field;  // field holds a text or an array of texts
};
inline constexpr IndexSpec kIndexes[] = {
    {kContact, "emails"},      {kContact, "phones"},       {kContact, "external_ids"},
    {kContact, "account"},     {kContact, "former_ids"},   {kAccount, "domain"},
    {kAccount, "group_id"},    {kConversation, "subject"}, {kConversation, "external_id"},
    {kConversation, "status"}, {kTicket, "conversation"},  {kTicket, "status"},
    {kTicket, "subject_id"},   {kSubject, "contact"},      {kShadow, "local"},
    {kShadow, "connection"},   {kCall, "connection"},      {kReview, "status"},
    {kQuarantine, "status"},   {kQuarantine, "subject"},   {kErasure, "status"},
    {kShadow, "refused"},      {kDeal, "subject_id"},      {kDeal, "conversation"},
    {kDeal, "stage"},          {kTask, "subject_id"},      {kTask, "deal"},
    {kTask, "status"},         {kEdits, "local"},          {kTask, "about"},
    {kTask, "account"},        {kTask, "owner"},           {kTicket, "account"},
    {kTicket, "external_id"},  {kTicket, "assignee"},      {kDeal, "account"},
    {kAccount, "parent"},      {kAccount, "owner"},        {kUser, "keys"},
    {kUser, "teams"},          {kUser, "roles"},           {kObject, "object"},
    {kObject, "subject_id"},   {kObject, "account"},       {kObject, "about"},
    {kObject, "of"},           {kContact, "segments"},     {kAccount, "segments"},
    {kTrace, "names"},
};

// A timer is state: it fires as part of the step of the first event received at or after `due`.
struct Timer {
  Micros due;
  std::string id;    // unique; arming the same id again moves it
  RecordKey record;  // what it is about
  std::string kind;  // what to do
  bool operator==(const Timer&) const = default;
};

// Urgent work goes before all usual work and has a part of a vendor's quota to itself.
enum class Urgency : uint8_t { kUrgent, kUsual };

// "This record's mapped view may differ from what that connection last acknowledged." Of several
// for one record the latest stands.
struct Mark {
  std::string connection;
  RecordKey record;
  Sequence version;  // the event after which it has to be looked at
  Urgency urgency = Urgency::kUsual;
  auto operator<=>(const Mark&) const = default;
};

}  // namespace rapport::model
