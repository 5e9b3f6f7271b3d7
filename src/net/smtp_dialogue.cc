#include "net/smtp_dialogue.h"

#include <algorithm>

#include "base/text.h"

namespace rapport::net {
namespace {

constexpr size_t kMaxLines = 20;
constexpr size_t kMaxWords = 500;
constexpr int kSendContent = 354;  // says nothing of what becomes of the content
constexpr std::string_view kHidden = "[hidden]";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool begins(std::string_view line, std::string_view verb) {
  return line.size() >= verb.size() && equals_ignoring_case(line.substr(0, verb.size()), verb);
}

void hide(std::string& text, std::string_view secret) {
  if (secret.empty()) return;
  for (size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at))
    text.replace(at, secret.size(), kHidden);
}

// One line of printable UTF-8.
std::string printable(std::string_view text) {
  std::string out;
  const bool readable = is_utf8(text);
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool shown = byte >= 0x20 && byte != 0x7f && (byte < 0x80 || readable);
    out.push_back(shown ? c : '?');
  }
  return out;
}

// Digits of one part of an enhanced code; 0: none.
size_t number_at(std::string_view words, size_t at) {
  size_t length = 0;
  while (at + length < words.size() && is_digit(words[at + length])) ++length;
  return length <= 3 ? length : 0;
}

}  // namespace

void SmtpDialogue::we_said(std::string_view command) {
  const std::string_view line = trim(command);
  if (begins(line, "QUIT") || ended_) {
    ended_ = true;  // what comes now is no answer to us
    return;
  }
  code_ = 0;
  answer_.clear();
  answer_open_ = false;
  if (stage_ < SmtpStage::kSender && (begins(line, "EHLO ") || begins(line, "HELO "))) {
    if (stage_ == SmtpStage::kConnect) stage_ = SmtpStage::kGreeting;
    takes_utf8_ = false;
  } else if (stage_ < SmtpStage::kTls && begins(line, "STARTTLS")) {
    stage_ = SmtpStage::kTls;
  } else if (stage_ < SmtpStage::kAuthenticate && begins(line, "AUTH ")) {
    stage_ = SmtpStage::kAuthenticate;
  } else if (begins(line, "MAIL FROM:")) {
    stage_ = SmtpStage::kSender;
  } else if (begins(line, "RCPT TO:")) {
    stage_ = SmtpStage::kRecipient;
    ++recipient_;
  } else if (stage_ == SmtpStage::kRecipient && equals_ignoring_case(line, "DATA")) {
    stage_ = SmtpStage::kContent;
  }
}

void SmtpDialogue::server_said(std::string_view line) {
  if (ended_) return;
  if (stage_ == SmtpStage::kConnect) stage_ = SmtpStage::kGreeting;
  line = line.substr(0, line.find_last_not_of("\r\n") + 1);
  if (line.size() < 3 || !std::all_of(line.begin(), line.begin() + 3, is_digit)) return;
  if (stage_ < SmtpStage::kAuthenticate && line.size() > 4 &&
      equals_ignoring_case(trim(line.substr(4)), "SMTPUTF8"))
    takes_utf8_ = true;
  if (!answer_open_) answer_.clear();
  answer_open_ = line.size() > 3 && line[3] == '-';
  if (answer_.size() < kMaxLines)
    answer_.emplace_back(line.substr(std::min<size_t>(4, line.size())));
  code_ = answer_open_ ? 0 : (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

std::string SmtpDialogue::words() const {
  std::string text;
  for (const std::string& line : answer_) text += (text.empty() ? "" : " ") + line;
  for (const std::string& secret : secrets_) {
    hide(text, secret);
    hide(text, to_base64(secret));
  }
  return std::string(cut_utf8(printable(text), kMaxWords));
}

SmtpOutcome SmtpDialogue::outcome(bool finished) const {
  SmtpOutcome outcome;
  outcome.stage = stage_;
  if (code_ != kSendContent) {
    outcome.code = code_;
    outcome.answer = words();
    outcome.status = enhanced_status(outcome.answer);
  }
  if (stage_ == SmtpStage::kRecipient && recipient_ >= 1 && recipient_ <= recipients_.size())
    outcome.recipient = recipients_[recipient_ - 1];
  const int kind = code_ / 100;
  if (finished) {
    outcome.verdict = SmtpVerdict::kSent;
  } else if (kind == 5) {
    outcome.verdict = SmtpVerdict::kRefused;
  } else if (content_left_ && kind != 4) {
    outcome.verdict = SmtpVerdict::kUnknown;
  } else {
    outcome.verdict = SmtpVerdict::kLater;
  }
  return outcome;
}

std::string enhanced_status(std::string_view words) {
  if (words.size() < 5 || (words[0] != '2' && words[0] != '4' && words[0] != '5') ||
      words[1] != '.')
    return {};
  const size_t subject = number_at(words, 2);
  const size_t dot = 2 + subject;
  if (subject == 0 || dot >= words.size() || words[dot] != '.') return {};
  const size_t detail = number_at(words, dot + 1);
  const size_t end = dot + 1 + detail;
  if (detail == 0 || (end < words.size() && words[end] != ' ')) return {};
  return std::string(words.substr(0, end));
}

std::string_view name(SmtpStage stage) {
  constexpr std::string_view kNames[] = {"connect", "greeting",  "tls",    "authenticate",
                                         "sender",  "recipient", "content"};
  return kNames[static_cast<size_t>(stage)];
}

std::string_view name(SmtpVerdict verdict) {
  constexpr std::string_view kNames[] = {"sent", "refused", "later", "unknown"};
  return kNames[static_cast<size_t>(verdict)];
}

}  // namespace rapport::net
