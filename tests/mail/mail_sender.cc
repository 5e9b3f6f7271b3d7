// Composes and sends mail for a test that plays the mail server: each line of its input is
// {"server": {…}, "mail": {…}} or {"invitation": {…}}, each line of its output what became of it.
// A server that is named by the same text is spoken to by the same sender.
#include <iostream>
#include <map>
#include <memory>
#include <string>

#include "base/json.h"
#include "connect/mail/invitation.h"
#include "connect/mail/message.h"
#include "net/smtp.h"

namespace {

using namespace rapport;
using namespace rapport::connect;

std::string text(const Json& json, std::string_view name) {
  return std::string(json.text(name));
}

MailAddress address(const Json* json) {
  if (json == nullptr) return {};
  return {text(*json, "name"), text(*json, "address")};
}

template <class Take>
void each(const Json& json, std::string_view name, Take take) {
  if (const Json* list = json.find(name))
    for (const Json& item : list->as_array()) take(item);
}

std::vector<MailAddress> addresses(const Json& json, std::string_view name) {
  std::vector<MailAddress> all;
  each(json, name, [&](const Json& item) { all.push_back(address(&item)); });
  return all;
}

MailMessage read_mail(const Json& json) {
  MailMessage mail;
  mail.from = address(json.find("from"));
  mail.to = addresses(json, "to");
  mail.cc = addresses(json, "cc");
  mail.bcc = addresses(json, "bcc");
  mail.reply_to = addresses(json, "reply_to");
  mail.subject = text(json, "subject");
  mail.text = text(json, "text");
  mail.html = text(json, "html");
  mail.message_id = text(json, "message_id");
  mail.in_reply_to = text(json, "in_reply_to");
  mail.language = text(json, "language");
  mail.date = parse_time(json.text("date", "2026-03-02T09:00:00Z")).value();
  each(json, "references", [&](const Json& id) { mail.references.emplace_back(id.as_string()); });
  each(json, "attachments", [&](const Json& item) {
    mail.attachments.push_back({text(item, "name"), text(item, "type"), text(item, "content")});
  });
  if (const Json* ways = json.find("unsubscribe"))
    mail.unsubscribe = {text(*ways, "url"), text(*ways, "address")};
  return mail;
}

Result<Invitation> read_invitation(const Json& json) {
  Invitation meeting;
  if (json.text("method") == "CANCEL") meeting.method = Invitation::Method::kCancel;
  meeting.uid = text(json, "uid");
  meeting.sequence = static_cast<int>(json.integer("sequence"));
  meeting.organiser = address(json.find("organiser"));
  each(json, "attendees", [&](const Json& item) {
    meeting.attendees.push_back({address(&item), item.flag("optional")});
  });
  meeting.summary = text(json, "summary");
  meeting.description = text(json, "description");
  meeting.location = text(json, "location");
  meeting.url = text(json, "url");
  meeting.zone = text(json, "zone");
  TRY_ASSIGN(meeting.start, parse_time(json.text("start")));
  TRY_ASSIGN(meeting.end, parse_time(json.text("end")));
  TRY_ASSIGN(meeting.stamp, parse_time(json.text("stamp")));
  if (json.find("remind_minutes") != nullptr)
    meeting.remind_before = minutes(json.integer("remind_minutes"));
  return meeting;
}

std::unique_ptr<net::SmtpSender> make_sender(const Json& json) {
  net::SmtpOptions options;
  options.host = text(json, "host");
  options.port = static_cast<int>(json.integer("port"));
  const std::string_view security = json.text("security", "starttls");
  options.security = security == "plain" ? net::SmtpSecurity::kPlain
                     : security == "tls" ? net::SmtpSecurity::kTls
                                         : net::SmtpSecurity::kStartTls;
  if (json.find("user") != nullptr) {
    const net::SmtpCredentials given{text(json, "user"), text(json, "password"),
                                     text(json, "bearer")};
    options.credentials = [given] { return Result<net::SmtpCredentials>(given); };
  }
  options.own_name = "client.example";
  options.connect_time = millis(json.integer("connect_ms", 3000));
  options.answer_time = millis(json.integer("answer_ms", 3000));
  options.total_time = millis(json.integer("total_ms", 10'000));
  if (!json.flag("public_only")) options.allowed_networks = {"127.0.0.0/8"};
  options.ca_file = text(json, "ca_file");
  return net::make_smtp_sender(std::move(options));
}

Json of(const Error& error) {
  return Json::object().set("error", error.message).set("where", error.where);
}

class Program {
 public:
  Json answer(const Json& line) {
    if (const Json* json = line.find("invitation")) {
      const auto meeting = read_invitation(*json);
      if (!meeting.ok()) return of(meeting.error());
      const auto written = write_invitation(*meeting);
      return written.ok() ? Json::object().set("calendar", *written) : of(written.error());
    }
    MailMessage mail = read_mail(*line.find("mail"));
    if (const Json* json = line.find("mail")->find("invitation")) {
      const auto meeting = read_invitation(*json);
      if (!meeting.ok()) return of(meeting.error());
      attach_invitation(*meeting, write_invitation(*meeting).value(), mail);
    }
    const auto composed = compose_mail(mail);
    if (!composed.ok()) return of(composed.error());
    return send(*line.find("server"), *composed);
  }

 private:
  Json send(const Json& server, const ComposedMail& mail) {
    auto& sender = senders_[to_text(server)];
    if (!sender) sender = make_sender(server);
    const auto sent = sender->send({mail.from, mail.recipients, mail.text});
    if (!sent.ok()) return of(sent.error());
    return Json::object()
        .set("verdict", name(sent->verdict))
        .set("stage", name(sent->stage))
        .set("code", sent->code)
        .set("status", sent->status)
        .set("answer", sent->answer)
        .set("recipient", sent->recipient)
        .set("message", sent->message)
        .set("concerns_server", sent->concerns_server());
  }

  std::map<std::string, std::unique_ptr<net::SmtpSender>> senders_;
};

}  // namespace

int main() {
  Program program;
  for (std::string line; std::getline(std::cin, line);)
    std::cout << to_text(program.answer(parse_json(line).value())) << std::endl;
}
