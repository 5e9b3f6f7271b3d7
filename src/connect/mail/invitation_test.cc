#include "connect/mail/invitation.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace rapport::connect {
namespace {

Invitation review() {
  Invitation meeting;
  meeting.uid = "0af3@rapport.example";
  meeting.organiser = {"Eva", "eva@rapport.example"};
  meeting.attendees = {{{"Lee, Ana \"A\"", "ana@acme.example"}}, {{"", "bo@acme.example"}, true}};
  meeting.summary = "Review; first, of 2026";
  meeting.description = "Value\nNext quarter";
  meeting.location = "Room \\1";
  meeting.url = "https://meet.example/x?a=1,2";
  meeting.start = parse_time("2026-03-02T09:00:00Z").value();
  meeting.end = parse_time("2026-03-02T10:00:00Z").value();
  meeting.stamp = parse_time("2026-02-20T08:00:00Z").value();
  return meeting;
}

std::string text_of(const Invitation& meeting) {
  return write_invitation(meeting).value();
}
bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(Invitation, IsARequestToEachAttendee) {  // CS-74
  Invitation meeting = review();
  meeting.remind_before = minutes(15);
  EXPECT_EQ(text_of(meeting),
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Rapport//Rapport//EN\r\n"
            "CALSCALE:GREGORIAN\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:0af3@rapport.example\r\n"
            "SEQUENCE:0\r\nDTSTAMP:20260220T080000Z\r\nDTSTART:20260302T090000Z\r\n"
            "DTEND:20260302T100000Z\r\nSUMMARY:Review\\; first\\, of 2026\r\n"
            "DESCRIPTION:Value\\nNext quarter\r\nLOCATION:Room \\\\1\r\n"
            "URL:https://meet.example/x?a=1,2\r\n"
            "ORGANIZER;CN=\"Eva\":mailto:eva@rapport.example\r\n"
            "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=\r\n"
            " TRUE;CN=\"Lee, Ana ^'A^'\":mailto:ana@acme.example\r\n"
            "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=OPT-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=\r\n"
            " TRUE:mailto:bo@acme.example\r\n"
            "STATUS:CONFIRMED\r\nTRANSP:OPAQUE\r\n"
            "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Review\\; first\\, of 2026\r\n"
            "TRIGGER:-PT15M\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
}

TEST(Invitation, IsWithdrawnUnderTheSameUid) {
  Invitation meeting = review();
  meeting.method = Invitation::Method::kCancel;
  meeting.sequence = 2;
  meeting.remind_before = minutes(15);
  const std::string text = text_of(meeting);
  EXPECT_TRUE(holds(text, "METHOD:CANCEL\r\n") && holds(text, "STATUS:CANCELLED\r\n"));
  EXPECT_TRUE(holds(text, "UID:0af3@rapport.example\r\nSEQUENCE:2\r\n"));
  EXPECT_FALSE(holds(text, "RSVP") || holds(text, "VALARM"));
}

TEST(Invitation, TellsTimesInAZoneWithWhatHoldsThere) {
  Invitation meeting = review();
  meeting.zone = "Europe/Madrid";
  const std::string text = text_of(meeting);
  EXPECT_TRUE(holds(text,
                    "BEGIN:VTIMEZONE\r\nTZID:Europe/Madrid\r\nBEGIN:STANDARD\r\n"
                    "DTSTART:20251026T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n"
                    "TZNAME:CET\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"))
      << text;
  EXPECT_TRUE(holds(text,
                    "DTSTART;TZID=Europe/Madrid:20260302T100000\r\n"
                    "DTEND;TZID=Europe/Madrid:20260302T110000\r\n"));
}

TEST(Invitation, AMeetingOverAChangeOfTheClockHasBothOffsets) {
  Invitation meeting = review();
  meeting.zone = "America/New_York";
  meeting.start = parse_time("2026-03-08T06:30:00Z").value();
  meeting.end = parse_time("2026-03-08T07:30:00Z").value();
  const std::string text = text_of(meeting);
  EXPECT_TRUE(holds(
      text,
      "BEGIN:STANDARD\r\nDTSTART:20251102T020000\r\nTZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\n"));
  EXPECT_TRUE(holds(
      text,
      "BEGIN:DAYLIGHT\r\nDTSTART:20260308T020000\r\nTZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\n"));
  EXPECT_TRUE(holds(text,
                    "DTSTART;TZID=America/New_York:20260308T013000\r\n"
                    "DTEND;TZID=America/New_York:20260308T033000\r\n"));
}

TEST(Invitation, AZoneThatNeverChangesHasOneOffset) {
  Invitation meeting = review();
  meeting.zone = "Etc/UTC";
  EXPECT_TRUE(holds(text_of(meeting),
                    "BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
                    "TZOFFSETFROM:+0000\r\nTZOFFSETTO:+0000\r\n"));
}

TEST(Invitation, LinesAreFoldedWithoutCuttingCharacters) {
  Invitation meeting = review();
  meeting.description.clear();
  for (int i = 0; i < 100; ++i) meeting.description += i < 50 ? "😀ñ" : "text of seven bits";
  const std::string text = text_of(meeting);
  std::string unfolded;
  for (std::string_view line : split(text, '\n')) {
    EXPECT_LE(line.size(), 76u);
    EXPECT_TRUE(is_utf8(line));
    unfolded += line.starts_with(' ') ? line.substr(1, line.size() - 2)
                                      : line.substr(0, line.size() - !line.empty());
  }
  EXPECT_TRUE(holds(unfolded, "DESCRIPTION:" + meeting.description));
}

TEST(Invitation, SaysWhichFieldIsWrong) {
  struct Case {
    std::string_view where;
    void (*spoil)(Invitation&);
  };
  const Case cases[] = {
      {"uid", [](Invitation& one) { one.uid = "a\nb"; }},
      {"uid", [](Invitation& one) { one.uid = ""; }},
      {"sequence", [](Invitation& one) { one.sequence = -1; }},
      {"end", [](Invitation& one) { one.end = one.start; }},
      {"end", [](Invitation& one) { one.end = one.start + days(400); }},
      {"attendees", [](Invitation& one) { one.attendees.clear(); }},
      {"attendees.1.who.address", [](Invitation& one) { one.attendees[1].who.address = "bo"; }},
      {"attendees.0.who.name", [](Invitation& one) { one.attendees[0].who.name = "A\nX:y"; }},
      {"organiser.address", [](Invitation& one) { one.organiser.address = ""; }},
      {"summary", [](Invitation& one) { one.summary = "a\r\nATTENDEE:mailto:x@y"; }},
      {"summary", [](Invitation& one) { one.summary = " "; }},
      {"description", [](Invitation& one) { one.description = std::string("a\0b", 3); }},
      {"location", [](Invitation& one) { one.location = "\xff"; }},
      {"url", [](Invitation& one) { one.url = "javascript:alert(1)"; }},
      {"url", [](Invitation& one) { one.url = "https://x\r\ny"; }},
      {"zone", [](Invitation& one) { one.zone = "Mars/Olympus"; }},
  };
  for (const Case& one : cases) {
    Invitation meeting = review();
    one.spoil(meeting);
    const auto written = write_invitation(meeting);
    ASSERT_FALSE(written.ok()) << one.where;
    EXPECT_EQ(written.error().where, one.where) << written.error().message;
  }
}

TEST(Invitation, GoesIntoAMailBothWays) {
  MailMessage mail;
  Invitation meeting = review();
  attach_invitation(meeting, "BEGIN:VCALENDAR\r\n", mail);
  EXPECT_EQ(mail.calendar_method, "REQUEST");
  EXPECT_EQ(mail.attachments.front().name, "invite.ics");
}

}  // namespace
}  // namespace rapport::connect
