// What a vendor's API looks like, as declared in connectors/<vendor>/manifest.yaml: no vendor is
// known to the C++. The grammar is docs/reference/manifest.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "base/yaml.h"
#include "connect/oauth.h"
#include "connect/quota.h"
#include "model/mapping.h"

namespace rapport::connect {

// What a refused or failed call means for us. Told apart by status and body, see ErrorRule.
enum class ErrorClass {
  kAuthentication,  // the connection stops until somebody acts
  kPermission,      // likewise
  kRateLimit,       // not applied; try later
  kQuota,           // not sent: our share is used up; try later
  kLocked,          // not applied; try later
  kUnavailable,     // perhaps applied; try later
  kNetwork,         // perhaps applied: no answer
  kMalformed,       // perhaps applied: an answer we cannot read
  kInvalid,         // not applied; the same again would fail again
  kNotFound,        // not applied; the remote record is gone
  kDuplicate,       // not applied; the remote has it under another id
};
std::string_view name(ErrorClass error);  // "rate_limit"
std::optional<ErrorClass> error_class(std::string_view name);

// A declared request. Strings "$x" in `body` and "{x}" in `path` are replaced, see request.h.
struct CallSpec {
  std::string method, path;
  std::vector<std::pair<std::string, std::string>> query;  // empty values are left out
  Json body;                                               // null: none
  int batch = 1;                                           // most items in one call
  bool batched = false;                                    // answers in a list even for one item
  std::string results;                                     // path of that list
  std::string id = "id";  // path in a result, or in the answer where there is no list
  std::string properties = "properties";  // likewise: what the remote now holds
  enum class Match { kId, kKey, kTrace } match_by = Match::kId;
  std::string match;                    // path in a result of what names the item; empty: by id
  std::string errors;                   // path of the list of items refused in a partial answer
  std::vector<std::string> error_item;  // paths in its entries to the ids or keys meant
  std::string next;                     // path of the cursor of the next page, sent as $after
  std::string ids;                      // path in a result of a list: the ids are in its entries
  std::string quota;  // QuotaWindow::only of the window this counts in besides the common ones
};

struct Condition {
  enum class Test { kEquals, kContains } test = Test::kEquals;
  std::string path;   // in a result
  std::string value;  // variable, "$marker"
};

// One way to learn whether the remote already has a record.
struct FindStep {
  bool before_create = false;      // asked before a record is written for the first time
  bool after_unknown = false;      // asked when a write has no outcome
  Micros lag;                      // how long a written record may be missing here
  std::string link;                // with `list`: neighbours of the record linked by this link
  std::optional<CallSpec> list;    // gives ids, which `read` reads; batched: of many neighbours
  CallSpec read;                   // without `list`: by key
  std::optional<Condition> where;  // a result counts only if this holds
};

// An association to another object, named by the object it leads to.
struct LinkSpec {
  std::string to;
  std::string record;     // path in the source document of the id, or of a list of ids: then the
                          // first that the remote has is linked, at creation only
  bool required = false;  // without it the record is not written
  enum class Wait { kCreate, kComplete } wait = Wait::kCreate;
  std::vector<std::pair<std::string, Json>> with;  // variables for templates
  std::optional<CallSpec> associate;
};

struct ObjectSpec {
  std::string name;                   // "contacts"
  std::string record;                 // type of ours that it is made of
  std::vector<std::string> required;  // properties without which the remote refuses
  std::string keys;  // path of the values by which the remote tells records apart; empty: none
  model::Mapping mapping;
  std::optional<model::TranscriptMapping> transcript;
  std::vector<LinkSpec> links;
  std::vector<FindStep> find;
  std::optional<CallSpec> create;  // not deduplicated by the remote
  std::optional<CallSpec> upsert;  // deduplicated by key; preferred
  std::optional<CallSpec> update, remove;

  const LinkSpec* link(std::string_view to) const;
  std::vector<std::string> property_names() const;
};

// A list of the remote's own, such as its users, in which a mapping looks values up.
struct DirectorySpec {
  std::string name;
  CallSpec call;           // gives pages; `match` is the path of what an entry is known by
  std::string groups;      // path in an entry of the list of groups it is in; empty: none
  std::string group_name;  // path in such a group
};

// How properties of the remote's objects are listed and made.
struct PropertySpec {
  CallSpec list, create;
  // Variables of `create` by type of field and by object.
  std::map<model::FieldType, std::vector<std::pair<std::string, Json>>> types;
  std::map<std::string, std::vector<std::pair<std::string, Json>>, std::less<>> with;
  std::vector<std::string> scopes;  // asked for beside the usual ones where they are made
};

struct ErrorRule {
  std::vector<int> statuses;
  std::string path = {}, is = {};  // when not empty: the body must hold this text there
  ErrorClass error = ErrorClass::kInvalid;
  std::string existing_path = {}, existing_after = {};  // kDuplicate: where the other id is told
};

struct Manifest {
  std::string vendor, title, base_url;
  std::string secret;              // name of the secret whose value is the bearer token
  std::optional<OAuthSpec> oauth;  // where access tokens come from, unless one is given
  CallSpec identity;               // who are we
  std::string account;             // path in its answer: the remote account
  size_t answer_bytes = 8 << 20;
  size_t request_bytes = 1 << 20;
  Micros settle = seconds(30);  // how long a sent request may still take effect unanswered
  QuotaSpec quotas;
  std::vector<ErrorRule> errors;
  std::vector<std::string> error_field;       // paths in an error body: the property refused
  std::vector<std::string> error_permission;  // likewise: the permission missing
  std::vector<DirectorySpec> directories;
  std::optional<PropertySpec> properties;
  std::vector<ObjectSpec> objects;  // what is depended on comes first
  std::string version;              // hash of the text; changes with every edit

  const ObjectSpec* object(std::string_view name) const;
};

// Errors name file, line, column, and what was probably meant.
Result<Manifest> load_manifest(std::string_view text, std::string_view name);

// The manifest with a connection's own mapping: {object: {property: as in `mapping`, or null for
// none}}. `name` is the document that `mapping` comes from, for errors.
Result<Manifest> customise(const Manifest& manifest, const YamlNode& mapping,
                           std::string_view name);

}  // namespace rapport::connect
