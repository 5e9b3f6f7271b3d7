#include "decide/read_sla.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/text.h"
#include "decide/read_formula.h"
#include "expr/functions/text_forms.h"

namespace rapport::decide {
namespace {

constexpr std::string_view kDays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr int64_t kDay = 86400;
constexpr int64_t kMostPercent = 1000;
const Micros kLongestTarget = days(366);

std::string capital(std::string_view word) {
  std::string text(word);
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
  return text;
}

// "calendar 'ofice' is not declared; did you mean 'office'?"
std::string unknown(std::string_view what, std::string_view word,
                    const std::vector<std::string>& known) {
  const std::string close = suggestion(word, known);
  return fmt::format("{0} '{1}' is not declared{2}", what, word,
                     close.empty() ? fmt::format("; declare it under '{}s'", what) : close);
}

class CalendarReader {
 public:
  CalendarReader(const YamlNode& node, std::string_view name, std::string_view workspace_zone,
                 const expr::Zones* zones, YamlDocument& document)
      : node_(node),
        zones_(zones),
        document_(document),
        fields_(node, fmt::format("calendar '{}'", name), document) {
    calendar_.name = name;
    calendar_.says = fields_.text_or("says", "");
    const std::string zone = fields_.text_or("zone", "workspace");
    calendar_.zone_name = zone == "workspace" ? std::string(workspace_zone) : zone;
  }

  SlaCalendar read() {
    calendar_.zone = expr::find_zone(calendar_.zone_name, zones_);
    if (calendar_.zone == nullptr) {
      refuse("zone", fmt::format("there is no time zone '{}': write one such as Europe/Berlin",
                                 calendar_.zone_name));
      calendar_.zone_name = "UTC";
      calendar_.zone = expr::find_zone("UTC", zones_);
    }
    text_ = calendar_.zone_name;
    read_week();
    read_holidays();
    calendar_.day = fields_.span("day", calendar_.day);
    const bool is_day = calendar_.day > Micros{} && calendar_.day <= days(1);
    if (!is_day && node_.find("day") != nullptr)
      refuse("day", "'day' must be open time of 1 s to 24 h");
    fields_.finish();
    auto hours = expr::BusinessCalendar::read(text_, zones_);
    if (!hours) {  // each part was read alone: only all together can be wrong
      document_.refuse(node_, hours.error().message);
      hours = expr::BusinessCalendar::read("UTC; 24/7", zones_);
    }
    calendar_.hours = *hours;
    return std::move(calendar_);
  }

 private:
  void refuse(std::string_view key, std::string_view message) {
    const YamlNode* at = node_.find(key);
    document_.refuse(at == nullptr ? node_ : *at, message);
  }

  // The open time of a day with these hours; refused hours are none.
  std::optional<Micros> check_hours(const YamlNode& node) {
    constexpr expr::Span kMonday{4 * kDay, 0}, kTuesday{5 * kDay, 0};
    const std::string_view text = std::string_view(node.text).substr(0, node.text.find(';'));
    const auto day = expr::BusinessCalendar::read(fmt::format("UTC; Mon {}", text), zones_);
    if (node.kind != YamlNode::Kind::kScalar || text != node.text || !day) {
      document_.refuse(
          node, day ? "hours must be a text such as \"09:00-17:30\""
                    : fmt::format("{}; write \"09:00-12:30, 13:30-18:00\"", day.error().message));
      return std::nullopt;
    }
    return to_micros((*day)->between(kMonday, kTuesday).value_or(expr::Span{}));
  }

  std::optional<size_t> weekday(const YamlNode& key, std::string_view word) {
    const auto found = std::find(std::begin(kDays), std::end(kDays), ascii_lower(word));
    if (found != std::end(kDays)) return static_cast<size_t>(found - std::begin(kDays));
    const std::vector<std::string> names(std::begin(kDays), std::end(kDays));
    document_.refuse(
        key, fmt::format("'{}' is no day such as mon or mon-fri{}", word, suggestion(word, names)));
    return std::nullopt;
  }

  void read_days(const YamlNode& key, const YamlNode& value) {
    const std::string_view text = key.text;
    const size_t dash = std::min(text.find('-'), text.size());
    const auto first = weekday(key, text.substr(0, dash));
    const auto last = dash == text.size() ? first : weekday(key, text.substr(dash + 1));
    const auto open = check_hours(value);
    if (!first || !last || !open) return;
    for (size_t day = *first;; day = (day + 1) % 7) {
      if (!named_.insert(day).second)
        document_.refuse(key,
                         fmt::format("'{}' has hours already: name each day once", kDays[day]));
      calendar_.week[day] = *open;
      text_ += fmt::format("; {} {}", capital(kDays[day]), value.text);
      if (day == *last) break;
    }
  }

  void read_week() {
    const size_t errors = document_.errors.size();
    const YamlNode* hours = fields_.require("hours");
    if (hours == nullptr) return;
    if (hours->kind == YamlNode::Kind::kScalar && hours->text == "24/7") {
      calendar_.week.fill(days(1));
      calendar_.always = true;
      text_ += "; 24/7";
    } else if (hours->kind == YamlNode::Kind::kMap) {
      for (const auto& [key, value] : hours->members) read_days(key, value);
    } else {
      document_.refuse(*hours, "'hours' must be 24/7 or hours by day: {mon-fri: \"09:00-17:00\"}");
      return;
    }
    calendar_.day = *std::max_element(calendar_.week.begin(), calendar_.week.end());
    if (calendar_.day > Micros{} || document_.errors.size() > errors) return;
    document_.refuse(
        *hours, fmt::format("calendar '{}' is never open: give a weekday hours", calendar_.name));
  }

  void read_holiday(const YamlNode& node) {
    YamlFields fields(node, "a holiday", document_);
    const std::string date = fields.text("date");
    Holiday holiday;
    holiday.says = fields.text_or("says", date);
    const YamlNode* hours = fields.take("hours");
    fields.finish();
    const auto midnight = parse_time(date);
    if (date.size() != 10 || !midnight) {
      if (!date.empty())
        document_.refuse(*node.find("date"), "'date' must be a day such as 2026-12-25");
      return;
    }
    holiday.day = to_span(*midnight).seconds / kDay;
    if (!dates_.insert(holiday.day).second) {
      document_.refuse(node, fmt::format("{} is a holiday already: name each date once", date));
      return;
    }
    holiday.closed = hours == nullptr || hours->text == "closed";
    if (!holiday.closed && !check_hours(*hours)) return;
    text_ += fmt::format("; {} {}", date, holiday.closed ? "closed" : hours->text);
    calendar_.always = false;
    calendar_.holidays.push_back(std::move(holiday));
  }

  void read_holidays() {
    const YamlNode* list = fields_.take("holidays");
    if (list == nullptr) return;
    if (list->kind != YamlNode::Kind::kList) document_.refuse(*list, "'holidays' must be a list");
    for (const YamlNode& node : list->items) read_holiday(node);
    std::sort(calendar_.holidays.begin(), calendar_.holidays.end(),
              [](const Holiday& a, const Holiday& b) { return a.day < b.day; });
  }

  const YamlNode& node_;
  const expr::Zones* zones_;
  YamlDocument& document_;
  YamlFields fields_;
  SlaCalendar calendar_;
  std::string text_;  // as BusinessCalendar reads it
  std::set<size_t> named_;
  std::set<int64_t> dates_;
};

class PolicyReader {
 public:
  PolicyReader(SlaDefinitions& read, YamlDocument& document) : read_(read), document_(document) {}

  void read(const YamlNode& node) {
    YamlFields fields(node, "an SLA policy", document_);
    SlaPolicy policy;
    policy.name = fields.text("policy");
    policy.says = fields.text_or("says", "");
    policy.object = fields.text("of");
    policy.by_rules = fields.choice("start", {"matching", "by_rules"}, 0) == 1;
    policy.when = read_formula(fields, document_, "when");
    policy.calendar = fields.text("calendar");
    const SlaCalendar* calendar = find_calendar(node, policy.calendar);
    read_targets(fields.require("targets"), calendar, policy);
    policy.pause_when = read_formula(fields, document_, "pause_when");
    policy.pause_says = fields.text_or("pause_says", "its condition to pause holds");
    read_warnings(fields.take("warn_at"), policy);
    read_steps(fields.take("escalate"), calendar, policy);
    policy.spec = fields.texts("spec");
    fields.finish();
    check_place(node, policy);
    read_.policies.push_back(std::move(policy));
  }

 private:
  const SlaCalendar* find_calendar(const YamlNode& node, const std::string& name) {
    const auto found = read_.calendars.find(name);
    if (found != read_.calendars.end()) return &found->second;
    std::vector<std::string> known;
    for (const auto& [each, calendar] : read_.calendars) known.push_back(each);
    if (!name.empty()) document_.refuse(*node.find("calendar"), unknown("calendar", name, known));
    return nullptr;
  }

  // "2d" is twice what the calendar calls a day; also "2 business days", "4 business hours".
  Micros open_span(YamlFields& fields, std::string_view key, const SlaCalendar* calendar) {
    const YamlNode* node = fields.take(key);
    if (node != nullptr && node->text.find(" business ") != std::string::npos)
      return business_span(*node, key, calendar);
    const Micros span = fields.span(key, {});
    if (calendar == nullptr || node == nullptr || !node->text.ends_with('d')) return span;
    return {span.value / days(1).value * calendar->day.value};
  }

  Micros business_span(const YamlNode& node, std::string_view key, const SlaCalendar* calendar) {
    const Micros day = calendar == nullptr ? days(1) : calendar->day;
    const std::vector<std::string_view> words = split(node.text, ' ');
    int64_t number = 0;
    const char* end = words[0].data() + words[0].size();
    const auto [stop, error] = std::from_chars(words[0].data(), end, number);
    const bool is_number = error == std::errc() && stop == end && number >= 0 && number <= 10'000;
    if (is_number && words.size() == 3 && words[1] == "business") {
      if (words[2] == "hour" || words[2] == "hours") return hours(number);
      if (words[2] == "day" || words[2] == "days") return {number * day.value};
    }
    document_.refuse(node, fmt::format("'{}' must be a span such as 30m, 4 business hours or 2 "
                                       "business days",
                                       key));
    return {};
  }

  void read_targets(const YamlNode* node, const SlaCalendar* calendar, SlaPolicy& policy) {
    if (node == nullptr) return;
    YamlFields fields(*node, "'targets'", document_);
    bool any = false;
    for (size_t target = 0; target < kSlaTargets; ++target) {
      const YamlNode* value = fields.take(kSlaTargetNames[target]);
      if (value == nullptr) continue;
      any = true;
      const size_t errors = document_.errors.size();
      policy.budget[target] = open_span(fields, kSlaTargetNames[target], calendar);
      const bool in_range =
          policy.budget[target] >= seconds(1) && policy.budget[target] <= kLongestTarget;
      if (!in_range && document_.errors.size() == errors)
        document_.refuse(*value, fmt::format("'{}' must be from 1s to 366 days of open time; leave "
                                             "it out for no such target",
                                             kSlaTargetNames[target]));
    }
    fields.finish();
    if (!any)
      document_.refuse(*node, "'targets' names none of first_response, next_response, resolution");
  }

  void read_warnings(const YamlNode* node, SlaPolicy& policy) {
    if (node == nullptr) return;
    const bool is_list = node->kind == YamlNode::Kind::kList;
    for (const YamlNode& item : is_list ? node->items : std::vector<YamlNode>{*node}) {
      const Json value = item.to_json();
      if (value.is_int() && value.as_int() >= 1 && value.as_int() <= 100) {
        policy.warn_at.push_back(value.as_int());
      } else {
        document_.refuse(item,
                         "'warn_at' must be percent of the target, from 1 to 100; what comes "
                         "after the breach is a step of 'escalate'");
      }
    }
    std::sort(policy.warn_at.begin(), policy.warn_at.end());
    const auto doubled = std::unique(policy.warn_at.begin(), policy.warn_at.end());
    policy.warn_at.erase(doubled, policy.warn_at.end());
  }

  SlaStep read_step(const YamlNode& node, const SlaCalendar* calendar) {
    YamlFields fields(node, "a step of 'escalate'", document_);
    SlaStep step;
    const bool at = fields.take("at") != nullptr, after = fields.take("after_breach") != nullptr;
    if (at == after)
      document_.refuse(node, "a step needs either 'at' (percent) or 'after_breach' (a span)");
    step.percent = fields.integer("at", 1, kMostPercent, 100);
    step.after_breach = open_span(fields, "after_breach", calendar);
    if (fields.take("target") != nullptr)
      step.target = static_cast<SlaTarget>(fields.choice("target", kSlaTargetNames, 0));
    for (const auto& member : node.members) {
      const std::string& key = member.first.text;
      if (key == "at" || key == "after_breach" || key == "target") continue;
      YamlNode action = member.first;
      action.kind = YamlNode::Kind::kMap;
      action.text.clear();
      action.members = {member};
      step.actions.push_back(std::move(action));
    }
    if (node.kind == YamlNode::Kind::kMap && step.actions.empty())
      document_.refuse(node, "a step needs something to do, such as notify: {role: manager}");
    return step;
  }

  void read_steps(const YamlNode* node, const SlaCalendar* calendar, SlaPolicy& policy) {
    if (node == nullptr) return;
    if (node->kind != YamlNode::Kind::kList) document_.refuse(*node, "'escalate' must be a list");
    for (const YamlNode& item : node->items) policy.steps.push_back(read_step(item, calendar));
  }

  // A policy must be able to hold, and be the only one of its name.
  void check_place(const YamlNode& node, const SlaPolicy& policy) {
    if (policy.by_rules && !policy.when.empty())
      document_.refuse(*node.find("when"),
                       "a policy that rules start has no 'when': the rule has it");
    for (const SlaPolicy& other : read_.policies) {
      if (other.name == policy.name && !policy.name.empty())
        document_.refuse(*node.find("policy"),
                         fmt::format("two policies are called '{}'", other.name));
      if (other.object != policy.object || other.by_rules || policy.by_rules) continue;
      if (!other.when.empty() && other.when.text != policy.when.text) continue;
      document_.refuse(node,
                       fmt::format("policy '{}' can never hold: '{}' before it {}; move it "
                                   "up, or have it started 'by_rules'",
                                   policy.name, other.name,
                                   !other.when.empty() ? "has the same 'when'" : "has no 'when'"));
      return;
    }
  }

  SlaDefinitions& read_;
  YamlDocument& document_;
};

}  // namespace

std::optional<SlaTerms> SlaDefinitions::terms(std::string_view policy) const {
  for (const SlaPolicy& each : policies) {
    if (each.name != policy) continue;
    const auto calendar = calendars.find(each.calendar);
    if (calendar != calendars.end()) return SlaTerms{&each, &calendar->second};
  }
  return std::nullopt;
}

SlaDefinitions read_sla(const YamlNode* calendars, const YamlNode* sla,
                        std::string_view workspace_zone, const expr::Zones* zones,
                        YamlDocument& document) {
  SlaDefinitions read;
  if (calendars != nullptr && calendars->kind != YamlNode::Kind::kMap)
    document.refuse(*calendars, "'calendars' must be calendars by name");
  for (const auto& [key, node] :
       calendars == nullptr ? std::vector<YamlNode::Member>{} : calendars->members) {
    read.calendars[key.text] =
        CalendarReader(node, key.text, workspace_zone, zones, document).read();
  }
  if (sla == nullptr) return read;
  if (sla->kind != YamlNode::Kind::kList) document.refuse(*sla, "'sla' must be a list of policies");
  PolicyReader reader(read, document);
  for (const YamlNode& node : sla->items) reader.read(node);
  return read;
}

}  // namespace rapport::decide
