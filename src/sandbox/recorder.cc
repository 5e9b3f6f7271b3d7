#include "sandbox/recorder.h"

#include <algorithm>

namespace rapport::sandbox {
namespace {

Json show(const RecordedRequest& request) {
  Json json = Json::object();
  json.set("n", request.n).set("at", format_time_micros(request.at));
  json.set("method", request.method).set("path", request.path);
  json.set("token", request.token < 0 ? Json() : Json(request.token));
  json.set("status", request.status);
  json.set("fault", request.fault.empty() ? Json() : Json(request.fault));
  json.set("inputs", static_cast<int64_t>(request.inputs));
  json.set("refused_for_quota", request.refused_for_quota);
  return json;
}

}  // namespace

void Recorder::add(RecordedRequest request) {
  request.n = ++last_;
  if (request.refused_for_quota) ++refused_for_quota_;
  if (!request.fault.empty()) ++faulted_;
  kept_.push_back(std::move(request));
  if (kept_.size() > most_) kept_.pop_front();
}

void Recorder::clear() {
  kept_.clear();
  last_ = refused_for_quota_ = faulted_ = 0;
}

Json Recorder::after(uint64_t n) const {
  const uint64_t dropped = last_ - kept_.size();
  Json list = Json::array();
  for (uint64_t i = std::max(n, dropped); i < last_; ++i) list.push_back(show(kept_[i - dropped]));
  Json answer = Json::object();
  answer.set("requests", std::move(list)).set("last", last_);
  answer.set("refused_for_quota", refused_for_quota_).set("faulted", faulted_);
  return answer;
}

}  // namespace rapport::sandbox
