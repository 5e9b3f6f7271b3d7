#include "net/smtp_dialogue.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace rapport::net {
namespace {

// "C: " a command of ours, "S: " a line of the server, "content" the first bytes of the message.
SmtpOutcome after(std::string_view lines, bool finished = false) {
  SmtpDialogue dialogue({"ana@acme.example", "bo@acme.example"}, {"s3cret+pass"});
  for (std::string_view line : split(lines, '\n')) {
    if (line == "content") dialogue.content_left();
    if (line.starts_with("C: ")) dialogue.we_said(std::string(line.substr(3)) + "\r\n");
    if (line.starts_with("S: ")) dialogue.server_said(std::string(line.substr(3)) + "\r\n");
  }
  return dialogue.outcome(finished);
}

// "verdict stage code status"
std::string verdict(std::string_view lines, bool finished = false) {
  const SmtpOutcome outcome = after(lines, finished);
  return std::string(name(outcome.verdict)) + " " + std::string(name(outcome.stage)) + " " +
         std::to_string(outcome.code) + " " + outcome.status;
}

constexpr std::string_view kBegin =
    "S: 220 hi\nC: EHLO me\nS: 250-mx\nS: 250 SIZE 1000\n"
    "C: MAIL FROM:<a@b.example>\nS: 250 2.1.0 ok\n";
constexpr std::string_view kToContent =
    "C: RCPT TO:<ana@acme.example>\nS: 250 2.1.5 ok\nC: DATA\nS: 354 go on\n";

std::string begun(std::string_view rest) {
  return std::string(kBegin).append(rest);
}
std::string with_content(std::string_view rest) {
  return begun(kToContent).append("content\n").append(rest);
}

TEST(SmtpDialogue, SentWithTheServersAnswer) {  // CH-11
  const SmtpOutcome outcome = after(with_content("S: 250 2.0.0 queued as 7"), true);
  EXPECT_EQ(outcome.verdict, SmtpVerdict::kSent);
  EXPECT_EQ(outcome.answer, "2.0.0 queued as 7");
  EXPECT_FALSE(outcome.concerns_server());
}

TEST(SmtpDialogue, RefusedAtEachStage) {
  EXPECT_EQ(verdict("S: 554 5.7.1 go away"), "refused greeting 554 5.7.1");
  EXPECT_EQ(verdict("S: 220 hi\nC: EHLO me\nS: 250 STARTTLS\nC: STARTTLS\nS: 502 no"),
            "refused tls 502 ");
  EXPECT_EQ(
      verdict("S: 220 hi\nC: EHLO me\nS: 250 AUTH PLAIN\nC: AUTH PLAIN AHUAcA==\nS: 535 5.7.8 no"),
      "refused authenticate 535 5.7.8");
  EXPECT_EQ(verdict(begun("C: RCPT TO:<x>\nS: 550 5.1.1 nobody")), "refused recipient 550 5.1.1");
  EXPECT_EQ(verdict(begun(kToContent) + "C: DATA\nS: 554 no"), "refused content 554 ");
  EXPECT_EQ(verdict(with_content("S: 550-5.7.1 one\nS: 550 5.7.1 two")),
            "refused content 550 5.7.1");
}

TEST(SmtpDialogue, LaterAtEachStage) {
  EXPECT_EQ(verdict(""), "later connect 0 ");
  EXPECT_EQ(verdict("S: 421 4.3.2 full"), "later greeting 421 4.3.2");
  EXPECT_EQ(verdict(begun("C: RCPT TO:<x>\nS: 451 4.7.1 grey")), "later recipient 451 4.7.1");
  EXPECT_EQ(verdict(begun("C: RCPT TO:<x>\nS: 250 ok\nC: DATA")), "later content 0 ");
  EXPECT_EQ(verdict(begun(kToContent)), "later content 0 ");
  EXPECT_EQ(verdict(with_content("S: 452 4.3.1 disk")), "later content 452 4.3.1");
}

TEST(SmtpDialogue, UnknownWhenTheContentHasBegunToLeaveAndNoAnswerCame) {
  EXPECT_EQ(verdict(with_content("")), "unknown content 0 ");
  EXPECT_EQ(verdict(with_content("S: garbage")), "unknown content 0 ");
  EXPECT_EQ(verdict(with_content("S: 250-not the last line")), "unknown content 0 ");
  EXPECT_EQ(verdict(with_content("S: 250 ok")), "unknown content 250 ");  // lost while reading
}

TEST(SmtpDialogue, TellsWhichRecipientItWas) {
  const SmtpOutcome outcome = after(begun(
      "C: RCPT TO:<ana@acme.example>\nS: 250 ok\nC: RCPT TO:<bo@acme.example>\nS: 550 5.1.1 no"));
  EXPECT_EQ(outcome.recipient, "bo@acme.example");
}

TEST(SmtpDialogue, WhatFollowsAnEndedDialogueIsNoAnswer) {
  EXPECT_EQ(verdict(begun("C: RCPT TO:<x>\nS: 550 no\nC: QUIT\nS: 221 bye")),
            "refused recipient 550 ");
}

TEST(SmtpDialogue, LinesOfAuthenticationAreNoCommands) {
  EXPECT_EQ(verdict("S: 220 hi\nC: EHLO me\nS: 250 AUTH LOGIN\nC: AUTH LOGIN\nS: 334 VXNlcg==\n"
                    "C: DATA\nS: 535 no"),
            "refused authenticate 535 ");
}

TEST(SmtpDialogue, TheAnswerHoldsNoSecretAndNoControlCharacter) {
  const SmtpOutcome outcome =
      after("S: 220 hi\nC: EHLO me\nS: 250 AUTH PLAIN\nC: AUTH PLAIN x\nS: 535 bad '" +
            std::string("s3cret+pass' or ") + to_base64("s3cret+pass") + "\x1b[2J \xff");
  EXPECT_EQ(outcome.answer, "bad '[hidden]' or [hidden]?[2J ?");
}

TEST(SmtpDialogue, KnowsFromTheLastEhloWhetherTheServerTakesUtf8) {
  SmtpDialogue dialogue({}, {});
  dialogue.we_said("EHLO me\r\n");
  EXPECT_FALSE(dialogue.takes_utf8());
  dialogue.server_said("250-mx\r\n");
  dialogue.server_said("250-smtputf8\r\n");
  dialogue.server_said("250 STARTTLS\r\n");
  EXPECT_TRUE(dialogue.takes_utf8());
  dialogue.we_said("STARTTLS\r\n");
  dialogue.we_said("EHLO me\r\n");
  dialogue.server_said("250 SIZE\r\n");
  EXPECT_FALSE(dialogue.takes_utf8());
}

TEST(SmtpDialogue, HearsNothingThatIsNoAnswer) {
  EXPECT_EQ(verdict("S: \nS: 12\nS: abc def\nS: 220"), "later greeting 220 ");
}

TEST(SmtpDialogue, AnAnswerOfManyWordsIsCut) {
  const SmtpOutcome outcome = after("S: 554 " + std::string(5000, 'x'));
  EXPECT_EQ(outcome.answer.size(), 500u);
}

TEST(EnhancedStatus, IsReadAtTheStart) {
  EXPECT_EQ(enhanced_status("5.1.1 nobody"), "5.1.1");
  EXPECT_EQ(enhanced_status("4.7.123"), "4.7.123");
  for (std::string_view none :
       {"", "nobody", "5.1", "5.1.1111 x", "3.1.1 x", "5.1.1x", "5..1", "5.1."})
    EXPECT_EQ(enhanced_status(none), "") << none;
}

}  // namespace
}  // namespace rapport::net
