#include "store/state_digest.h"

namespace rapport::store {
namespace {

constexpr size_t kBlock = 64 * 1024;  // part of the digest's definition

Json number(auto n) {
  return Json(static_cast<int64_t>(n));
}

}  // namespace

void StateDigest::add(const model::Record& record) {
  block_ += "[\"record\",";
  append_text(block_, Json(record.key.type));
  block_ += ',';
  append_text(block_, Json(record.key.id));
  block_ +=
      ',' + std::to_string(record.created.value) + ',' + std::to_string(record.version.value) + ',';
  block_ += to_canonical_text(record.fields);
  block_ += ',';
  block_ += to_canonical_text(record.provenance);
  block_ += "]\n";
  if (block_.size() >= kBlock) finish();
}

void StateDigest::add(const model::IndexEntry& entry, const std::string& id) {
  add_row(Json::Array{"entry", entry.type, entry.field, entry.value, id});
}

void StateDigest::add(const model::Timer& timer) {
  add_row(Json::Array{"timer", timer.id, number(timer.due.value), timer.record.type,
                      timer.record.id, timer.kind});
}

void StateDigest::add(const model::Mark& mark) {
  add_row(Json::Array{"mark", mark.connection, mark.record.type, mark.record.id,
                      number(mark.version.value), number(static_cast<int>(mark.urgency))});
}

void StateDigest::add_row(const Json& row) {
  append_text(block_, row);
  block_ += '\n';
  if (block_.size() >= kBlock) finish();
}

Hash StateDigest::finish() {
  hash_ = sha256({bytes_of(hash_), block_});
  block_.clear();
  return hash_;
}

}  // namespace rapport::store
