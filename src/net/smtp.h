// Outgoing mail to one SMTP server by libcurl (RFC 5321), one message a call, with an outcome that
// says whether it may be sent again.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace rapport::net {

enum class SmtpSecurity {
  kStartTls,  // nothing but EHLO goes before TLS; a server without it gets nothing
  kTls,       // from the first byte, usually port 465
  kPlain,     // never with credentials
};

struct SmtpCredentials {
  std::string user, password;
  std::string bearer = {};  // an OAuth 2.0 access token instead of the password
};

struct SmtpOptions {
  std::string host;  // a name in ASCII or an IP address
  int port = 587;
  SmtpSecurity security = SmtpSecurity::kStartTls;
  // Asked before every message, because secrets may change. Empty: no authentication. An error:
  // nothing is sent.
  std::function<Result<SmtpCredentials>()> credentials = {};
  std::string own_name = {};  // said in EHLO; empty: this machine's name
  Micros connect_time = seconds(10);
  Micros answer_time =
      seconds(120);  // for each answer, in whole seconds; RFC 5321 4.5.3.2 asks for minutes
  Micros total_time = minutes(10);
  // As in TransportOptions: addresses that are not public are refused when connecting unless a
  // network here holds them.
  std::vector<std::string> allowed_networks = {};
  std::string ca_file = {};  // authorities trusted beside the system's, PEM
};

struct SmtpMail {
  std::string from;  // "" is the null sender <>
  // All get it or none does: the first one that is refused ends the attempt. ASCII or UTF-8, which
  // the server must then support (RFC 6531); domains in ASCII.
  std::vector<std::string> recipients;
  std::string_view message;  // headers and body, lines end with CR LF
};

// How far an attempt came: what was asked last.
enum class SmtpStage {
  kConnect,
  kGreeting,
  kTls,
  kAuthenticate,
  kSender,
  kRecipient,
  kContent,
};
std::string_view name(SmtpStage stage);  // "connect", "greeting", "tls", "authenticate", "sender" …

enum class SmtpVerdict {
  kSent,     // the server answered that it has taken it over
  kRefused,  // the server said no for good (5xx), or lacks SMTPUTF8 for an address (code 0)
  kLater,    // not taken over, and another attempt may work: 4xx, cannot connect, TLS, lost before
             // the content began to leave
  kUnknown,  // the content had begun to leave and no answer came: perhaps taken over. Sending it
             // again may deliver it twice.
};
std::string_view name(SmtpVerdict verdict);  // "sent", "refused", "later", "unknown"

struct SmtpOutcome {
  SmtpVerdict verdict = SmtpVerdict::kLater;
  SmtpStage stage = SmtpStage::kConnect;
  int code = 0;                // the server's last answer, 0: none
  std::string status = {};     // its enhanced code (RFC 3463) such as "5.1.1", where it gave one
  std::string answer = {};     // its words on one line, without our secrets. May quote persons.
  std::string recipient = {};  // whom the stage kRecipient was about
  std::string message = {};    // for people: what happened and what to do; quotes no person

  // Not this message's fault: every other would fare the same until the server or the settings
  // change.
  bool concerns_server() const {
    return verdict != SmtpVerdict::kSent && stage < SmtpStage::kSender;
  }
};

class SmtpSender {
 public:
  virtual ~SmtpSender() = default;
  // An error: nothing was tried, the mail or the options are wrong (kInvalid), or the credentials
  // could not be had. Blocks. Any thread.
  virtual Result<SmtpOutcome> send(const SmtpMail& mail) = 0;
};

// Connections are kept for about two minutes and used again.
std::unique_ptr<SmtpSender> make_smtp_sender(SmtpOptions options);

}  // namespace rapport::net
