#include "decide/show_derived.h"

#include "decide/clocks.h"
#include "decide/scene.h"
#include "decide/series.h"
#include "decide/sla_explain.h"
#include "expr/functions/money.h"

namespace rapport::decide {

using model::Record;
using model::RecordKey;

namespace {

Json instant_text(const Json* micros) {
  return micros && micros->is_int() ? Json(format_time(Micros{micros->as_int()})) : Json();
}

Json show_reading(const Reading& reading) {
  Json shown = Json::object();
  switch (reading.kind) {
    case Reading::Kind::kAbsent:
      shown.set("value", nullptr).set("why", reason(reading.absence));
      break;
    case Reading::Kind::kInt:
      shown.set("value", reading.amount);
      break;
    case Reading::Kind::kDecimal:
      shown.set("value", static_cast<double>(reading.amount) / 1e6);
      break;
    case Reading::Kind::kMoney: {
      std::string text;
      expr::append_money(text, expr::Money{reading.amount, reading.currency});
      shown.set("value", text);
      break;
    }
    case Reading::Kind::kText:
      shown.set("value", reading.text);
      break;
  }
  shown.set("sample", reading.sample);
  if (reading.estimate) shown.set("estimate", true);
  if (reading.saturated) shown.set("saturated", true);
  return shown;
}

class Shower {
 public:
  Shower(const Step& step, const Definitions& definitions, const RecordKey& key, uint32_t object,
         Micros now)
      : step_(step),
        definitions_(definitions),
        key_(key),
        object_(object),
        now_(now),
        scene_(scene_of(step, definitions, key, now)) {
    const RecordKey side = derived_key(key);
    if (const Record* record = step.find(side.type, side.id)) side_ = &record->fields;
    fields_ = &step.find(key.type, key.id)->fields;
  }

  Json all() {
    Json out = Json::object();
    put(out, "metrics", metrics());
    put(out, "clocks", clocks());
    put(out, "scores", scores());
    put(out, "segments", segments());
    put(out, "stages", stages());
    put(out, "signals", signals());
    put(out, "sla", sla());
    put(out, "rollups", rollups());
    return out;
  }

 private:
  static void put(Json& out, std::string_view name, Json part) {
    if (!part.as_object().empty()) out.set(name, std::move(part));
  }
  const Json* kept(std::string_view part) const { return side_ ? side_->find(part) : nullptr; }

  Json metrics() const {
    Json out = Json::object();
    const Json* series = kept("series");
    for (const CompiledMetric& metric : definitions_.metrics) {
      if (metric.object != object_) continue;
      const std::string& name = metric.metric.name;
      const auto read = Series::read(metric.metric, series ? series->text(name) : "");
      out.set(name, read.ok() ? show_reading(read->value(*definitions_.zone, now_))
                              : Json::object().set("value", nullptr).set("why", "damaged"));
    }
    return out;
  }

  Json clocks() const {
    Json out = Json::object();
    const SceneView view(step_, definitions_, scene_);
    for (const CompiledClock& clock : definitions_.clocks) {
      if (clock.object != object_) continue;
      const Field& from = definitions_.vocabulary.object(object_).fields[clock.from];
      const auto at = view.instant_of(object_, clock.from);
      out.set(
          clock.spec->id,
          at ? Json(read_clock(*clock.spec, from.type, *at, *definitions_.zone, now_)) : Json());
    }
    return out;
  }

  Json line(const CompiledLine& line, const Json* lines) {
    Json out = Json::object().set("says", line.spec->says).set("add", line.spec->add);
    if (line.spec->standing) {
      Evaluation evaluation(step_, definitions_, scene_);
      return out.set("standing", true).set("holds", evaluation.holds(line.when));
    }
    const Json* had = lines ? lines->find(line.spec->id) : nullptr;
    out.set("count", had ? had->integer("n") : 0);
    const Json* sum = had ? had->find("sum") : nullptr;
    out.set("sum", sum ? *sum : Json(0));
    const Json* events = had ? had->find("events") : nullptr;
    return out.set("events", events ? *events : Json::array());
  }

  Json score(const CompiledScore& score) {
    const std::string& id = score.spec->id;
    const auto field = [&](const std::string& name) {
      const Json* value = fields_->find(name);
      return value ? *value : Json();
    };
    Json out = Json::object().set("value", field(id));
    if (!score.spec->bands.empty()) out.set("band", field(id + "_band"));
    for (const char* suffix : {"_previous", "_peak", "_trend", "_missing"})
      if (const Json* value = fields_->find(id + suffix)) out.set(suffix + 1, *value);
    Json parts = Json::object();
    for (const CompiledComponent& component : score.components)
      if (!component.spec->id.empty())
        parts.set(component.spec->id, field(id + "_" + component.spec->id));
    if (!parts.as_object().empty()) out.set("parts", std::move(parts));
    const Json* all = kept("scores");
    const Json* state = all ? all->find(id) : nullptr;
    if (!score.lines.empty()) {
      Json lines = Json::object();
      for (const CompiledLine& one : score.lines)
        lines.set(one.spec->id, line(one, state ? state->find("lines") : nullptr));
      out.set("lines", std::move(lines));
    }
    Json history = Json::array();
    if (const Json* rows = state ? state->find("history") : nullptr)
      for (const Json& row : rows->as_array())
        history.push_back(Json::object()
                              .set("at", instant_text(&row.as_array()[0]))
                              .set("value", row.as_array()[1]));
    return out.set("history", std::move(history));
  }

  Json scores() {
    Json out = Json::object();
    for (const CompiledScore& one : definitions_.scores)
      if (one.object == object_) out.set(one.spec->id, score(one));
    return out;
  }

  Json segments() const {
    Json out = Json::object();
    if (const Json* all = kept("segments"))
      for (const auto& [id, since] : all->as_object())
        if (!since.is_null()) out.set(id, since);
    return out;
  }

  Json stages() const {
    Json out = Json::object();
    if (const Json* all = kept("stages"))
      for (const auto& [id, stage] : all->as_object()) {
        Json one = stage;
        out.set(id, one.set("since", instant_text(stage.find("since"))));
      }
    return out;
  }

  Json signals() const {
    Json out = Json::object();
    if (const Json* all = kept("signals"))
      for (const auto& [id, record] : all->as_object())
        if (!record.is_null()) out.set(id, record);
    return out;
  }

  Json clock(const SlaClock& clock, const SlaTerms& terms) const {
    constexpr std::string_view kPhases[] = {"running", "paused", "met", "stopped"};
    constexpr std::string_view kKinds[] = {"earlier", "counted", "overdue", "paused", "holiday"};
    const auto time = [](const std::optional<Micros>& at) {
      return at ? Json(format_time(*at)) : Json();
    };
    const SlaExplanation told = explain(clock, terms, now_);
    Json segments = Json::array();
    for (const SlaSegment& segment : told.segments)
      segments.push_back(Json::object()
                             .set("kind", kKinds[static_cast<size_t>(segment.kind)])
                             .set("from", format_time(segment.from))
                             .set("to", format_time(segment.to))
                             .set("open_s", segment.open.value / 1'000'000)
                             .set("says", segment.says));
    return Json::object()
        .set("phase", kPhases[static_cast<size_t>(clock.phase)])
        .set("words", told.words)
        .set("due_at", time(clock.due_at))
        .set("started_at", format_time(clock.started_at))
        .set("warned_at", time(clock.warned_at))
        .set("met_at", time(clock.met_at))
        .set("breached_at", time(clock.breached_at))
        .set("reason", clock.reason)
        .set("left_s", told.left.value / 1'000'000)
        .set("paused_s", told.paused.value / 1'000'000)
        .set("segments", std::move(segments));
  }

  Json sla() const {
    const Json* kept = this->kept("sla");
    if (!kept) return Json::object();
    Json targets = Json::object();
    const auto terms = definitions_.sla.terms(kept->text("policy"));
    for (const std::string_view name : kSlaTargetNames) {
      const Json* one = kept->find(name);
      if (!one || !terms) continue;
      const auto read = sla_clock_from(*one);
      if (read.ok()) targets.set(name, clock(*read, *terms));
    }
    return Json::object()
        .set("policy", kept->text("policy"))
        .set("closed", kept->flag("closed"))
        .set("held", kept->text("held"))
        .set("targets", std::move(targets));
  }

  Json rollups() const {
    Json out = Json::object();
    const Json* all = kept("rollups");
    for (const CompiledRollup& rollup : definitions_.rollups) {
      if (rollup.object != object_) continue;
      const Json* state = all ? all->find(rollup.spec->id) : nullptr;
      const Json* value = fields_->find(rollup.spec->id);
      out.set(rollup.spec->id, Json::object()
                                   .set("records", state ? state->integer("n") : 0)
                                   .set("value", value ? *value : Json()));
    }
    return out;
  }

  const Step& step_;
  const Definitions& definitions_;
  const RecordKey& key_;
  uint32_t object_;
  Micros now_;
  Scene scene_;
  const Json* side_ = nullptr;
  const Json* fields_ = nullptr;
};

}  // namespace

Json show_derived(const Step& step, const Definitions& definitions, const RecordKey& key,
                  Micros now) {
  const uint32_t object = object_of(step, definitions, key);
  if (object == Vocabulary::kNone || !step.find(key.type, key.id)) return Json::object();
  return Shower(step, definitions, key, object, now).all();
}

}  // namespace rapport::decide
