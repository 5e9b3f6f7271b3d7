#include "connect/mail/report.h"

#include <algorithm>

#include "base/text.h"
#include "connect/mail/mime_part.h"
#include "net/smtp_dialogue.h"

namespace rapport::connect {
namespace {

constexpr size_t kMaxMail = size_t{10} * 1024 * 1024;
constexpr size_t kMaxDepth = 4;
constexpr size_t kMaxRecipients = 1000;
constexpr size_t kMaxAddress = 320;
constexpr size_t kMaxWords = 500;
constexpr size_t kMaxId = 500;

std::string one_line(std::string_view text, size_t most) {
  std::string out(trim(text));
  const bool readable = is_utf8(out);
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !readable)) c = ' ';
  }
  return std::string(cut_utf8(out, most));
}

std::string_view without_brackets(std::string_view text) {
  text = trim(text);
  if (text.starts_with('<') && text.ends_with('>') && text.size() >= 2)
    text = text.substr(1, text.size() - 2);
  return text;
}

// "rfc822; ana@acme.example"
std::string typed_address(std::string_view value) {
  const size_t semicolon = value.find(';');
  if (semicolon != std::string_view::npos) value.remove_prefix(semicolon + 1);
  return one_line(without_brackets(value), kMaxAddress);
}

ReportAction action_of(std::string_view text) {
  const std::string word = ascii_lower(trim(text));
  for (const ReportAction action :
       {ReportAction::kFailed, ReportAction::kDelayed, ReportAction::kDelivered,
        ReportAction::kRelayed, ReportAction::kExpanded})
    if (word == name(action)) return action;
  return ReportAction::kUnknown;
}

// "smtp; 550 5.1.1 no such user", without the type.
std::string_view diagnostic_words(std::string_view value) {
  const size_t semicolon = value.find(';');
  return semicolon == std::string_view::npos ? trim(value) : trim(value.substr(semicolon + 1));
}

// Servers that leave Status out often have it in their words.
std::string status_of(std::string_view status, std::string_view words) {
  std::string told = net::enhanced_status(trim(status));
  if (!told.empty() || words.size() < 4) return told;
  return net::enhanced_status(words.substr(4));
}

class ReportReader {
 public:
  void visit(std::string_view entity, size_t depth) {
    std::string_view body;
    const MailFields fields = read_fields(entity, &body);
    const ContentType content = read_content_type(field(fields, "content-type"));
    if (content.type.starts_with("multipart/")) {
      const auto boundary = content.parameters.find("boundary");
      if (depth == kMaxDepth || boundary == content.parameters.end()) return;
      for (std::string_view part : split_parts(body, boundary->second)) visit(part, depth + 1);
      return;
    }
    if (depth == 0) return;  // a report is never the whole mail
    const std::string text = decode_body(body, field(fields, "content-transfer-encoding"));
    const std::string_view type = content.type;
    if (type == "message/delivery-status" || type == "message/global-delivery-status") {
      read_status(text);
    } else if (type == "message/feedback-report") {
      read_feedback(text);
    } else if (type == "message/rfc822" || type == "message/global" ||
               type == "text/rfc822-headers" || type == "message/global-headers") {
      const std::string id =
          one_line(without_brackets(field(read_fields(text), "message-id")), kMaxId);
      if (report.original_message_id.empty()) report.original_message_id = id;
    }
  }

  MailReport report;
  bool found = false;

 private:
  void read_status(std::string_view text) {
    if (found) return;
    found = true;
    while (!text.empty()) {
      const MailFields group = read_fields(text, &text);
      const std::string_view original = field(group, "original-recipient");
      const std::string_view final = field(group, "final-recipient");
      if (original.empty() && final.empty()) continue;  // about the whole mail
      const std::string_view words = diagnostic_words(field(group, "diagnostic-code"));
      if (report.recipients.size() == kMaxRecipients) return;
      report.recipients.push_back(
          {typed_address(original.empty() ? final : original), action_of(field(group, "action")),
           status_of(field(group, "status"), words), one_line(words, kMaxWords)});
    }
  }

  void read_feedback(std::string_view text) {
    if (found) return;
    found = true;
    report.kind = MailReport::Kind::kFeedback;
    const MailFields fields = read_fields(text);
    report.feedback = ascii_lower(one_line(field(fields, "feedback-type"), 60));
    for (const auto& [name, value] : fields) {
      if (name != "original-rcpt-to" || report.recipients.size() == kMaxRecipients) continue;
      report.recipients.push_back({.address = typed_address(value)});
    }
  }
};

}  // namespace

std::string_view name(ReportAction action) {
  constexpr std::string_view kNames[] = {"failed",  "delayed",  "delivered",
                                         "relayed", "expanded", "unknown"};
  return kNames[static_cast<size_t>(action)];
}

bool ReportedRecipient::failed_for_good() const {
  return action == ReportAction::kFailed && (status.empty() || status[0] == '5');
}

bool ReportedRecipient::address_is_dead() const {
  constexpr std::string_view kDead[] = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"};
  return failed_for_good() &&
         std::find(std::begin(kDead), std::end(kDead), status) != std::end(kDead);
}

std::optional<MailReport> read_mail_report(std::string_view mail) {
  if (mail.size() > kMaxMail) return std::nullopt;
  ReportReader reader;
  reader.visit(mail, 0);
  if (!reader.found) return std::nullopt;
  if (reader.report.kind == MailReport::Kind::kDelivery && reader.report.recipients.empty())
    return std::nullopt;
  if (reader.report.original_message_id.empty())  // some servers quote nothing and answer to it
    reader.report.original_message_id =
        one_line(without_brackets(field(read_fields(mail), "in-reply-to")), kMaxId);
  return std::move(reader.report);
}

}  // namespace rapport::connect
