// The events by which a push tells what it does: push.started and push.done
// (docs/reference/events.md). They hold ids, classes and hashes, never values.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "connect/plan.h"
#include "connect/remote.h"
#include "model/event.h"

namespace rapport::connect {

// What became of one record in one call.
struct Entry {
  model::RecordKey record;
  Sequence version;
  int part = 0;
  std::string remote_id;
  Json sent = Json::object(), back = Json::object(), links = Json::object();
  bool removed_part = false;
  bool complete = false;
  bool unknown = false;  // not told: the call stays open for this record
  std::string error_class, error_message;
  std::string mapping;  // with an error: version of the manifest
};

Json to_json(const Entry& entry);

// For the record of a task at the version of its mark.
Entry entry_for(const Task& task, const Work& work);

// Hashes of the texts in an object of properties.
Json hashes(const Key& key, std::string_view object, const Json& properties);
// Hashes of those properties of the view that the remote holds with the same value.
Json agreeing_hashes(const Key& key, const View& view, const Json& remote_properties);
// What the remote holds of the properties we map.
Json back_hashes(const Key& key, const ObjectSpec& object, const Json& remote_properties);
Json link_ids(const std::vector<LinkItem>& links);

struct OutcomeEvent {
  std::string call = {}, object = {}, operation = {}, outcome = {};
  std::vector<Entry> entries = {};
};

model::Event started_event(WorkspaceId workspace, Micros now, std::string_view connection,
                           std::string_view call, std::string_view operation, const Plan& plan,
                           std::span<Task* const> tasks);
model::Event edits_ended_event(WorkspaceId workspace, Micros now, std::string_view connection,
                               const std::vector<EndedEdit>& ended);
model::Event done_event(WorkspaceId workspace, Micros now, std::string_view connection,
                        const OutcomeEvent& outcome);

}  // namespace rapport::connect
