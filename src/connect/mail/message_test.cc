#include "connect/mail/message.h"

#include <gtest/gtest.h>

namespace rapport::connect {
namespace {

MailMessage welcome() {
  MailMessage mail;
  mail.from = {"Eva", "eva@rapport.example"};
  mail.to = {{"Ana", "ana@acme.example"}};
  mail.subject = "Welcome";
  mail.text = "Hi Ana\n";
  mail.message_id = "0af3.1@rapport.example";
  mail.date = parse_time("2026-03-02T09:05:07Z").value();
  return mail;
}

std::string text_of(const MailMessage& mail) {
  return compose_mail(mail).value().text;
}
std::string refusal(const MailMessage& mail) {
  const auto composed = compose_mail(mail);
  return composed.ok() ? "" : composed.error().where + ": " + composed.error().message;
}
bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(ComposeMail, APlainMail) {  // CS-76, CH-11
  EXPECT_EQ(text_of(welcome()),
            "Date: Mon, 02 Mar 2026 09:05:07 +0000\r\n"
            "From: Eva <eva@rapport.example>\r\n"
            "To: Ana <ana@acme.example>\r\n"
            "Message-ID: <0af3.1@rapport.example>\r\n"
            "Subject: Welcome\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n"
            "\r\n"
            "Hi Ana\r\n");
}

TEST(ComposeMail, TextAndHtmlAndAFile) {
  MailMessage mail = welcome();
  mail.html = "<p>Hi Ana</p>";
  mail.attachments = {{"roi.html", "text/html; charset=utf-8", "<b>1</b>"}};
  const std::string text = text_of(mail);
  const std::string body = text.substr(text.find("Content-Type: multipart/mixed"));
  const std::string mixed = body.substr(body.find("\"") + 1, 27);
  const std::string alternative = "=_a" + mixed.substr(3);
  EXPECT_EQ(body, "Content-Type: multipart/mixed;\r\n boundary=\"" + mixed +
                      "\"\r\n\r\n"
                      "--" +
                      mixed +
                      "\r\n"
                      "Content-Type: multipart/alternative;\r\n boundary=\"" +
                      alternative +
                      "\"\r\n\r\n"
                      "--" +
                      alternative +
                      "\r\n"
                      "Content-Type: text/plain; charset=utf-8\r\n"
                      "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
                      "Hi Ana\r\n\r\n"
                      "--" +
                      alternative +
                      "\r\n"
                      "Content-Type: text/html; charset=utf-8\r\n"
                      "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
                      "<p>Hi Ana</p>\r\n"
                      "--" +
                      alternative +
                      "--\r\n\r\n"
                      "--" +
                      mixed +
                      "\r\n"
                      "Content-Type: text/html; charset=utf-8\r\n"
                      "Content-Transfer-Encoding: base64\r\n"
                      "Content-Disposition: attachment; filename=\"roi.html\"\r\n\r\n"
                      "PGI+MTwvYj4=\r\n\r\n"
                      "--" +
                      mixed + "--\r\n");
}

TEST(ComposeMail, EqualMailIsEqualInEveryByte) {
  MailMessage mail = welcome();
  mail.html = "<p>x</p>";
  EXPECT_EQ(text_of(mail), text_of(mail));
}

TEST(ComposeMail, ALineBreakInAHeaderIsRefusedWithItsField) {
  MailMessage mail = welcome();
  mail.to[0].name = "Ana\r\nBcc: x@y.example";
  EXPECT_EQ(refusal(mail),
            "to.0.name: The mail's to.0.name holds a line break: put it on one line.");
  mail = welcome();
  mail.subject = "Hi\nthere";
  EXPECT_EQ(refusal(mail), "subject: The mail's subject holds a line break: put it on one line.");
  mail = welcome();
  mail.headers = {{"X-Campaign", "a\rb"}};
  EXPECT_EQ(refusal(mail).substr(0, 19), "headers.X-Campaign:");
  mail = welcome();
  mail.attachments = {{"a\n.pdf", "application/pdf", ""}};
  EXPECT_EQ(refusal(mail).substr(0, 19), "attachments.0.name:");
  mail = welcome();
  mail.to[0].address = "ana@acme.example\r\nRCPT TO:<x@y.example>";
  EXPECT_EQ(refusal(mail),
            "to.0.address: The mail's to.0.address has a character before the @ that addresses may "
            "not hold.");
  for (std::string* field : {&mail.message_id, &mail.in_reply_to, &mail.language,
                             &mail.unsubscribe.url, &mail.unsubscribe.address}) {
    mail = welcome();
    *field += "x@y.example\r\nBcc: z@y.example";
    EXPECT_NE(refusal(mail), "");
  }
}

TEST(ComposeMail, NoFieldOfItsOwnCanBeWrittenTwice) {
  for (const char* name : {"Bcc", "FROM", "Content-Type", "Return-Path", "DKIM-Signature"}) {
    MailMessage mail = welcome();
    mail.headers = {{name, "x"}};
    EXPECT_NE(refusal(mail), "") << name;
  }
  MailMessage mail = welcome();
  mail.headers = {{"X A", "x"}};
  EXPECT_NE(refusal(mail), "");
}

TEST(ComposeMail, BccIsInTheEnvelopeOnly) {
  MailMessage mail = welcome();
  mail.cc = {{"", "Ana@ACME.example"}, {"", "bo@bücher.example"}};
  mail.bcc = {{"Hidden", "hidden@acme.example"}, {"", "ana@acme.example"}};
  const ComposedMail composed = compose_mail(mail).value();
  EXPECT_EQ(composed.from, "eva@rapport.example");
  EXPECT_EQ(composed.recipients,
            (std::vector<std::string>{"ana@acme.example", "Ana@acme.example",
                                      "bo@xn--bcher-kva.example", "hidden@acme.example"}));
  EXPECT_FALSE(holds(composed.text, "idden"));
  EXPECT_TRUE(holds(composed.text, "\r\nCc: Ana@acme.example, bo@xn--bcher-kva.example\r\n"));
  EXPECT_FALSE(composed.needs_utf8);
  mail.to.clear();
  mail.cc.clear();
  EXPECT_TRUE(holds(text_of(mail), "\r\nTo: undisclosed-recipients:;\r\n"));
}

TEST(ComposeMail, ListUnsubscribeWithOneClick) {  // BO-62
  MailMessage mail = welcome();
  mail.unsubscribe = {"https://rapport.example/u/abc", "stop+abc@rapport.example"};
  EXPECT_TRUE(holds(text_of(mail),
                    "\r\nList-Unsubscribe: <https://rapport.example/u/abc>,\r\n"
                    " <mailto:stop+abc@rapport.example>\r\n"
                    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
  mail.unsubscribe = {"", "stop@rapport.example"};
  EXPECT_FALSE(holds(text_of(mail), "List-Unsubscribe-Post"));
  mail.unsubscribe = {"http://rapport.example/u", ""};
  EXPECT_EQ(
      refusal(mail),
      "unsubscribe.url: The mail's unsubscribe.url is no https address of up to 900 characters.");
}

TEST(ComposeMail, AnswersAreThreaded) {
  MailMessage mail = welcome();
  mail.in_reply_to = "b@x";
  mail.references = {"a@x", "b@x"};
  mail.automatic = false;
  const std::string text = text_of(mail);
  EXPECT_TRUE(holds(text, "\r\nIn-Reply-To: <b@x>\r\nReferences: <a@x> <b@x>\r\n"));
  EXPECT_FALSE(holds(text, "Auto-Submitted"));
}

TEST(ComposeMail, AnInvitationStandsBesideTheTexts) {
  MailMessage mail = welcome();
  mail.calendar = "BEGIN:VCALENDAR\r\n";
  mail.calendar_method = "REQUEST";
  EXPECT_TRUE(
      holds(text_of(mail), "Content-Type: text/calendar; charset=utf-8; method=REQUEST\r\n"));
  mail.calendar_method = "";
  EXPECT_NE(refusal(mail), "");
}

TEST(ComposeMail, SaysWhichFieldIsWrong) {
  struct Case {
    std::string_view where;
    void (*spoil)(MailMessage&);
  };
  const Case cases[] = {
      {"to", [](MailMessage& mail) { mail.to.clear(); }},
      {"to",
       [](MailMessage& mail) {
         mail.to.clear();
         for (int i = 0; i < 101; ++i)
           mail.to.push_back({"", "a" + std::to_string(i) + "@b.example"});
       }},
      {"from.address", [](MailMessage& mail) { mail.from.address = "eva"; }},
      {"subject", [](MailMessage& mail) { mail.subject = "  "; }},
      {"subject", [](MailMessage& mail) { mail.subject = "\xff"; }},
      {"text", [](MailMessage& mail) { mail.text = ""; }},
      {"text", [](MailMessage& mail) { mail.text = "\xff"; }},
      {"message_id", [](MailMessage& mail) { mail.message_id = "<a@b>"; }},
      {"references.1", [](MailMessage& mail) { mail.references = {"a@b", "c"}; }},
      {"attachments.0.type", [](MailMessage& mail) { mail.attachments = {{"a", "pdf", ""}}; }},
      {"attachments.0.type",
       [](MailMessage& mail) { mail.attachments = {{"a", "message/rfc822", ""}}; }},
      {"attachments.0.name", [](MailMessage& mail) { mail.attachments = {{"../a", "a/b", ""}}; }},
      {"attachments",
       [](MailMessage& mail) {
         mail.attachments = {{"a", "a/b", std::string(20 * 1024 * 1024, 'x')}};
       }},
  };
  for (const Case& one : cases) {
    MailMessage mail = welcome();
    one.spoil(mail);
    const auto composed = compose_mail(mail);
    ASSERT_FALSE(composed.ok()) << one.where;
    EXPECT_EQ(composed.error().where, one.where) << composed.error().message;
  }
}

}  // namespace
}  // namespace rapport::connect
