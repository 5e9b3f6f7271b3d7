// A mail as people mean it, and the bytes that go to a mail server (RFC 5322, 2045 to 2047, 2231).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "connect/mail/address.h"

namespace rapport::connect {

struct Attachment {
  std::string name;  // of the file, UTF-8, no folders
  std::string type;  // "application/pdf", "text/html; charset=utf-8"
  std::string content;
};

// Ways out of a list or sequence (RFC 2369). With `url` mail programs unsubscribe by one POST to it
// (RFC 8058): it must do so without asking, and be https.
struct Unsubscribe {
  std::string url = {};
  std::string address = {};  // a mail to it unsubscribes
};

struct MailMessage {
  MailAddress from;
  std::vector<MailAddress> to = {}, cc = {}, bcc = {}, reply_to = {};
  std::string subject;
  std::string text = {}, html = {};  // the same said twice; one may be empty
  // An iCalendar object, shown beside text and html as an invitation, and its method.
  std::string calendar = {}, calendar_method = {};
  std::vector<Attachment> attachments = {};
  std::string message_id;  // "id@domain", from the effect's id: the same mail has the same
  Micros date;
  std::string in_reply_to = {};              // "id@domain"
  std::vector<std::string> references = {};  // likewise, oldest first
  std::string language = {};                 // BCP 47, of the texts
  Unsubscribe unsubscribe = {};
  bool automatic = true;  // tells answering machines to keep still (RFC 3834)
  std::vector<std::pair<std::string, std::string>> headers = {};  // further ones
};

struct ComposedMail {
  std::string from;  // for the envelope
  std::vector<std::string> recipients;
  std::string text;
  bool needs_utf8 = false;  // an address has letters beyond ASCII before the @ (RFC 6532)
};

// Equal messages give equal bytes. The error's `where` is the field ("subject", "to.0.name",
// "headers.List-Id"); its message names it too. A line break or control character in what becomes a
// header is refused, never mended. At most 100 recipients and 25 MiB.
Result<ComposedMail> compose_mail(const MailMessage& mail);

}  // namespace rapport::connect
