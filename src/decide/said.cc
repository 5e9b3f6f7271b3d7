#include "decide/said.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace rapport::decide {

using learn::TextSignals;

namespace {

constexpr std::string_view kTexts[] = {"subject",     "title",    "text",  "body",
                                       "description", "feedback", "reason"};
constexpr size_t kMostRequirements = 5;

std::string text_of(const model::Event& event) {
  std::string all;
  for (std::string_view name : kTexts) {
    const auto text = event.property(name);
    if (text.empty()) continue;
    if (!all.empty()) all += '\n';
    all += text;
  }
  return all;
}

void add_once(Json& list, std::string_view value) {
  const auto& all = list.as_array();
  if (std::find(all.begin(), all.end(), Json(value)) == all.end()) list.push_back(value);
}

void add_given(Json& list, const model::Event& event, std::string_view name) {
  const Json* given = event.properties.find(name);
  if (!given || !given->is_array()) return;
  for (const Json& one : given->as_array())
    if (one.is_string()) add_once(list, one.as_string());
}

std::optional<int64_t> number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<int64_t> span_days(std::string_view span) {
  const char unit = span.empty() ? ' ' : span.back();
  const auto count = number(span.substr(0, span.empty() ? 0 : span.size() - 1));
  if (!count) return std::nullopt;
  if (unit == 'D') return count;
  if (unit == 'W') return *count * 7;
  if (unit == 'M') return std::max<int64_t>(*count, 1) * 30;  // "this month": within 30 days
  if (unit == 'Y') return std::max<int64_t>(*count, 1) * 365;
  return std::nullopt;
}

// Money as expressions read it: without a currency in the workspace's.
std::string money_text(const learn::MoneyRange& range) {
  int64_t unit = 1;
  for (int digit = 0; digit < range.digits; ++digit) unit *= 10;
  std::string text = std::to_string(range.high / unit);
  if (range.digits > 0) text += fmt::format(".{:0{}}", std::abs(range.high % unit), range.digits);
  if (!range.currency.empty()) text += " " + range.currency;
  return text;
}

void add_entities(Json& said, const TextSignals& signals, const model::Event& event) {
  Json competitors = Json::array(), emails = Json::array(), features = Json::array();
  for (const learn::Entity& entity : signals.entities) {
    if (entity.kind == "competitor") add_once(competitors, entity.value);
    if (entity.kind == "email") add_once(emails, entity.value);
    if (entity.kind == "feature") add_once(features, entity.value);
    if (entity.kind == "use_case" && !said.find("use_case")) said.set("use_case", entity.value);
    if (entity.kind == "role" || entity.kind == "title") said.set("decision_maker", true);
    if (entity.money && !said.find("amount")) {
      said.set("amount", money_text(*entity.money));
      if (signals.intent("budget")) said.set("budget", money_text(*entity.money));
    }
    if (entity.number && entity.kind == "company_size")
      said.set("company_size", static_cast<double>(entity.number->high));
    if (entity.kind == "timeline" && !said.find("timeline_days"))
      if (const auto days = timeline_days(entity.value, event.at))
        said.set("timeline_days", static_cast<double>(*days));
  }
  said.set("competitors", std::move(competitors)).set("emails", std::move(emails));
  if (!features.as_array().empty()) said.set("features", std::move(features));
}

void add_requirements(Json& said, const TextSignals& signals, std::string_view text) {
  const learn::Signal* technical = signals.intent("technical");
  if (!technical) return;
  Json all = Json::array();
  for (const learn::Evidence& evidence : technical->evidence)
    if (all.as_array().size() < kMostRequirements)
      add_once(all, learn::sentence_around(text, evidence));
  said.set("requirements", std::move(all));
}

// Of "2026-06-15" that day, of a month its 28th, of a quarter that of its last month.
std::optional<Micros> last_day(std::string_view timeline) {
  std::string date(timeline);
  if (date.size() == 7 && date[5] == 'Q') {
    const auto quarter = number(date.substr(6));
    if (!quarter || *quarter < 1 || *quarter > 4) return std::nullopt;
    date = fmt::format("{}{:02}", date.substr(0, 5), *quarter * 3);
  }
  if (date.size() == 7) date += "-28";
  if (date.size() != 10) return std::nullopt;
  const auto day = parse_time(date);
  return day.ok() ? std::optional(*day) : std::nullopt;
}

constexpr int kYearsAhead = 8;  // until there is a 29 February, whatever the century

// "Q3", "--06" and "--06-15" name no year: the first that is not over.
std::optional<Micros> next_time(std::string_view timeline, Micros at) {
  const auto year = number(format_time(at).substr(0, 4));
  if (!year) return std::nullopt;
  const std::string_view rest = timeline.starts_with("--") ? timeline.substr(2) : timeline;
  for (int64_t next = *year; next <= *year + kYearsAhead; ++next) {
    const auto day = last_day(fmt::format("{:04}-{}", next, rest));
    if (day && *day + days(1) > at) return day;
  }
  return std::nullopt;
}

// What the sender knows better than the words tell.
constexpr std::string_view kGiven[] = {"budget",   "company_size",   "timeline_days",
                                       "use_case", "decision_maker", "requirements"};

}  // namespace

std::optional<int64_t> timeline_days(std::string_view timeline, Micros at) {
  if (timeline.starts_with('P')) return span_days(timeline.substr(1));
  const auto day = timeline.starts_with("--") || timeline.starts_with('Q') ? next_time(timeline, at)
                                                                           : last_day(timeline);
  if (!day) return std::nullopt;
  const int64_t left = (*day - at).value;
  return left <= 0 ? 0 : (left + days(1).value - 1) / days(1).value;
}

Json read_said(const learn::TextReader* reader, const model::Event& event) {
  if (event.type == model::kMessageSent) {
    const auto author = event.property("author");
    if (!author.empty() && author != "customer") return {};
  }
  Json intents = Json::array(), topics = Json::array();
  add_given(intents, event, "intents");
  add_given(topics, event, "topics");
  const std::string text = text_of(event);
  const auto given = event.property("sentiment");
  if (text.empty() && intents.as_array().empty() && topics.as_array().empty() && given.empty())
    return {};
  Json said = Json::object();
  if (!text.empty()) said.set("text", text);
  if (reader && !text.empty()) {
    const TextSignals signals = reader->read(text, event.property("language"));
    for (const learn::Signal& one : signals.intents) add_once(intents, one.name);
    for (const learn::Signal& one : signals.topics) add_once(topics, one.name);
    said.set("sentiment", name(signals.sentiment.polarity));
    if (!signals.sentiment.finer.empty()) said.set("feeling", signals.sentiment.finer);
    add_entities(said, signals, event);
    add_requirements(said, signals, text);
  }
  if (!given.empty()) said.set("sentiment", given);
  for (std::string_view part : kGiven)
    if (const Json* value = event.properties.find(part); value && !value->is_null())
      said.set(part, value->is_int() && part != "budget" ? Json(value->as_double()) : *value);
  Json competitors = said.find("competitors") ? *said.find("competitors") : Json::array();
  add_given(competitors, event, "competitors");
  said.set("competitors", std::move(competitors));
  said.set("intents", std::move(intents)).set("topics", std::move(topics));
  return said;
}

}  // namespace rapport::decide
