#include "net/smtp.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/text.h"
#include "net/guarded_socket.h"
#include "net/network.h"
#include "net/smtp_dialogue.h"

namespace rapport::net {
namespace {

constexpr size_t kIdleHandles = 8;
constexpr size_t kMaxPath = 254;  // RFC 5321 4.5.3.1.3, without brackets

struct CloseHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Handle = std::unique_ptr<CURL, CloseHandle>;
using List = std::unique_ptr<curl_slist, FreeList>;

// One message on its way: what libcurl's callbacks see.
struct Attempt {
  std::string_view left;  // of the message
  SmtpDialogue& dialogue;
  bool needs_utf8 = false;
  bool lacks_utf8 = false;  // found before any of it left
};

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool has_utf8_address(const SmtpMail& mail) {
  return !is_ascii(mail.from) ||
         !std::all_of(mail.recipients.begin(), mail.recipients.end(), is_ascii);
}

size_t on_read(char* buffer, size_t one, size_t count, void* attempt) {
  auto& [left, dialogue, needs_utf8, lacks_utf8] = *static_cast<Attempt*>(attempt);
  lacks_utf8 = needs_utf8 && !dialogue.takes_utf8();
  if (lacks_utf8) return CURL_READFUNC_ABORT;
  dialogue.content_left();
  const size_t part = left.copy(buffer, one * count);
  left.remove_prefix(part);
  return part;
}

int on_debug(CURL*, curl_infotype type, char* bytes, size_t size, void* attempt) {
  SmtpDialogue& dialogue = static_cast<Attempt*>(attempt)->dialogue;
  if (type == CURLINFO_HEADER_OUT) dialogue.we_said({bytes, size});
  if (type == CURLINFO_HEADER_IN) dialogue.server_said({bytes, size});
  return 0;
}

bool is_host_text(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  });
}

// What may stand between < and > of a command without ending it.
bool is_path(std::string_view text) {
  return text.size() <= kMaxPath && std::all_of(text.begin(), text.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte > 0x20 && byte != 0x7f && c != '<' && c != '>';
         });
}

Result<std::string> url_of(const SmtpOptions& options) {
  const auto address = parse_address(options.host);
  if (!address && !is_host_text(options.host))
    return invalid("The host of the mail server must be a name in ASCII or an IP address.", "host");
  if (options.port < 1 || options.port > 65535)
    return invalid("The port of the mail server must be from 1 to 65535.", "port");
  if (!options.own_name.empty() && !is_host_text(options.own_name))
    return invalid("The own name for the mail server must be a host name in ASCII.", "own_name");
  const bool brackets = address && options.host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}/{}", options.security == SmtpSecurity::kTls ? "smtps" : "smtp",
                     brackets ? "[" : "", options.host, brackets ? "]" : "", options.port,
                     options.own_name);
}

Result<void> check(const SmtpMail& mail) {
  if (mail.recipients.empty()) return invalid("The mail has no recipient.", "recipients");
  if (!is_path(mail.from)) return invalid("The sender's address is malformed.", "from");
  for (const std::string& recipient : mail.recipients)
    if (recipient.empty() || !is_path(recipient))
      return invalid("The address of a recipient is malformed.", "recipients");
  if (mail.message.empty()) return invalid("The mail is empty.", "message");
  return {};
}

bool is_tls_failure(CURLcode code) {
  switch (code) {
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
      return true;
    default:
      return false;
  }
}

std::string why_later(CURLcode code, const SmtpOutcome& outcome, const GuardedSockets& sockets) {
  if (!sockets.refused_address.empty() && code == CURLE_COULDNT_CONNECT)
    return fmt::format(
        "it is at {}, an address that is not public: to allow it, add its network to "
        "the setting allowed_networks",
        sockets.refused_address);
  if (outcome.code != 0 && outcome.code / 100 == 4)
    return fmt::format("it answered {} at the stage {}", outcome.code, name(outcome.stage));
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return "its name does not resolve: look whether it is spelt right";
    case CURLE_COULDNT_CONNECT:
      return "it cannot be reached: look whether host and port are right and it is running";
    case CURLE_OPERATION_TIMEDOUT:
      return fmt::format("it did not answer in time at the stage {}", name(outcome.stage));
    case CURLE_USE_SSL_FAILED:
      return "it does not offer STARTTLS: correct the port, or set security to tls";
    case CURLE_PEER_FAILED_VERIFICATION:
      return "its certificate does not check: renew it there, or install the authority that signed "
             "it here";
    case CURLE_SSL_CACERT_BADFILE:
      return "the file of the setting ca_file cannot be read as certificates";
    case CURLE_LOGIN_DENIED:
      return "it offers no way to authenticate that suits the credentials";
    default:
      return fmt::format("the connection failed at the stage {} ({})", name(outcome.stage),
                         curl_easy_strerror(code));
  }
}

std::string explain(CURLcode code, const SmtpOutcome& outcome, const GuardedSockets& sockets,
                    const std::string& host) {
  switch (outcome.verdict) {
    case SmtpVerdict::kSent:
      return fmt::format("{} has taken the mail over.", host);
    case SmtpVerdict::kRefused:
      if (outcome.code == 0)
        return fmt::format(
            "{} takes only addresses in ASCII (no SMTPUTF8): ask the person for "
            "another.",
            host);
      if (outcome.stage == SmtpStage::kAuthenticate)
        return fmt::format("{} does not accept the credentials ({}): put them right.", host,
                           outcome.code);
      return fmt::format("{} refused the mail at the stage {} with {}{}{}.", host,
                         name(outcome.stage), outcome.code, outcome.status.empty() ? "" : " ",
                         outcome.status);
    case SmtpVerdict::kUnknown:
      return fmt::format(
          "The connection to {} ended after the mail had begun to leave and before "
          "an answer came: look there whether it was delivered before sending it "
          "again.",
          host);
    case SmtpVerdict::kLater:
      break;
  }
  return fmt::format("{} did not take the mail: {}.", host, why_later(code, outcome, sockets));
}

List list_of(const std::vector<std::string>& texts) {
  List list(curl_slist_append(nullptr, texts.front().c_str()));
  CHECK(list != nullptr);
  for (size_t i = 1; i < texts.size(); ++i)
    CHECK(curl_slist_append(list.get(), texts[i].c_str()) == list.get());
  return list;
}

// The last is what goes to the server in AUTH PLAIN.
std::vector<std::string> secrets_of(const SmtpCredentials& given) {
  using namespace std::string_literals;
  if (given.password.empty()) return {given.bearer};
  return {given.password, given.bearer, "\0"s + given.user + "\0"s + given.password};
}

struct Ended {
  SmtpOutcome outcome;
  bool on_kept_connection = false;

  // The server had closed the kept connection meanwhile; nothing of the mail has left.
  bool was_stale() const {
    return on_kept_connection && outcome.verdict == SmtpVerdict::kLater &&
           outcome.stage == SmtpStage::kSender && (outcome.code == 0 || outcome.code == 421);
  }
};

Handle new_handle() {
  Handle handle(curl_easy_init());
  CHECK(handle != nullptr);
  return handle;
}

class CurlSmtpSender final : public SmtpSender {
 public:
  explicit CurlSmtpSender(SmtpOptions options) : options_(std::move(options)) {
    CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
  }
  ~CurlSmtpSender() override {
    idle_.clear();
    curl_global_cleanup();
  }

  Result<SmtpOutcome> send(const SmtpMail& mail) override;

 private:
  Handle borrow();
  void give_back(Handle handle);
  void set_connection(CURL* handle, const std::string& url, const SmtpCredentials& given) const;
  Result<SmtpCredentials> credentials() const;
  Ended perform(CURL* handle, const SmtpMail& mail, const SmtpCredentials& credentials) const;

  SmtpOptions options_;
  std::mutex mutex_;
  std::vector<Handle> idle_;  // last in, first out: warm connections first
};

Handle CurlSmtpSender::borrow() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      Handle handle = std::move(idle_.back());
      idle_.pop_back();
      return handle;
    }
  }
  return new_handle();
}

void CurlSmtpSender::give_back(Handle handle) {
  curl_easy_reset(handle.get());  // keeps connections
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kIdleHandles) idle_.push_back(std::move(handle));
}

void CurlSmtpSender::set_connection(CURL* handle, const std::string& url,
                                    const SmtpCredentials& given) const {
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(handle, CURLOPT_PROXY, "");  // whatever the environment says
  curl_easy_setopt(handle, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options_.connect_time.value / 1000));
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.total_time.value / 1000));
  curl_easy_setopt(handle, CURLOPT_SERVER_RESPONSE_TIMEOUT,
                   std::max(1L, static_cast<long>(options_.answer_time.value / 1'000'000)));
  curl_easy_setopt(handle, CURLOPT_USE_SSL,
                   static_cast<long>(options_.security == SmtpSecurity::kPlain ? CURLUSESSL_NONE
                                                                               : CURLUSESSL_ALL));
  curl_easy_setopt(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  if (!options_.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, options_.ca_file.c_str());
  if (given.user.empty()) return;
  curl_easy_setopt(handle, CURLOPT_USERNAME, given.user.c_str());
  if (given.bearer.empty()) {
    curl_easy_setopt(handle, CURLOPT_PASSWORD, given.password.c_str());
  } else {
    curl_easy_setopt(handle, CURLOPT_XOAUTH2_BEARER, given.bearer.c_str());
  }
}

Result<SmtpCredentials> CurlSmtpSender::credentials() const {
  if (!options_.credentials) return SmtpCredentials{};
  if (options_.security == SmtpSecurity::kPlain)
    return invalid("Credentials are never sent without TLS: set security to starttls or tls.",
                   "security");
  TRY_ASSIGN(SmtpCredentials given, options_.credentials());
  if (given.user.empty())
    return invalid("The credentials of the mail server lack a user.", "credentials");
  return given;
}

Result<SmtpOutcome> CurlSmtpSender::send(const SmtpMail& mail) {
  TRY(check(mail));
  TRY_ASSIGN(const std::string url, url_of(options_));
  TRY_ASSIGN(const SmtpCredentials given, credentials());
  // What the server can do is said at the start of a connection.
  Handle handle = has_utf8_address(mail) ? new_handle() : borrow();
  set_connection(handle.get(), url, given);
  Ended ended = perform(handle.get(), mail, given);
  if (ended.was_stale()) {
    handle = new_handle();
    set_connection(handle.get(), url, given);
    ended = perform(handle.get(), mail, given);
  }
  // Only a dialogue that went well leaves a connection that is worth keeping.
  if (ended.outcome.verdict == SmtpVerdict::kSent) give_back(std::move(handle));
  return std::move(ended.outcome);
}

Ended CurlSmtpSender::perform(CURL* handle, const SmtpMail& mail,
                              const SmtpCredentials& credentials) const {
  SmtpDialogue dialogue(mail.recipients, secrets_of(credentials));
  Attempt attempt{mail.message, dialogue, has_utf8_address(mail)};
  GuardedSockets sockets{options_.allowed_networks};
  sockets.guard(handle);
  const List recipients = list_of(mail.recipients);
  curl_easy_setopt(handle, CURLOPT_MAIL_FROM, mail.from.c_str());
  curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(mail.message.size()));
  curl_easy_setopt(handle, CURLOPT_READFUNCTION, &on_read);
  curl_easy_setopt(handle, CURLOPT_READDATA, &attempt);
  curl_easy_setopt(handle, CURLOPT_VERBOSE, 1L);  // without it on_debug is not called
  curl_easy_setopt(handle, CURLOPT_DEBUGFUNCTION, &on_debug);
  curl_easy_setopt(handle, CURLOPT_DEBUGDATA, &attempt);
  const CURLcode code = curl_easy_perform(handle);
  SmtpOutcome outcome = dialogue.outcome(code == CURLE_OK);
  if (is_tls_failure(code) && outcome.stage < SmtpStage::kTls) outcome.stage = SmtpStage::kTls;
  if (code == CURLE_LOGIN_DENIED && outcome.stage < SmtpStage::kAuthenticate)
    outcome.stage = SmtpStage::kAuthenticate;
  if (attempt.lacks_utf8) {
    outcome.verdict = SmtpVerdict::kRefused;
    outcome.stage = SmtpStage::kSender;
    outcome.status = "5.6.7";  // RFC 6531, 3.5: addresses beyond ASCII are not permitted
  }
  outcome.message = explain(code, outcome, sockets, options_.host);
  long connections = 0;
  curl_easy_getinfo(handle, CURLINFO_NUM_CONNECTS, &connections);
  return {std::move(outcome), connections == 0};
}

}  // namespace

std::unique_ptr<SmtpSender> make_smtp_sender(SmtpOptions options) {
  return std::make_unique<CurlSmtpSender>(std::move(options));
}

}  // namespace rapport::net
