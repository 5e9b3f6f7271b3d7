// Follows a dialogue with an SMTP server as libcurl reports it line by line, and judges its end.
// Kept apart from libcurl so that it can be tested by what is said.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/smtp.h"

namespace rapport::net {

class SmtpDialogue {
 public:
  // `secrets`, as they are and in base64, are cut out of the server's words.
  SmtpDialogue(std::vector<std::string> recipients, std::vector<std::string> secrets)
      : recipients_(std::move(recipients)), secrets_(std::move(secrets)) {}

  void we_said(std::string_view command);  // a command line, or a line of authentication
  void server_said(std::string_view line);
  void content_left() { content_left_ = true; }  // perhaps only into a buffer

  bool takes_utf8() const { return takes_utf8_; }  // SMTPUTF8, by its last EHLO

  // `finished`: libcurl saw the server take the message over.
  SmtpOutcome outcome(bool finished) const;

 private:
  std::string words() const;

  std::vector<std::string> recipients_, secrets_;
  SmtpStage stage_ = SmtpStage::kConnect;
  size_t recipient_ = 0;  // number of RCPT commands so far
  bool content_left_ = false, ended_ = false, takes_utf8_ = false;
  int code_ = 0;  // of the last whole answer to the last command
  bool answer_open_ = false;
  std::vector<std::string> answer_ = {};
};

// "5.1.1" at the start of an answer's words, else empty.
std::string enhanced_status(std::string_view words);

}  // namespace rapport::net
