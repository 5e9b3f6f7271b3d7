// What a live page shows of one workspace, and what has changed of it since the last look.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "access/gate.h"
#include "api/context.h"

namespace rapport::api {

struct LiveEvent {
  std::string_view name;  // snapshot, conversation, crm, connection
  Json content;
};

// As server-sent events have it: "event: …\ndata: …\n\n".
std::string to_text(const LiveEvent& event);

// Bounded whatever the workspace's size: its newest conversations and remote records. Not for
// several threads.
class LiveView {
 public:
  static constexpr int kConversations = 40, kRemoteRecords = 80;

  // Looks through a tenant, who has to be of the same workspace each time. Gives what is new or
  // has changed since the last look; what is no longer among the newest comes as {id, gone: true}.
  Result<std::vector<LiveEvent>> look(access::Tenant& tenant, const Operations& operations);
  // All of the last look: {at, conversations, crm, connections}.
  LiveEvent snapshot(Micros now) const;

 private:
  struct Row {
    Sequence version;
    Json shown;
  };
  using Rows = std::map<std::string, Row>;
  using Show = Result<Json> (LiveView::*)(access::Tenant&, const model::Record&);
  Result<void> look_at(access::Tenant& tenant, const store::PageRequest& request,
                       std::string_view event, Show show, Rows& rows, std::vector<LiveEvent>& news);
  Result<Json> conversation(access::Tenant& tenant, const model::Record& record);
  Result<Json> remote_record(access::Tenant& tenant, const model::Record& shadow);

  Rows conversations_, remote_;
  Json connections_ = Json::array();
};

}  // namespace rapport::api
