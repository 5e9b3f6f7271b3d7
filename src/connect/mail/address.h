// Mail addresses as they may stand in headers and commands (RFC 5321, 6531).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace rapport::connect {

struct MailAddress {
  std::string name = {};  // as people read it, UTF-8; may be empty
  std::string address;
};

struct CheckedAddress {
  std::string local;   // as given; UTF-8 needs a server with SMTPUTF8
  std::string domain;  // lower case, international labels in their xn-- form

  std::string text() const { return local + "@" + domain; }
  bool needs_utf8() const;
};

// Neither quoted local parts nor address literals nor domains without a dot are accepted: no
// customer has such, typing errors look so. The error does not quote the address.
Result<CheckedAddress> check_address(std::string_view address);

// "mailto:ana+news@acme.example", with what URLs may not hold percent-encoded (RFC 6068).
std::string mailto(const CheckedAddress& address);

// A domain in lower case with international labels in their xn-- form (UTS 46).
Result<std::string> ascii_domain(std::string_view domain);

}  // namespace rapport::connect
