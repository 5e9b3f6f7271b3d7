// The mapped view: what the remote objects made from one record should hold.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "base/json.h"
#include "connect/manifest.h"
#include "model/record.h"

namespace rapport::connect {

// The pure functions of decide, handed in by main.
struct Mapper {
  std::function<model::MappedFields(const model::Mapping&, const Json& source)> map_fields;
  std::function<std::vector<std::string>(const model::TranscriptMapping&, const Json& source,
                                         std::string_view reference)>
      render_transcript;
};

// An association the view wants; more than one target means: the first that the remote has.
struct LinkWish {
  const LinkSpec* spec = nullptr;
  std::vector<model::RecordKey> targets = {};
  bool any_of = false;
};

// One remote object. Most records make one part; a long transcript makes several.
struct View {
  const ObjectSpec* object = nullptr;
  model::RecordKey record;
  int part = 0;
  Json properties = Json::object();  // texts
  // Have a value that could not be resolved: they stay as they are at the remote.
  std::vector<model::Unresolved> unresolved = {};
  std::vector<std::string> chosen = {};  // properties only a new record is given
  std::vector<std::string> keys = {};
  std::string marker = {};  // by which its transcript is recognised; empty: none
  std::vector<LinkWish> links = {};
};

// Whether a record that the remote has should have the view's value of that property.
bool settles(const View& view, std::string_view property);

// The parts of one object, at least one. `sends`: types of record this connection writes; links to
// others are left out.
std::vector<View> make_views(const Manifest& manifest, const ObjectSpec& object,
                             const model::RecordKey& record, const Json& source,
                             const Mapper& mapper, const std::vector<std::string>& sends);

// Name of the first required property without a value; empty when all are there.
std::string missing_property(const View& view);

// What the log keeps of a value that was sent: 16 hex digits, of no use without the key.
std::string value_hash(const Key& key, std::string_view object, std::string_view property,
                       std::string_view value);

std::string shadow_id(std::string_view connection, std::string_view object,
                      const model::RecordKey& record, int part);
// "companies:account/acc_1"
std::string link_key(std::string_view object, const model::RecordKey& record);

}  // namespace rapport::connect
