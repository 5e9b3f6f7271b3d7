// Which records each connection has to look at again, and what came of looking (docs: outbox).
#pragma once

#include "decide/step.h"

namespace rapport::decide {

// connection.configured: keeps the connection's settings and, when it is new or what it sends has
// changed, marks all that is there already, a page of records per timer "backfill".
void configure_connection(Step& step, const model::Event& event);
void backfill(Step& step, const model::Timer& timer);

// connection.changed: pauses it, resumes it, changes its switches; nothing is sent again for that.
void change_connection(Step& step, const model::Event& event);

// push.retried: what was refused is sent again.
void retry_refused(Step& step, const model::Event& event);

// What the connection refused of a record is sent again before all else: somebody waits for it.
void send_again(Step& step, const std::string& connection, const model::RecordKey& key);

// Marks the records that this step has changed in a way that a connection would send.
void mark_changes(Step& step);

// push.started: a write that the remote cannot deduplicate is under way. push.done: its outcome.
void start_call(Step& step, const model::Event& event);
void finish_call(Step& step, const model::Event& event);

// Outcomes of calls about the record are filed here.
std::string sync_list(const model::RecordKey& record);

// Removes shadows and marks of a record that is gone.
void forget_record(Step& step, const model::RecordKey& key);

}  // namespace rapport::decide
