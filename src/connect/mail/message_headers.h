// The head of a mail: for message.cc only.
#pragma once

#include <string>
#include <vector>

#include "connect/mail/message.h"

namespace rapport::connect {

struct MailHead {
  std::string text;  // header lines before those that describe the body
  std::string from;
  std::vector<std::string> recipients;
  bool needs_utf8 = false;
};

Result<MailHead> write_head(const MailMessage& mail);

// Nothing that could end a header line or hide in it. `whose` is what the error calls it.
Result<void> check_header_value(std::string_view value, const std::string& field,
                                std::string_view whose = "mail");

}  // namespace rapport::connect
