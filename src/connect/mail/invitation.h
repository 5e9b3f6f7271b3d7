// Invitations to meetings and their withdrawal as iCalendar objects (RFC 5545, 5546).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "connect/mail/message.h"

namespace rapport::connect {

struct Attendee {
  MailAddress who;
  bool optional = false;
};

struct Invitation {
  enum class Method { kRequest, kCancel };

  Method method = Method::kRequest;
  std::string uid;   // the meeting's for ever, at most 250 printable ASCII characters
  int sequence = 0;  // one more at each change and at the withdrawal: a lower one is ignored
  MailAddress organiser;
  std::vector<Attendee> attendees;
  std::string summary;  // one line
  std::string description = {}, location = {};
  std::string url = {};                      // https, of the conference
  Micros start, end;                         // whole seconds count
  std::string zone = {};                     // IANA name in which people read the time; empty: UTC
  Micros stamp;                              // when this was written
  std::optional<Micros> remind_before = {};  // whole minutes; not in a withdrawal
};

// Lines end with CR LF and are folded at 75 bytes. Equal invitations give equal bytes with equal
// zone files. The error's `where` is the field ("attendees.0.who.name"). At most 100 attendees.
Result<std::string> write_invitation(const Invitation& invitation);

// Puts it into a mail both ways that calendars look for: beside the texts and as invite.ics.
void attach_invitation(const Invitation& invitation, const std::string& calendar,
                       MailMessage& mail);

}  // namespace rapport::connect
