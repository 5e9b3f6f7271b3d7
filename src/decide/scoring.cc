// Scores: points of events and facts, weighted components, and how they stand against earlier.
#include <algorithm>
#include <cmath>

#include "decide/clocks.h"
#include "decide/deriving.h"

namespace rapport::decide {

using model::RecordKey;

namespace {

constexpr Micros kKeptNear = days(60), kKeptFor = days(800);
constexpr size_t kDense = 48;        // changes kept one by one
constexpr size_t kMostSources = 20;  // events remembered per line

double round_to(double value, int decimals) {
  const double scale = std::pow(10.0, decimals);
  return std::round(value * scale) / scale;
}

double clamp(const ScoreSpec& score, double value) {
  if (score.least) value = std::max(value, *score.least);
  if (score.most) value = std::min(value, *score.most);
  return value;
}

Json as_number(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15)
    return Json(static_cast<int64_t>(value));
  return Json(value);
}

Json& member(Json& object, std::string_view name) {
  if (!object.find(name)) object.set(name, Json::object());
  return *object.edit(name);
}

const Json* state_of(const Rounds& rounds, const RecordKey& key, std::string_view score) {
  const Json* side = rounds.derived_now(key);
  const Json* all = side ? side->find("scores") : nullptr;
  return all ? all->find(score) : nullptr;
}

double figure(const Json* object, std::string_view name) {
  const Json* value = object ? object->find(name) : nullptr;
  return value && value->is_number() ? value->as_double() : 0;
}

// What a score came to, with its parts in the order of declaration.
struct Made {
  std::optional<double> value;
  std::vector<std::pair<std::string_view, std::optional<double>>> parts;
  Json missing = Json::array();
};

double line_sum(const Json* state, const CompiledLine& line, Evaluation& evaluation) {
  if (!line.spec->standing) {
    const Json* lines = state ? state->find("lines") : nullptr;
    return figure(lines ? lines->find(line.spec->id) : nullptr, "sum");
  }
  if (!evaluation.holds(line.when)) return 0;
  const bool once = !line.per.predicate && line.per.literal.is_null();
  const auto per = once ? std::optional(1.0) : evaluation.number(line.per);
  return per ? line.spec->add * *per : 0;
}

Made make_points(const CompiledScore& score, const Json* state, Evaluation& evaluation) {
  Made made;
  double total = state ? figure(state, "total") : score.spec->start;
  if (!state || !state->find("total")) total = score.spec->start;
  for (const CompiledLine& line : score.lines) {
    const double sum = line_sum(state, line, evaluation);
    if (line.spec->standing) total += sum;
    if (line.spec->part.empty()) continue;
    auto part = std::find_if(made.parts.begin(), made.parts.end(),
                             [&](const auto& one) { return one.first == line.spec->part; });
    if (part == made.parts.end())
      part = made.parts.insert(made.parts.end(), {line.spec->part, 0.0});
    *part->second += sum;
  }
  made.value = clamp(*score.spec, score.spec->share_of ? total / *score.spec->share_of : total);
  return made;
}

// CS-40: 0 to 100 against the ideal.
double normalise(const WeightedMetric& metric, double value) {
  if (metric.inverse) return value <= metric.ideal ? 100 : 100 * (metric.ideal + 1) / (value + 1);
  return std::clamp(100 * value / metric.ideal, 0.0, 100.0);
}

std::optional<double> make_component(const CompiledComponent& component, Evaluation& evaluation,
                                     Json& missing) {
  double sum = 0, weights = 0;
  for (const CompiledWeight& metric : component.metrics) {
    const auto value = evaluation.number(metric.value);
    if (!value) {
      missing.push_back(metric.spec->id);
      continue;
    }
    sum += metric.spec->weight * normalise(*metric.spec, *value);
    weights += metric.spec->weight;
  }
  if (weights <= 0) return std::nullopt;
  return std::round(sum / weights);
}

Made make_weighted(const CompiledScore& score, Evaluation& evaluation) {
  Made made;
  double sum = 0, weights = 0;
  for (const CompiledComponent& component : score.components) {
    const auto value = make_component(component, evaluation, made.missing);
    if (!component.spec->id.empty()) made.parts.emplace_back(component.spec->id, value);
    if (!value) continue;
    sum += component.spec->weight * *value;
    weights += component.spec->weight;
  }
  if (weights > 0) made.value = clamp(*score.spec, sum / weights);
  return made;
}

Made make(const CompiledScore& score, const Json* state, Evaluation& evaluation) {
  Made made;
  if (!score.lines.empty()) {
    made = make_points(score, state, evaluation);
  } else if (!score.components.empty()) {
    made = make_weighted(score, evaluation);
  } else if (const auto value = evaluation.number({Json(), score.value})) {
    made.value = clamp(*score.spec, *value);
  }
  if (made.value) made.value = round_to(*made.value, score.spec->decimals);
  return made;
}

Micros at_of(const Json& row) {
  return {row.as_array()[0].as_int()};
}

double value_of(const Json& row) {
  return row.as_array()[1].as_double();
}

// Changes one by one while they are few; then of each hour, of what is older than a day of each
// quarter of a day, and of what is older than the look-back of each day, the last and the highest.
int64_t bucket_of(const Json& row, Micros now) {
  const Micros at = at_of(row);
  const Micros width = at + days(1) > now ? hours(1) : at + days(8) > now ? hours(6) : days(1);
  return at.value / width.value * width.value;
}

Json::Array thinned(const Json::Array& rows, Micros now) {
  Json::Array kept;
  for (size_t i = 0; i < rows.size();) {
    size_t end = i, highest = i;
    for (; end < rows.size() && bucket_of(rows[end], now) == bucket_of(rows[i], now); ++end)
      if (value_of(rows[end]) > value_of(rows[highest])) highest = end;
    const bool recent = at_of(rows[i]) + days(8) > now;
    if (recent && highest + 1 != end) kept.push_back(rows[highest]);
    kept.push_back(rows[end - 1]);
    i = end;
  }
  return kept;
}

// What is older than two months goes to a record of its own, which is seldom written.
void put_away(Deriving& deriving, const std::string& score, Json::Array& rows) {
  const auto old = std::find_if(rows.begin(), rows.end(), [&](const Json& row) {
    return at_of(row) + kKeptNear > deriving.now();
  });
  if (old == rows.begin()) return;
  const RecordKey& key = deriving.key();
  Json& fields = deriving.rounds().step().edit(model::kHistory, key.type + "/" + key.id).fields;
  if (!fields.find(score)) fields.set(score, Json::array());
  auto& all = fields.edit(score)->edit_array();
  all.insert(all.end(), rows.begin(), old);
  std::erase_if(all, [&](const Json& row) { return at_of(row) + kKeptFor < deriving.now(); });
  rows.erase(rows.begin(), old);
}

Json history_row(const Made& made, Micros now) {
  Json::Array row{Json(now.value), as_number(*made.value)};
  for (const auto& [name, value] : made.parts) row.push_back(value ? as_number(*value) : Json());
  return row;
}

void keep(Deriving& deriving, const CompiledScore& score, const Made& made) {
  Json& all = member(deriving.rounds().derived(deriving.key()), "scores");
  Json& state = member(all, score.spec->id);
  if (!state.find("history")) state.set("history", Json::array());
  auto& rows = state.edit("history")->edit_array();
  Json row = history_row(made, deriving.now());
  if (!rows.empty() && at_of(rows.back()) == deriving.now()) {
    rows.back() = std::move(row);
  } else {
    rows.push_back(std::move(row));
  }
  if (rows.size() <= kDense) return;
  rows = thinned(rows, deriving.now());
  put_away(deriving, score.spec->id, rows);
}

// What the present figure is compared with; `column` 1 is the score, then its parts.
struct Earlier {
  std::optional<double> previous, peak;
};

Earlier look_back(const Json::Array& rows, size_t column, Micros now, Micros span) {
  Earlier earlier;
  const Micros since = now - span;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i].as_array();
    if (row.size() <= column || !row[column].is_number()) continue;
    const double value = row[column].as_double();
    const bool current = i + 1 == rows.size();
    if (at_of(rows[i]) <= since || (!earlier.previous && !current)) {
      earlier.previous = value;
    }
    // It stood until the next one came.
    const bool stood = !current && at_of(rows[i + 1]) > since;
    if (stood) earlier.peak = std::max(earlier.peak.value_or(value), value);
  }
  if (!earlier.peak && rows.size() > 1) {
    const auto& before = rows[rows.size() - 2].as_array();
    if (before.size() > column && before[column].is_number())
      earlier.peak = before[column].as_double();
  }
  return earlier;
}

std::string trend(const ScoreSpec& score, std::optional<double> now, std::optional<double> before,
                  std::string_view up, std::string_view down) {
  if (!now || !before) return "stable";
  const double change = *now - *before;
  if (change > score.improving) return std::string(up);
  if (change < score.declining) return std::string(down);
  return "stable";
}

void compare(Deriving& deriving, const CompiledScore& score, const Made& made) {
  const std::string& id = score.spec->id;
  const Json* state = state_of(deriving.rounds(), deriving.key(), id);
  const Json* history = state ? state->find("history") : nullptr;
  if (!history) return;
  const Json::Array& rows = history->as_array();  // beside the record that is written here
  const Earlier earlier = look_back(rows, 1, deriving.now(), score.spec->look_back);
  const auto shown = [](std::optional<double> value) { return value ? as_number(*value) : Json(); };
  deriving.set(score.names.previous, shown(earlier.previous));
  deriving.set(score.names.peak, shown(earlier.peak));
  deriving.set(score.names.trend,
               trend(*score.spec, made.value, earlier.previous, "improving", "declining"));
  if (score.components.empty()) return;
  for (size_t i = 0; i < made.parts.size(); ++i) {
    const Earlier part = look_back(rows, i + 2, deriving.now(), score.spec->look_back);
    deriving.set(score.names.parts[i].trend,
                 trend(*score.spec, made.parts[i].second, part.previous, "up", "down"));
  }
}

std::string band_of(const ScoreSpec& score, double value) {
  for (const Band& band : score.bands)
    if (value >= band.from) return band.name;
  return {};
}

void tell_changes(Deriving& deriving, const CompiledScore& score, const Made& made,
                  std::optional<double> before, const std::string& band_before, bool silent) {
  const std::string& id = score.spec->id;
  const std::string band = made.value ? band_of(*score.spec, *made.value) : std::string();
  if (!score.spec->bands.empty())
    deriving.set(score.names.band, band.empty() ? Json() : Json(band));
  const bool entered = band != band_before && !band.empty();
  if (silent || (made.value == before && !entered)) return;
  Json trigger = Json::object();
  trigger.set("value", made.value ? as_number(*made.value) : Json());
  trigger.set("previous", before ? as_number(*before) : Json());
  if (made.value != before) deriving.tell(score.names.changed, trigger);
  if (!entered) return;
  trigger.set("from", band_before.empty() ? Json() : Json(band_before)).set("to", band);
  deriving.tell("score." + id + "." + band + ".entered", std::move(trigger));
}

}  // namespace

void derive_score(Deriving& deriving, const CompiledScore& score) {
  const std::string& id = score.spec->id;
  const RecordKey& key = deriving.key();
  Rounds& rounds = deriving.rounds();
  Evaluation& evaluation = deriving.evaluation();
  const Json* state = state_of(rounds, key, id);
  const bool known = state && state->find("history");
  const Made made = make(score, state, evaluation);
  const auto before = deriving.number(id);
  const model::Record* record = rounds.step().find(key.type, key.id);
  const std::string band_before(record->fields.text(score.names.band));
  deriving.set(id, made.value ? as_number(*made.value) : Json());
  bool parts_changed = false;
  for (size_t i = 0; i < made.parts.size(); ++i) {
    const auto value = made.parts[i].second;
    parts_changed |= deriving.number(score.names.parts[i].field) != value;
    deriving.set(score.names.parts[i].field, value ? as_number(*value) : Json());
  }
  if (!score.components.empty())
    deriving.set(score.names.missing, made.missing.as_array().empty() ? Json() : made.missing);
  if (made.value && (made.value != before || parts_changed || !known)) keep(deriving, score, made);
  compare(deriving, score, made);
  const bool silent = !known && rounds.was_there_before(key, score.spec->pack);
  tell_changes(deriving, score, made, before, band_before, silent);
}

bool add_line(Rounds& rounds, const CompiledScore& score, const CompiledLine& line,
              const Scene& scene, Evaluation& evaluation) {
  if (scene.id(score.object).empty()) return false;
  const PointsLine& spec = *line.spec;
  if (!evaluation.holds(line.when)) return false;
  const bool plain = !line.per.predicate && line.per.literal.is_null();
  const auto per = plain ? std::optional(1.0) : evaluation.number(line.per);
  if (!per) return false;
  const RecordKey key = key_of(rounds.definitions(), score.object, scene.id(score.object));
  if (spec.once_per != "event") {
    std::string name = "record";
    if (spec.once_per != "record") {
      const uint32_t object = rounds.definitions().vocabulary.find_object(spec.once_per);
      if (object == Vocabulary::kNone || scene.id(object).empty()) return false;
      name = scene.id(object);
    }
    if (!rounds.once(key, score.spec->id + "/" + spec.id, name)) return false;
  }
  Json& state = member(member(rounds.derived(key), "scores"), score.spec->id);
  const double had = state.find("total") ? figure(&state, "total") : score.spec->start;
  const double total = clamp(*score.spec, had + spec.add * *per);
  state.set("total", as_number(total));
  Json& row = member(member(state, "lines"), spec.id);
  row.set("n", row.integer("n") + 1);
  row.set("sum", as_number(figure(&row, "sum") + (total - had)));
  if (!row.find("events")) row.set("events", Json::array());
  auto& events = row.edit("events")->edit_array();
  const model::Event& source = scene.event ? *scene.event : rounds.step().event();
  events.push_back(Json(source.sequence.value));
  if (events.size() > kMostSources) events.erase(events.begin());
  return true;
}

std::optional<Micros> next_score_change(const Rounds& rounds, const RecordKey& key, uint32_t object,
                                        const FieldSet* changed) {
  std::optional<Micros> next;
  for (const CompiledScore& score : rounds.definitions().scores) {
    if (score.object != object || (changed && !changed->meets(score.fields))) continue;
    const Json* state = state_of(rounds, key, score.spec->id);
    const Json* history = state ? state->find("history") : nullptr;
    if (!history || history->as_array().size() < 2) continue;
    const auto& rows = history->as_array();
    const auto row = std::partition_point(rows.begin(), rows.end(), [&](const Json& one) {
      return at_of(one) + score.spec->look_back <= rounds.now();
    });
    if (row == rows.end()) continue;
    const Micros at = at_of(*row) + score.spec->look_back;
    if (!next || at < *next) next = at;
  }
  return next;
}

}  // namespace rapport::decide
