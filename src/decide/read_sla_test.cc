#include "decide/read_sla.h"

#include <gtest/gtest.h>

namespace rapport::decide {
namespace {

// The errors of a document, one a line, without its name.
std::string errors(std::string_view text) {
  static const auto zones = expr::open_system_zones().value();
  const auto yaml = parse_yaml(text, "p");
  if (!yaml) return yaml.error().message;
  YamlDocument document{.name = "p"};
  read_sla(yaml->find("calendars"), yaml->find("sla"), "Europe/Berlin", zones.get(), document);
  std::string all;
  for (const Error& error : document.errors)
    all += (all.empty() ? "" : "\n") + error.message.substr(std::string_view("p:").size());
  return all;
}

std::string in_calendar(const std::string& body) {
  return errors("calendars:\n  office:\n    " + body);
}
std::string in_policy(const std::string& body) {
  return errors("calendars: {office: {hours: {mon-fri: \"09:00-17:00\"}}}\nsla:\n" + body);
}

struct Wrong {
  std::string text, error;
};

TEST(ReadSla, RefusesWrongCalendarsWithPlaceAndRemedy) {
  const Wrong wrong[] = {
      {"hours: {}", "3:12: calendar 'office' is never open: give a weekday hours"},
      {"hours: {mon: closed}", "3:12: calendar 'office' is never open: give a weekday hours"},
      {"zone: UTC", "3:5: calendar 'office' needs 'hours'"},
      {"hours: sometimes",
       "3:12: 'hours' must be 24/7 or hours by day: {mon-fri: \"09:00-17:00\"}"},
      {"hours: {mon: \"09:00-12:00, 11:00-17:00\"}",
       "3:18: '09:00-12:00, 11:00-17:00': hours must be in order and must not overlap; write "
       "\"09:00-12:30, 13:30-18:00\""},
      {"hours: {mon: \"17:00-09:00\"}",
       "3:18: '17:00-09:00' are no hours such as 09:00-17:30; write \"09:00-12:30, 13:30-18:00\""},
      {"hours: {mon: \"09:00-17:00; Sun 09:00-17:00\"}",
       "3:18: hours must be a text such as \"09:00-17:30\""},
      {"hours: {mon-fir: \"09:00-17:00\"}",
       "3:13: 'fir' is no day such as mon or mon-fri; did you mean 'fri'?"},
      {"hours: {mon-fri: \"09:00-17:00\", fri: \"09:00-12:00\"}",
       "3:37: 'fri' has hours already: name each day once"},
      {"{zone: Europe/Berlim, hours: 24/7}",
       "3:12: there is no time zone 'Europe/Berlim': write one such as Europe/Berlin"},
      {"{hours: 24/7, holidays: [{date: 2026-02-30}]}",
       "3:37: 'date' must be a day such as 2026-12-25"},
      {"{hours: 24/7, holidays: [{date: 2026-12-25}, {date: 2026-12-25, says: x}]}",
       "3:50: 2026-12-25 is a holiday already: name each date once"},
      {"{hours: 24/7, day: 30h}", "3:24: 'day' must be open time of 1 s to 24 h"},
      {"{hours: 24/7, holiday: []}",
       "3:19: calendar 'office' has no 'holiday'; did you mean 'holidays'?"},
  };
  for (const auto& [text, error] : wrong) EXPECT_EQ(in_calendar(text), error) << text;
}

TEST(ReadSla, RefusesWrongPoliciesWithPlaceAndRemedy) {
  const Wrong wrong[] = {
      {"  - {policy: a, of: ticket, calendar: ofice, targets: {resolution: 1h}}",
       "3:39: calendar 'ofice' is not declared; did you mean 'office'?"},
      {"  - {policy: a, of: ticket, calendar: elsewhere, targets: {resolution: 1h}}",
       "3:39: calendar 'elsewhere' is not declared; declare it under 'calendars'"},
      {"  - {policy: a, of: ticket, calendar: office, targets: {resolution: 0h}}",
       "3:69: 'resolution' must be from 1s to 366 days of open time; leave it out for no such "
       "target"},
      {"  - {policy: a, of: ticket, calendar: office, targets: {resolution: 2 business weeks}}",
       "3:69: 'resolution' must be a span such as 30m, 4 business hours or 2 business days"},
      {"  - {policy: a, of: ticket, calendar: office, targets: {}}",
       "3:56: 'targets' names none of first_response, next_response, resolution"},
      {"  - {policy: a, of: ticket, calendar: office, targets: {resolution: 1h}, warn_at: [75, "
       "120]}",
       "3:88: 'warn_at' must be percent of the target, from 1 to 100; what comes after the breach "
       "is a step of 'escalate'"},
      {"  - {policy: a, of: ticket, calendar: office, targets: {resolution: 1h}}\n"
       "  - {policy: b, of: deal, calendar: office, targets: {resolution: 1h}}\n"
       "  - {policy: c, of: ticket, when: x, calendar: office, targets: {resolution: 1h}}",
       "5:5: policy 'c' can never hold: 'a' before it has no 'when'; move it up, or have it "
       "started "
       "'by_rules'"},
      {"  - {policy: a, of: ticket, when: x, calendar: office, targets: {resolution: 1h}}\n"
       "  - {policy: b, of: ticket, when: x, calendar: office, targets: {resolution: 1h}}",
       "4:5: policy 'b' can never hold: 'a' before it has the same 'when'; move it up, or have it "
       "started 'by_rules'"},
      {"  - {policy: a, of: ticket, when: x, calendar: office, targets: {resolution: 1h}}\n"
       "  - {policy: a, of: deal, when: x, calendar: office, targets: {resolution: 1h}}",
       "4:14: two policies are called 'a'"},
      {"  - {policy: a, of: ticket, start: by_rules, when: x, calendar: office, targets: "
       "{resolution: 1h}}",
       "3:52: a policy that rules start has no 'when': the rule has it"},
      {"  - {policy: a, of: ticket, calendar: office, targets: {resolution: 1h}, escalate: [{at: "
       "75}]}",
       "3:85: a step needs something to do, such as notify: {role: manager}"},
      {"  - {policy: a, of: ticket, calendar: office, targets: {resolution: 1h}, escalate: "
       "[{notify: x}]}",
       "3:85: a step needs either 'at' (percent) or 'after_breach' (a span)"},
  };
  for (const auto& [text, error] : wrong) EXPECT_EQ(in_policy(text), error) << text;
}

TEST(ReadSla, PoliciesThatRulesStartShadowNothing) {
  EXPECT_EQ(in_policy("  - {policy: a, of: ticket, start: by_rules, calendar: office, targets: "
                      "{resolution: 1h}}\n"
                      "  - {policy: b, of: ticket, calendar: office, targets: {resolution: 1h}}\n"
                      "  - {policy: c, of: ticket, start: by_rules, calendar: office, targets: "
                      "{resolution: 1h}}"),
            "");
}

TEST(ReadSla, GoesOnAfterMistakesOfAnyShape) {
  for (const char* text :
       {"calendars: []\nsla: {}", "calendars: {a: }\nsla: [x, {}, {}]",
        "calendars: {a: {hours: [], holidays: x, day: x}}\nsla: [{escalate: x, warn_at: {}, "
        "targets: x, policy: [], calendar: {}}]",
        "calendars: {a: {hours: {mon: [x]}, holidays: [x, {date: x, hours: []}]}}\nsla: "
        "[{escalate: [x, {at: x, after_breach: y, target: z, do: }]}]"})
    EXPECT_NE(errors(text), "") << text;
}

}  // namespace
}  // namespace rapport::decide
