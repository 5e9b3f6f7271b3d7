// Bases, rebuild, erasure and digests of a live server.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "flow/rebuild.h"
#include "main/server.h"
#include "store/base_file.h"

namespace rapport {

// Newest base plus later events, beside the old file, then swapped in.
Result<void> Server::rebuild_state(WorkspaceId workspace, const std::string&) {
  TRY_ASSIGN(const auto report, fold_again(disk_, *log_, engine_, folder_, workspace,
                                           FoldFrom::kNewestBase, folder_.state(workspace), {}));
  reporter_.report(Level::kInfo, "state.rebuilt",
                   Json::object().set("workspace", workspace.value).set("events", report.events));
  return {};
}

// The base belongs to the state as it is between two batches; its digest goes into the log.
Result<Json> Server::take_base(WorkspaceId workspace) {
  Json answer = Json::object();
  TRY(runner_->with_state(workspace, [&](store::State& state) -> Result<void> {
    TRY(disk_.make_folders(folder_.bases(workspace)));
    TRY_ASSIGN(const auto taken,
               store::write_base(state, disk_, "", folder_.bases(workspace), failpoints_));
    answer.set("sequence", taken.cursor.sequence.value);
    answer.set("digest", to_hex(bytes_of(taken.state_digest)));
    return {};
  }));
  model::Event event;
  event.workspace = workspace;
  event.origin = model::Origin::kServer;
  event.type = model::kBaseTaken;
  event.at = clock_.now();
  event.properties = answer;
  TRY(intake_->append(std::move(event)));
  runner_->wake();
  return answer;
}

Result<void> Server::open_erasure() {
  access::ErasureSteps steps;
  steps.append = [this](model::Event event) { return intake_->append(std::move(event)); };
  steps.wait_folded = [this](WorkspaceId id, Sequence sequence) {
    return runner_->wait_for(id, sequence, minutes(5));
  };
  steps.state = [this](WorkspaceId id) -> Result<std::shared_ptr<store::State>> {
    TRY_ASSIGN(auto state, open_state(id, store::StateMode::kRead));
    return std::shared_ptr<store::State>(std::move(state));
  };
  steps.add_tombstone = [this](WorkspaceId id, const std::string& contact,
                               std::span<const SubjectId> subjects) {
    return add_tombstone(id, contact, subjects);
  };
  steps.quarantined_with = [this](WorkspaceId id, const std::vector<std::string>& identifiers) {
    return quarantined_with(id, identifiers);
  };
  steps.renew_base = [this](WorkspaceId id) -> Result<void> {
    TRY_ASSIGN(const Json taken, take_base(id));
    return store::remove_bases_before(disk_, folder_.bases(id),
                                      Sequence{static_cast<uint64_t>(taken.integer("sequence"))});
  };
  // A checkpoint under way on the other handle is not waited for by SQLite: it is asked again.
  steps.scrub = [this](WorkspaceId id) -> Result<void> {
    for (int tries = 1;; ++tries) {
      const auto scrubbed =
          runner_->with_state(id, [](store::State& state) { return state.scrub(); });
      if (scrubbed.ok() || scrubbed.error().code != Code::kUnavailable || tries == 250)
        return scrubbed;
      clock_.sleep(millis(20));
    }
  };
  erasure_ =
      std::make_unique<access::Erasure>(std::move(steps), log_->keys(), log_->ids(), *control_);
  return {};
}

namespace {

std::string digits_of(std::string_view text) {
  std::string digits;
  for (char c : text)
    if (c >= '0' && c <= '9') digits += c;
  return digits;
}

// Whatever the event is, it is looked at as text. Phone numbers count by their digits alone; all
// else only as a whole JSON text, so that the user id "1" is not found in every event.
bool tells_of(std::string_view raw, const std::vector<std::string>& identifiers) {
  const std::string text = ascii_lower(raw), digits = digits_of(raw);
  return std::any_of(identifiers.begin(), identifiers.end(), [&](const std::string& identifier) {
    if (identifier.starts_with('+')) return digits.find(digits_of(identifier)) != digits.npos;
    return text.find(ascii_lower(to_text(Json(identifier)))) != text.npos;
  });
}

}  // namespace

// Reads all that is in quarantine: there is no index of what could not be read.
Result<std::set<SubjectId>> Server::quarantined_with(WorkspaceId workspace,
                                                     const std::vector<std::string>& identifiers) {
  TRY_ASSIGN(const auto state, open_state(workspace, store::StateMode::kRead));
  std::set<SubjectId> found;
  store::PageRequest request;
  request.type = model::kQuarantine;
  request.limit = 1000;
  do {
    TRY_ASSIGN(const auto page, state->list(request));
    std::vector<Position> positions;
    for (const auto& record : page.records) {
      TRY_ASSIGN(const auto filed, state->postings("quarantine/" + record.key.id, Sequence{0}, 1,
                                                   store::PageRequest::Order::kOldest));
      for (const auto& posting : filed) positions.push_back(posting.position);
    }
    TRY_ASSIGN(const auto events, log_->read(positions));
    for (const auto& event : events)
      if (tells_of(event.property("raw"), identifiers)) found.insert(event.subject);
    request.after = page.next;
  } while (!request.after.empty());
  return found;
}

Result<Json> Server::erase_contact(WorkspaceId workspace, std::string_view contact) {
  TRY_ASSIGN(const auto report, erasure_->erase(workspace, contact));
  Json::Array contacts;
  for (const auto& id : report.contacts) contacts.push_back(Json(id));
  return Json::object()
      .set("contacts", Json(std::move(contacts)))
      .set("subjects", report.subjects)
      .set("was_erased_before", report.was_erased_before);
}

// Erasures that a crash cut short are brought to their end before anything else is asked of them.
void Server::resume_erasures() {
  const auto workspaces = control_->workspaces();
  if (!workspaces.ok()) return;
  for (const auto& workspace : *workspaces) {
    const auto resumed = erasure_->resume(workspace.id);
    if (!resumed.ok())
      reporter_.report(
          Level::kError, "erasure.unfinished",
          Json::object().set("workspace", workspace.name).set("error", resumed.error().message));
  }
}

}  // namespace rapport
