#include "connect/mail/invitation.h"

#include <date/date.h>
#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "base/text.h"
#include "connect/mail/message_headers.h"

namespace rapport::connect {
namespace {

using Seconds = std::chrono::seconds;
using Instant = date::sys_seconds;

constexpr size_t kLine = 75;  // bytes, RFC 5545 3.1
constexpr size_t kMaxAttendees = 100;
constexpr size_t kMaxText = 20'000;
constexpr Micros kLongest = days(366);

Error wrong(const std::string& field, std::string_view what) {
  return invalid(fmt::format("The invitation's {} {}.", field, what), field);
}

Instant instant_of(Micros time) {
  return Instant(date::floor<Seconds>(std::chrono::microseconds(time.value)));
}

// The civil time that a count of seconds shows, whatever its zone.
std::string civil(Seconds since_1970) {
  const auto day = date::floor<date::days>(since_1970);
  const date::year_month_day ymd{date::sys_days(day)};
  const date::hh_mm_ss<Seconds> time(since_1970 - day);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}", static_cast<int>(ymd.year()),
                     static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

std::string offset_text(Seconds offset) {
  const long long total = offset.count() < 0 ? -offset.count() : offset.count();
  std::string text =
      fmt::format("{}{:02}{:02}", offset.count() < 0 ? '-' : '+', total / 3600, total / 60 % 60);
  if (total % 60 != 0) text += fmt::format("{:02}", total % 60);
  return text;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\r') {
      if (i + 1 == text.size() || text[i + 1] != '\n') out += "\\n";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '\\' || c == ';' || c == ',') out.push_back('\\');
      out.push_back(c);
    }
  }
  return out;
}

// A parameter in quotes; RFC 6868 for what these may not hold.
std::string parameter(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"') {
      out += "^'";
    } else if (c == '^') {
      out += "^^";
    } else {
      out.push_back(c);
    }
  }
  return out + '"';
}

Result<void> check_text(std::string_view text, const std::string& field) {
  if (text.size() > kMaxText) return wrong(field, "is longer than 20,000 bytes");
  if (!is_utf8(text)) return wrong(field, "is not UTF-8");
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7f)
      return wrong(field, "holds a control character: remove it");
  }
  return {};
}

Result<const date::time_zone*> zone_of(const std::string& name) {
  try {
    return date::locate_zone(name);
  } catch (const std::runtime_error&) {
    return wrong("zone", fmt::format("'{}' is no time zone: give an IANA name such as "
                                     "Europe/Madrid",
                                     cut_utf8(name, 60)));
  }
}

class CalendarWriter {
 public:
  explicit CalendarWriter(const Invitation& invitation) : of_(invitation) {}

  Result<std::string> write() {
    TRY(check());
    line("BEGIN:VCALENDAR");
    line("VERSION:2.0");
    line("PRODID:-//Rapport//Rapport//EN");
    line("CALSCALE:GREGORIAN");
    line(cancels() ? "METHOD:CANCEL" : "METHOD:REQUEST");
    if (zone_ != nullptr) write_zone();
    TRY(write_event());
    line("END:VCALENDAR");
    return std::move(out_);
  }

 private:
  bool cancels() const { return of_.method == Invitation::Method::kCancel; }

  Result<void> check() {
    const bool plain =
        std::all_of(of_.uid.begin(), of_.uid.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    if (of_.uid.empty() || of_.uid.size() > 250 || !plain)
      return wrong("uid", "must be 1 to 250 printable ASCII characters");
    if (of_.sequence < 0) return wrong("sequence", "is below 0");
    if (of_.end <= of_.start) return wrong("end", "is not after its start");
    if (of_.end - of_.start > kLongest) return wrong("end", "is more than a year after its start");
    if (of_.attendees.empty()) return wrong("attendees", "are none");
    if (of_.attendees.size() > kMaxAttendees) return wrong("attendees", "are more than 100");
    TRY(check_header_value(of_.summary, "summary", "invitation"));
    if (trim(of_.summary).empty()) return wrong("summary", "is empty");
    TRY(check_text(of_.description, "description"));
    TRY(check_text(of_.location, "location"));
    const bool url = std::all_of(of_.url.begin(), of_.url.end(),
                                 [](char c) { return c > 0x20 && c < 0x7f && c != '"'; });
    if (!of_.url.empty() && (!url || !of_.url.starts_with("https://")))
      return wrong("url", "is no https address");
    if (!of_.zone.empty()) {
      TRY_ASSIGN(zone_, zone_of(of_.zone));
    }
    return {};
  }

  // What holds around the meeting, not the zone's whole history: a sub-component for each offset.
  void write_zone() {
    line("BEGIN:VTIMEZONE");
    line("TZID:" + of_.zone);
    for (Instant at = instant_of(of_.start);;) {
      const date::sys_info here = zone_->get_info(at);
      const bool always = here.begin < Instant(date::sys_days(date::year(1900) / 1 / 1));
      const Seconds before = always ? here.offset : zone_->get_info(here.begin - Seconds(1)).offset;
      const bool summer = here.save.count() != 0;
      line(summer ? "BEGIN:DAYLIGHT" : "BEGIN:STANDARD");
      line("DTSTART:" + (always ? std::string("19700101T000000")
                                : civil(here.begin.time_since_epoch() + before)));
      line("TZOFFSETFROM:" + offset_text(before));
      line("TZOFFSETTO:" + offset_text(here.offset));
      line("TZNAME:" + here.abbrev);
      line(summer ? "END:DAYLIGHT" : "END:STANDARD");
      if (here.end > instant_of(of_.end)) break;
      at = here.end;
    }
    line("END:VTIMEZONE");
  }

  Result<void> write_event() {
    line("BEGIN:VEVENT");
    line("UID:" + of_.uid);
    line(fmt::format("SEQUENCE:{}", of_.sequence));
    line("DTSTAMP:" + utc(of_.stamp));
    line("DTSTART" + time(of_.start));
    line("DTEND" + time(of_.end));
    line("SUMMARY:" + escaped(of_.summary));
    if (!of_.description.empty()) line("DESCRIPTION:" + escaped(of_.description));
    if (!of_.location.empty()) line("LOCATION:" + escaped(of_.location));
    if (!of_.url.empty()) line("URL:" + of_.url);
    TRY(write_person("ORGANIZER", "", of_.organiser, "organiser"));
    for (size_t i = 0; i < of_.attendees.size(); ++i) {
      const Attendee& one = of_.attendees[i];
      const std::string role = fmt::format(";CUTYPE=INDIVIDUAL;ROLE={}{}",
                                           one.optional ? "OPT-PARTICIPANT" : "REQ-PARTICIPANT",
                                           cancels() ? "" : ";PARTSTAT=NEEDS-ACTION;RSVP=TRUE");
      TRY(write_person("ATTENDEE", role, one.who, fmt::format("attendees.{}.who", i)));
    }
    line(cancels() ? "STATUS:CANCELLED" : "STATUS:CONFIRMED");
    line(cancels() ? "TRANSP:TRANSPARENT" : "TRANSP:OPAQUE");
    if (of_.remind_before && !cancels()) write_reminder();
    line("END:VEVENT");
    return {};
  }

  Result<void> write_person(std::string_view name, const std::string& role,
                            const MailAddress& person, const std::string& field) {
    const auto checked = check_address(person.address);
    if (!checked.ok()) return wrong(field + ".address", checked.error().message);
    TRY(check_header_value(person.name, field + ".name", "invitation"));
    const std::string called = trim(person.name).empty() ? "" : ";CN=" + parameter(person.name);
    line(fmt::format("{}{}{}:{}", name, role, called, mailto(*checked)));
    return {};
  }

  void write_reminder() {
    line("BEGIN:VALARM");
    line("ACTION:DISPLAY");
    line("DESCRIPTION:" + escaped(of_.summary));
    line(fmt::format("TRIGGER:-PT{}M", of_.remind_before->value / minutes(1).value));
    line("END:VALARM");
  }

  static std::string utc(Micros time) { return civil(instant_of(time).time_since_epoch()) + "Z"; }

  // The parameters and value of a time, with the colon.
  std::string time(Micros time) const {
    if (zone_ == nullptr) return ":" + utc(time);
    const Instant at = instant_of(time);
    return fmt::format(";TZID={}:{}", of_.zone,
                       civil(at.time_since_epoch() + zone_->get_info(at).offset));
  }

  void line(std::string_view text) {
    size_t room = kLine;
    while (text.size() > room) {
      const std::string_view part = cut_utf8(text, room);
      out_.append(part).append("\r\n ");
      text.remove_prefix(part.size());
      room = kLine - 1;
    }
    out_.append(text).append("\r\n");
  }

  const Invitation& of_;
  const date::time_zone* zone_ = nullptr;
  std::string out_;
};

}  // namespace

Result<std::string> write_invitation(const Invitation& invitation) {
  return CalendarWriter(invitation).write();
}

void attach_invitation(const Invitation& invitation, const std::string& calendar,
                       MailMessage& mail) {
  const bool cancels = invitation.method == Invitation::Method::kCancel;
  mail.calendar = calendar;
  mail.calendar_method = cancels ? "CANCEL" : "REQUEST";
  mail.attachments.push_back({"invite.ics", "application/ics", calendar});
}

}  // namespace rapport::connect
