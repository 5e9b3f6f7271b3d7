#include "connect/mail/message.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/text.h"
#include "connect/mail/encoding.h"
#include "connect/mail/message_headers.h"

namespace rapport::connect {
namespace {

constexpr size_t kMaxBytes = size_t{25} * 1024 * 1024;

struct Part {
  std::string headers, body;
};

// Bodies of leaves are quoted-printable or base64, in which "=_" cannot stand; the rest sets parts
// of one mail, and mails within mails, apart.
std::string boundary(const MailMessage& mail, char part) {
  const Hash hash = sha256({"boundary ", mail.message_id});
  return fmt::format("=_{}{}", part, to_hex(bytes_of(hash).substr(0, 12)));
}

Part text_part(std::string_view type, std::string_view text) {
  return {fmt::format("Content-Type: {}; charset=utf-8\r\n"
                      "Content-Transfer-Encoding: quoted-printable\r\n",
                      type),
          to_quoted_printable(text)};
}

Part multipart(std::string_view type, const std::string& boundary, const std::vector<Part>& parts) {
  Part whole;
  whole.headers =
      fmt::format("Content-Type: multipart/{};\r\n boundary=\"{}\"\r\n", type, boundary);
  for (const Part& part : parts)
    whole.body += fmt::format("--{}\r\n{}\r\n{}\r\n", boundary, part.headers, part.body);
  whole.body += fmt::format("--{}--\r\n", boundary);
  return whole;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$&-^_.+").find(c) != std::string_view::npos;
  });
}

// "type/subtype" with parameters that are tokens.
bool is_media_type(std::string_view type) {
  const auto pieces = split(type, ';');
  const std::string_view whole = trim(pieces[0]);
  const size_t slash = whole.find('/');
  if (slash == std::string_view::npos || !is_token(whole.substr(0, slash)) ||
      !is_token(whole.substr(slash + 1)))
    return false;
  return std::all_of(pieces.begin() + 1, pieces.end(), [](std::string_view piece) {
    const size_t equals = piece.find('=');
    return equals != std::string_view::npos && is_token(trim(piece.substr(0, equals))) &&
           is_token(trim(piece.substr(equals + 1)));
  });
}

Result<Part> attachment_part(const Attachment& attachment, size_t number) {
  const std::string field = fmt::format("attachments.{}", number);
  const auto wrong = [&](std::string_view part, std::string_view what) {
    const std::string where = fmt::format("{}.{}", field, part);
    return invalid(fmt::format("The mail's {} {}.", where, what), where);
  };
  TRY(check_header_value(attachment.name, field + ".name"));
  if (trim(attachment.name).empty() || attachment.name.find_first_of("/\\") != std::string::npos)
    return wrong("name", "must be the name of a file, without folders");
  const std::string lower = ascii_lower(attachment.type);
  if (!is_media_type(attachment.type) || attachment.type.size() > 200 ||
      lower.starts_with("multipart/") || lower.starts_with("message/"))
    return wrong("type", "must be a media type such as application/pdf");
  HeaderLine disposition("Content-Disposition");
  disposition.add("attachment");
  disposition.add_parameter("filename", attachment.name);
  HeaderLine type("Content-Type");
  type.add(attachment.type);
  return Part{std::move(type).take() + "Content-Transfer-Encoding: base64\r\n" +
                  std::move(disposition).take(),
              to_base64_lines(attachment.content)};
}

Result<Part> texts_part(const MailMessage& mail) {
  std::vector<Part> parts;
  if (!mail.text.empty()) parts.push_back(text_part("text/plain", mail.text));
  if (!mail.html.empty()) parts.push_back(text_part("text/html", mail.html));
  if (parts.empty()) return invalid("The mail has neither text nor html.", "text");
  if (!mail.calendar.empty()) {
    if (!is_token(mail.calendar_method))
      return invalid("The mail's calendar_method must be such as REQUEST.", "calendar_method");
    parts.push_back({fmt::format("Content-Type: text/calendar; charset=utf-8; method={}\r\n"
                                 "Content-Transfer-Encoding: base64\r\n",
                                 mail.calendar_method),
                     to_base64_lines(mail.calendar)});
  }
  if (parts.size() == 1) return std::move(parts[0]);
  return multipart("alternative", boundary(mail, 'a'), parts);
}

Result<void> check_texts(const MailMessage& mail) {
  for (const auto& [field, text] : {std::pair("text", &mail.text), std::pair("html", &mail.html),
                                    std::pair("calendar", &mail.calendar)})
    if (!is_utf8(*text)) return invalid(fmt::format("The mail's {} is not UTF-8.", field), field);
  size_t bytes = mail.text.size() + mail.html.size() + mail.calendar.size();
  for (const Attachment& attachment : mail.attachments) bytes += attachment.content.size() / 3 * 4;
  if (bytes <= kMaxBytes) return {};
  return Error{Code::kTooLarge,
               "The mail is larger than 25 MiB, which few servers take: attach less.",
               Retryable::kNo, "attachments"};
}

}  // namespace

Result<ComposedMail> compose_mail(const MailMessage& mail) {
  TRY_ASSIGN(MailHead head, write_head(mail));
  TRY(check_texts(mail));
  TRY_ASSIGN(Part body, texts_part(mail));
  if (!mail.attachments.empty()) {
    std::vector<Part> parts = {std::move(body)};
    for (size_t i = 0; i < mail.attachments.size(); ++i) {
      TRY_ASSIGN(Part part, attachment_part(mail.attachments[i], i));
      parts.push_back(std::move(part));
    }
    body = multipart("mixed", boundary(mail, 'm'), parts);
  }
  if (!body.body.ends_with("\r\n")) body.body += "\r\n";
  return ComposedMail{std::move(head.from), std::move(head.recipients),
                      head.text + body.headers + "\r\n" + body.body, head.needs_utf8};
}

}  // namespace rapport::connect
