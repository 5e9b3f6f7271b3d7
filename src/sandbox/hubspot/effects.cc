#include "sandbox/hubspot/effects.h"

#include <algorithm>

namespace rapport::sandbox::hubspot {

void Effects::begin(std::string method, std::string path, Micros at) {
  ++request_;
  method_ = std::move(method);
  path_ = std::move(path);
  at_ = at;
}

void Effects::add(Effect effect) {
  effect.n = effects_.size() + 1;
  effect.request = request_;
  effect.at = at_;
  effect.method = method_;
  effect.path = path_;
  effects_.push_back(std::move(effect));
}

void Effects::mark_lost() {
  for (auto effect = effects_.rbegin(); effect != effects_.rend() && effect->request == request_;
       ++effect)
    effect->lost = true;
}

Json Effects::after(uint64_t n) const {
  Json list = Json::array();
  for (uint64_t i = std::min<uint64_t>(n, effects_.size()); i < effects_.size(); ++i) {
    const Effect& effect = effects_[i];
    Json names = Json::array();
    for (const std::string& name : effect.properties) names.push_back(name);
    Json entry = Json::object();
    entry.set("n", effect.n)
        .set("request", effect.request)
        .set("at", format_time_micros(effect.at));
    entry.set("method", effect.method).set("path", effect.path).set("action", effect.action);
    entry.set("object", effect.object).set("id", effect.id).set("properties", std::move(names));
    if (!effect.other_id.empty())
      entry.set("to", Json::object().set("object", effect.other_object).set("id", effect.other_id));
    entry.set("lost", effect.lost);
    list.push_back(std::move(entry));
  }
  Json answer = Json::object();
  answer.set("effects", std::move(list)).set("last", last()).set("requests", requests());
  return answer;
}

}  // namespace rapport::sandbox::hubspot
