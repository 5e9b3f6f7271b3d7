// The source document of a record: everything a mapping may read, in one value.
//
//   contact, account, conversation, ticket   fields of the record and of those it belongs to, with
//   "id" messages           of the conversation: {sequence, at, author, author_name, text,
//   confidence, …} account_contacts   ids of an account's contacts, oldest first (at most 100)
//   settings           the connection's switches
//   record             {type, id, version} of the record itself
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "model/event.h"
#include "store/state.h"

namespace rapport::connect {

// The events at these positions; EventLog::read.
using ReadEvents = std::function<Result<std::vector<model::Event>>(std::span<const Position>)>;

class SourceReader {
 public:
  // Both must outlive the reader.
  SourceReader(store::State& state, const ReadEvents& read_events, Json settings)
      : state_(state), read_events_(read_events), settings_(std::move(settings)) {}

  // None when the record no longer exists.
  Result<std::optional<Json>> read(const model::RecordKey& key);

 private:
  Result<std::optional<Json>> fields(std::string_view type, std::string_view id);
  // Adds a record under its type; tells its fields, or null when there is none.
  Result<Json> join(Json& source, std::string_view type, std::string_view id);
  Result<void> join_contact(Json& source, std::string_view subject);
  Result<void> join_of(Json& source, std::string_view type, std::string_view conversation);
  Result<void> add_contacts(Json& source, const std::string& account);
  Result<void> add_messages(Json& source, const std::string& conversation);

  store::State& state_;
  const ReadEvents& read_events_;
  Json settings_;
};

}  // namespace rapport::connect
