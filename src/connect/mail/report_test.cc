#include "connect/mail/report.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace rapport::connect {
namespace {

// Line ends as mail has them.
std::string mail(std::string_view text) {
  std::string out;
  for (std::string_view line : split(text, '\n')) out.append(line).append("\r\n");
  return out;
}

constexpr std::string_view kBounce = R"(Return-Path: <>
From: MAILER-DAEMON@mx.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="B1/mx.example"

This is a MIME-encapsulated message.

--B1/mx.example
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B1/mx.example
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Mon,  2 Mar 2026 09:00:00 +0000 (UTC)

Final-Recipient: rfc822; ana.new@acme.example
Original-Recipient: rfc822;ana@acme.example
Action: failed
Status: 5.1.1 (no such user)
Remote-MTA: dns; mx.acme.example
Diagnostic-Code: smtp; 550-5.1.1 <ana.new@acme.example>: Recipient address
    rejected: User unknown

Final-Recipient: RFC822; <bo@acme.example>
Action: Delayed
Diagnostic-Code: smtp; 452 4.2.2 mailbox full

--B1/mx.example
Content-Type: text/rfc822-headers

Message-ID:
 <0af3.1@rapport.example>
Subject: Welcome

--B1/mx.example--)";

TEST(MailReport, TellsOfEachRecipientWhatBecameOfIt) {  // CH-11
  const auto report = read_mail_report(mail(kBounce));
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->kind, MailReport::Kind::kDelivery);
  EXPECT_EQ(report->original_message_id, "0af3.1@rapport.example");
  ASSERT_EQ(report->recipients.size(), 2u);
  const ReportedRecipient& ana = report->recipients[0];
  EXPECT_EQ(ana.address, "ana@acme.example");
  EXPECT_EQ(ana.action, ReportAction::kFailed);
  EXPECT_EQ(ana.status, "5.1.1");
  EXPECT_EQ(ana.diagnostic,
            "550-5.1.1 <ana.new@acme.example>: Recipient address rejected: User unknown");
  EXPECT_TRUE(ana.failed_for_good() && ana.address_is_dead());
  const ReportedRecipient& bo = report->recipients[1];
  EXPECT_EQ(bo.address, "bo@acme.example");
  EXPECT_EQ(bo.action, ReportAction::kDelayed);
  EXPECT_EQ(bo.status, "4.2.2");
  EXPECT_FALSE(bo.failed_for_good());
}

TEST(MailReport, AFailureNeedNotBeTheAddresss) {
  const ReportedRecipient full{"a@b.example", ReportAction::kFailed, "5.2.2"};
  EXPECT_TRUE(full.failed_for_good());
  EXPECT_FALSE(full.address_is_dead());
}

TEST(MailReport, ReadsPlainLineFeedsToo) {
  const auto report = read_mail_report(kBounce);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->recipients.size(), 2u);
  EXPECT_EQ(report->original_message_id, "0af3.1@rapport.example");
}

TEST(MailReport, ReadsEncodedPartsWithinOtherParts) {
  const std::string status = to_base64(
      "Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed\r\n"
      "Status: 5.0.0\r\n");
  const auto report = read_mail_report(
      mail("Content-Type: multipart/mixed; boundary=out\n\n--out\n"
           "Content-Type: multipart/report; boundary=\"in\"\n\n--in\n"
           "Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n" +
           status +
           "\n--in\nContent-Type: message/rfc822\n\nMessage-Id: <m@x>\n\nbody\n--in--\n--out--\n"));
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->recipients[0].address, "a@b.example");
  EXPECT_EQ(report->original_message_id, "m@x");
}

TEST(MailReport, TakesTheAnsweredMailWhereNothingIsQuoted) {
  const auto report = read_mail_report(
      "In-Reply-To: <m@x>\nContent-Type: multipart/report; boundary=b\n\n--b\n"
      "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@b.example\n"
      "Action: failed\nStatus: 5.1.1\n");
  ASSERT_TRUE(report.has_value());  // and although it was cut off
  EXPECT_EQ(report->original_message_id, "m@x");
  EXPECT_EQ(report->recipients[0].status, "5.1.1");
}

TEST(MailReport, ReadsComplaints) {
  const auto report = read_mail_report(mail(R"(From: <abuse@isp.example>
Content-Type: multipart/report; report-type=feedback-report; boundary="part1"

--part1
Content-Type: text/plain

This is an email abuse report.
--part1
Content-Type: message/feedback-report

Feedback-Type: Abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <bounces@rapport.example>
Original-Rcpt-To: <ana@acme.example>

--part1
Content-Type: message/rfc822

From: <csm@rapport.example>
Message-ID: <8787@rapport.example>

spam spam
--part1--)"));
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->kind, MailReport::Kind::kFeedback);
  EXPECT_EQ(report->feedback, "abuse");
  ASSERT_EQ(report->recipients.size(), 1u);
  EXPECT_EQ(report->recipients[0].address, "ana@acme.example");
  EXPECT_EQ(report->original_message_id, "8787@rapport.example");
}

TEST(MailReport, OtherMailIsNone) {
  EXPECT_FALSE(read_mail_report("").has_value());
  EXPECT_FALSE(
      read_mail_report("Subject: Undelivered Mail\n\nFinal-Recipient: rfc822; a@b\n").has_value());
  EXPECT_FALSE(
      read_mail_report("Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@b\n")
          .has_value());
  EXPECT_FALSE(
      read_mail_report(mail("Content-Type: multipart/report; boundary=b\n\n--b\n"
                            "Content-Type: message/delivery-status\n\nReporting-MTA: x\n--b--"))
          .has_value());
}

TEST(MailReport, WhatItTellsIsOneLineOfText) {
  const auto report = read_mail_report(
      "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
      "Final-Recipient: rfc822; a\x1b@b.example\nAction: exploded\n"
      "Diagnostic-Code: smtp; " +
      std::string(2000, 'x') + "\xff\n\n--b--\n");
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->recipients[0].address, "a @b.example");
  EXPECT_EQ(report->recipients[0].action, ReportAction::kUnknown);
  EXPECT_EQ(report->recipients[0].diagnostic.size(), 500u);
  EXPECT_FALSE(report->recipients[0].failed_for_good());
}

}  // namespace
}  // namespace rapport::connect
