#include "connect/mail/message_headers.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/text.h"
#include "connect/mail/encoding.h"

namespace rapport::connect {
namespace {

constexpr size_t kMaxRecipients = 100;
constexpr size_t kMaxId = 250;
constexpr size_t kMaxUrl = 900;  // with its header below the 998 characters of a line
constexpr size_t kMaxValue = 10'000;

// Written from fields of their own, or by the servers on the way.
constexpr std::string_view kReserved[] = {"authentication-results",
                                          "auto-submitted",
                                          "bcc",
                                          "cc",
                                          "content-language",
                                          "date",
                                          "delivered-to",
                                          "dkim-signature",
                                          "from",
                                          "in-reply-to",
                                          "list-unsubscribe",
                                          "list-unsubscribe-post",
                                          "message-id",
                                          "mime-version",
                                          "received",
                                          "references",
                                          "reply-to",
                                          "return-path",
                                          "sender",
                                          "subject",
                                          "to"};

Error wrong(const std::string& field, std::string_view what) {
  return invalid(fmt::format("The mail's {} {}.", field, what), field);
}

// RFC 5322, 3.3, in UTC. Not fmt's names of days and months, which follow the locale.
std::string date_text(Micros date) {
  constexpr std::string_view kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  using namespace std::chrono;
  const sys_time<microseconds> instant{microseconds(date.value)};
  const auto day = floor<std::chrono::days>(instant);
  const year_month_day civil(day);
  const hh_mm_ss time(floor<std::chrono::seconds>(instant - day));
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000", kDays[weekday(day).c_encoding()],
                     static_cast<unsigned>(civil.day()),
                     kMonths[static_cast<unsigned>(civil.month()) - 1],
                     static_cast<int>(civil.year()), time.hours().count(), time.minutes().count(),
                     time.seconds().count());
}

bool is_id(std::string_view id) {
  const size_t at = id.find('@');
  return id.size() <= kMaxId && at != std::string_view::npos && at > 0 && at + 1 < id.size() &&
         std::all_of(id.begin(), id.end(),
                     [](char c) { return c > 0x20 && c < 0x7f && c != '<' && c != '>'; });
}

bool is_https(std::string_view url) {
  return url.starts_with("https://") && url.size() > 8 && url.size() <= kMaxUrl &&
         std::all_of(url.begin(), url.end(), [](char c) {
           return c > 0x20 && c < 0x7f && c != '<' && c != '>' && c != ',';
         });
}

bool is_header_name(std::string_view name) {
  return !name.empty() && name.size() <= 60 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

class Head {
 public:
  explicit Head(const MailMessage& mail) : mail_(mail) {}

  Result<MailHead> write() {
    TRY(write_people());
    TRY(write_ids());
    TRY(write_subject());
    TRY(write_unsubscribe());
    if (mail_.automatic) head_.text += "Auto-Submitted: auto-generated\r\n";
    for (const auto& [name, value] : mail_.headers) TRY(write_further(name, value));
    head_.text += "MIME-Version: 1.0\r\n";
    return std::move(head_);
  }

 private:
  Result<void> write_people() {
    add("Date", date_text(mail_.date));
    TRY_ASSIGN(head_.from, write_addresses("From", "from", {mail_.from}, false));
    TRY(write_addresses("Reply-To", "reply_to", mail_.reply_to, false));
    TRY(write_addresses("To", "to", mail_.to, true));
    TRY(write_addresses("Cc", "cc", mail_.cc, true));
    TRY(write_addresses("", "bcc", mail_.bcc, true));
    if (head_.recipients.empty())
      return invalid("The mail has no recipient: give at least one address.", "to");
    if (head_.recipients.size() > kMaxRecipients)
      return wrong("to",
                   fmt::format("has more than {} recipients with cc and bcc: send several mails",
                               kMaxRecipients));
    if (mail_.to.empty() && mail_.cc.empty()) head_.text += "To: undisclosed-recipients:;\r\n";
    return {};
  }

  // Without a name the header is not written. Gives the last address.
  Result<std::string> write_addresses(std::string_view name, const std::string& field,
                                      const std::vector<MailAddress>& people, bool receive) {
    HeaderLine line(name);
    std::string last;
    for (size_t i = 0; i < people.size(); ++i) {
      const std::string which = field == "from" ? field : fmt::format("{}.{}", field, i);
      const auto checked = check_address(people[i].address);
      if (!checked.ok()) return wrong(which + ".address", checked.error().message);
      TRY(check_header_value(people[i].name, which + ".name"));
      last = checked->text();
      head_.needs_utf8 = head_.needs_utf8 || checked->needs_utf8();
      if (i > 0) line.append(",");
      const bool named = !trim(people[i].name).empty();
      if (named) line.add_phrase(people[i].name);
      line.add(named ? "<" + last + ">" : last);
      if (receive && std::find(head_.recipients.begin(), head_.recipients.end(), last) ==
                         head_.recipients.end())
        head_.recipients.push_back(last);
    }
    if (!name.empty() && !people.empty()) head_.text += std::move(line).take();
    return last;
  }

  Result<void> write_ids() {
    if (!is_id(mail_.message_id)) return wrong("message_id", "is not of the form id@domain");
    add("Message-ID", "<" + mail_.message_id + ">");
    if (!mail_.in_reply_to.empty()) {
      if (!is_id(mail_.in_reply_to)) return wrong("in_reply_to", "is not of the form id@domain");
      add("In-Reply-To", "<" + mail_.in_reply_to + ">");
    }
    HeaderLine line("References");
    for (size_t i = 0; i < mail_.references.size(); ++i) {
      if (!is_id(mail_.references[i]))
        return wrong(fmt::format("references.{}", i), "is not of the form id@domain");
      line.add("<" + mail_.references[i] + ">");
    }
    if (!mail_.references.empty()) head_.text += std::move(line).take();
    return {};
  }

  Result<void> write_subject() {
    TRY(check_header_value(mail_.subject, "subject"));
    if (trim(mail_.subject).empty()) return wrong("subject", "is empty");
    HeaderLine line("Subject");
    line.add_text(mail_.subject);
    head_.text += std::move(line).take();
    if (mail_.language.empty()) return {};
    if (!is_header_name(mail_.language)) return wrong("language", "is no language tag");
    add("Content-Language", mail_.language);
    return {};
  }

  Result<void> write_unsubscribe() {
    const auto& [url, address] = mail_.unsubscribe;
    if (url.empty() && address.empty()) return {};
    HeaderLine line("List-Unsubscribe");
    if (!url.empty()) {
      if (!is_https(url))
        return wrong("unsubscribe.url", "is no https address of up to 900 characters");
      line.add("<" + url + ">");
    }
    if (!address.empty()) {
      const auto checked = check_address(address);
      if (!checked.ok()) return wrong("unsubscribe.address", checked.error().message);
      if (!url.empty()) line.append(",");
      line.add("<" + mailto(*checked) + ">");
    }
    head_.text += std::move(line).take();
    if (!url.empty()) add("List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
    return {};
  }

  Result<void> write_further(const std::string& name, const std::string& value) {
    if (!is_header_name(name))
      return invalid("The name of a header of the mail must be of letters, digits and '-'.",
                     "headers");
    const std::string field = "headers." + name, lower = ascii_lower(name);
    if (std::find(std::begin(kReserved), std::end(kReserved), lower) != std::end(kReserved) ||
        lower.starts_with("content-") || lower.starts_with("resent-"))
      return wrong(field, "is written from other fields or by mail servers: remove it");
    TRY(check_header_value(value, field));
    HeaderLine line(name);
    line.add_text(value);
    head_.text += std::move(line).take();
    return {};
  }

  void add(std::string_view name, std::string_view value) {
    HeaderLine line(name);
    line.add(value);
    head_.text += std::move(line).take();
  }

  const MailMessage& mail_;
  MailHead head_;
};

}  // namespace

Result<void> check_header_value(std::string_view value, const std::string& field,
                                std::string_view whose) {
  const auto refuse = [&](std::string_view what) {
    return invalid(fmt::format("The {}'s {} {}.", whose, field, what), field);
  };
  if (value.size() > kMaxValue) return refuse("is longer than 10,000 bytes");
  if (!is_utf8(value)) return refuse("is not UTF-8");
  for (char c : value) {
    if (c == '\r' || c == '\n') return refuse("holds a line break: put it on one line");
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      return refuse("holds a control character: remove it");
  }
  return {};
}

Result<MailHead> write_head(const MailMessage& mail) {
  return Head(mail).write();
}

}  // namespace rapport::connect
