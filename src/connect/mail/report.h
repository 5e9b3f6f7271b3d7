// What mail servers report about mail that was sent: delivery status notifications (RFC 3464, 6533)
// and feedback reports such as "this is spam" (RFC 5965).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rapport::connect {

enum class ReportAction {
  kFailed,
  kDelayed,  // the server goes on trying
  kDelivered,
  kRelayed,   // to a server that does not report
  kExpanded,  // to a list
  kUnknown,   // not told, or not one of these
};
std::string_view name(ReportAction action);

struct ReportedRecipient {
  std::string address;  // as it was sent to, where the report knows it
  ReportAction action = ReportAction::kUnknown;
  std::string status = {};      // RFC 3463, "5.1.1"; empty: not told
  std::string diagnostic = {};  // the refusing server's words on one line, at most 500 bytes

  // This mail will not reach it.
  bool failed_for_good() const;
  // No mail ever will: there is no such mailbox or domain, or it is disabled.
  bool address_is_dead() const;
};

struct MailReport {
  enum class Kind { kDelivery, kFeedback };
  Kind kind = Kind::kDelivery;
  std::vector<ReportedRecipient> recipients = {};  // at most 1,000; may be empty in kFeedback
  std::string feedback = {};                       // of kFeedback: "abuse", "not-spam" …
  std::string original_message_id = {};            // without < and >; empty: not told
};

// None: the mail is no such report. Anybody can write one: act only where the Message-ID is of a
// mail that was sent, and went to that recipient. Mail over 10 MiB is none; parts are looked for
// four deep.
std::optional<MailReport> read_mail_report(std::string_view mail);

}  // namespace rapport::connect
