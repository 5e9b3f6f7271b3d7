// rooms: connect
// Any bytes as a mail that was received: it is no report, or what it tells is one line of text
// each. The same bytes as fields of a mail to send: refused, or no field gets out of its place.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/text.h"
#include "connect/mail/encoding.h"
#include "connect/mail/message.h"
#include "connect/mail/report.h"

namespace {

using namespace rapport;
using namespace rapport::connect;

bool is_one_line(std::string_view text) {
  return is_utf8(text) && text.find_first_of("\r\n") == std::string_view::npos;
}

void check_report(std::string_view text) {
  const auto report = read_mail_report(text);
  if (!report) return;
  CHECK(is_one_line(report->original_message_id) && is_one_line(report->feedback));
  CHECK(report->recipients.size() <= 1000);
  for (const ReportedRecipient& one : report->recipients)
    CHECK(is_one_line(one.address) && is_one_line(one.diagnostic) && one.status.size() <= 9);
}

void check_mail(std::string_view text) {
  MailMessage mail;
  mail.from = {std::string(text), "a@b.example"};
  mail.to = {{"", "c@d.example"}};
  mail.subject = "s" + std::string(text);
  mail.text = "x" + std::string(text);
  mail.message_id = "1@b.example";
  mail.headers = {{"X-Note", std::string(text)}};
  mail.attachments = {{"f" + std::string(text), "text/plain", std::string(text)}};
  const auto composed = compose_mail(mail);
  if (!composed.ok()) return;
  size_t headers = 0;
  for (std::string_view line : split(composed->text, '\n')) {
    if (line == "\r") break;
    CHECK(line.ends_with('\r') && line.find('\r') + 1 == line.size() && line.size() <= 79);
    if (line[0] != ' ') ++headers;
  }
  CHECK(headers == 9);  // Date to MIME-Version, and Content-Type
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  check_report(text);
  check_mail(text);
  if (text.find_first_of("\r\n") == std::string_view::npos)
    CHECK(from_quoted_printable(to_quoted_printable(text)) == text);
  CHECK(from_base64_lines(to_base64_lines(text)) == text);
  check_address(text).ignore("only that it ends");
  return 0;
}
