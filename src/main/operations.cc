// The operations on a whole server that routes and commands ask for.
#include <fmt/format.h>

#include "base/text.h"
#include "flow/rebuild.h"
#include "main/server.h"

namespace rapport {

api::Operations Server::operations() {
  api::Operations all;
  all.erase_contact = [this](WorkspaceId id, std::string_view contact) {
    return erase_contact(id, contact);
  };
  all.create_workspace = [this](std::string_view name) { return create_workspace(name); };
  all.delete_workspace = [this](WorkspaceId id) { return delete_workspace(id); };
  all.backup = [this](const std::string& destination) { return backup(destination); };
  all.verify = [this] { return verify(); };
  all.take_base = [this](WorkspaceId id) { return take_base(id); };
  all.digest = [this](WorkspaceId id) { return digest(id); };
  all.connections = [this](WorkspaceId id) -> Result<Json> { return connections_->describe(id); };
  all.try_again = [this](WorkspaceId id) { connections_->try_again(id); };
  all.authorize = [this](WorkspaceId workspace, std::string_view id) {
    return connections_->authorize(workspace, id);
  };
  all.authorized = [this](std::string_view state, std::string_view code) {
    return connections_->authorized(state, code);
  };
  all.test_connection = [this](WorkspaceId workspace, std::string_view id) {
    return connections_->test(workspace, id);
  };
  all.check_edits = [this](WorkspaceId workspace, std::string_view id, store::State& state,
                           const model::RecordKey& record, std::string_view object,
                           const Json& values) {
    return connections_->check_edits(workspace, id, state, record, object, values);
  };
  all.not_ready = [this] { return not_ready(); };
  all.remarks = [this] { return remarks(); };
  all.packs_changed = [this](WorkspaceId id, size_t problems) { note_problems(id, problems); };
  return all;
}

Result<access::Workspace> Server::create_workspace(std::string_view name) {
  TRY_ASSIGN(auto workspace, control_->create_workspace(name));
  TRY(log_->keys().add_workspace(workspace.id));
  runner_->add(workspace.id);
  return workspace;
}

// Keys first: from then on nothing of the workspace can be read, whatever else fails.
Result<void> Server::delete_workspace(WorkspaceId workspace) {
  TRY(control_->remove_workspace(workspace));
  TRY(log_->keys().destroy_workspace(workspace));
  TRY(log_->ids().forget(workspace));
  runner_->remove(workspace);
  gate_->forget(workspace);
  for (const char* suffix : {"", "-wal", "-shm"})
    if (const std::string path = folder_.state(workspace) + suffix; disk_.exists(path))
      TRY(disk_.remove(path));
  if (const std::string bases = folder_.bases(workspace); disk_.exists(bases)) {
    TRY_ASSIGN(const auto files, disk_.list(bases));
    for (const auto& file : files) TRY(disk_.remove(bases + "/" + file));
  }
  return {};
}

Result<Json> Server::digest(WorkspaceId workspace) {
  Json answer = Json::object();
  TRY(runner_->with_state(workspace, [&](store::State& state) -> Result<void> {
    TRY_ASSIGN(const auto cursor, state.cursor());
    TRY_ASSIGN(const Hash digest, state.digest());
    answer.set("sequence", cursor.sequence.value);
    answer.set("chain", to_hex(bytes_of(cursor.chain)));
    answer.set("digest", to_hex(bytes_of(digest)));
    answer.set("fold_version", cursor.fold_version);
    return {};
  }));
  return answer;
}

}  // namespace rapport
