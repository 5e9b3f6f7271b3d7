#include "net/request_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <limits>
#include <optional>

#include "base/text.h"
#include "net/body_coding.h"
#include "net/chunked_body.h"
#include "net/head_scan.h"
#include "net/request_head.h"

namespace rapport::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::string_view;
using Failure = boost::beast::error_code;

std::string text(string_view s) {
  return std::string(s.data(), s.size());
}

// Beast's grammar for the request line and the fields, collected as they come. The body is not
// its business (see chunked_body.h).
class HeadParser final : public http::basic_parser<true> {
 public:
  explicit HeadParser(RequestHead& head) : head_(head) {
    header_limit(std::numeric_limits<std::uint32_t>::max());  // checked before
    skip(true);
    eager(true);
  }

 private:
  void on_request_impl(http::verb, string_view method, string_view target, int version,
                       Failure& ec) override {
    ec = {};
    head_.method.assign(method.data(), method.size());
    head_.target.assign(target.data(), target.size());
    head_.http10 = version == 10;
    head_.headers.reserve(16);
  }
  void on_field_impl(http::field, string_view name, string_view value, Failure& ec) override {
    ec = {};
    head_.headers.emplace_back(text(name), text(value));
  }
  void on_header_impl(Failure& ec) override { ec = {}; }
  void on_finish_impl(Failure& ec) override { ec = {}; }
  void on_response_impl(int, string_view, int, Failure& ec) override { ec = {}; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Failure& ec) override { ec = {}; }
  std::size_t on_body_impl(string_view body, Failure& ec) override {
    ec = {};
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, Failure& ec) override { ec = {}; }
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, Failure& ec) override {
    ec = {};
    return body.size();
  }

  RequestHead& head_;
};

std::string_view sentence(HeadScan::Verdict verdict) {
  switch (verdict) {
    case HeadScan::Verdict::kBareLineFeed:
      return "A line of the head ends with LF alone: end every line with CR LF.";
    case HeadScan::Verdict::kBareCarriageReturn:
      return "A line of the head holds a CR without LF: end every line with CR LF.";
    case HeadScan::Verdict::kFoldedLine:
      return "A header is folded over two lines: send it in one.";
    default:
      return "There are empty lines before the request.";
  }
}

}  // namespace

class RequestReader::Parser {
 public:
  enum class Phase { kHead, kBody, kDone, kRefused };

  HeadScan scan;
  RequestHead head;
  BodyPlan plan;
  Phase phase = Phase::kHead;
  bool keep_alive = false;
  bool head_request = false;
  uint64_t left = 0;  // of a body with Content-Length
  std::optional<ChunkedBody> chunks;
  HttpRequest request;
  Refusal refusal;
};

RequestReader::RequestReader(const ReadLimits& limits)
    : limits_(limits), parser_(std::make_unique<Parser>()) {}

RequestReader::~RequestReader() = default;

void RequestReader::reset() {
  Parser& p = *parser_;
  p.scan.reset();
  p.head.headers.clear();
  p.plan = {};
  p.phase = Parser::Phase::kHead;
  p.keep_alive = false;
  p.head_request = false;
  p.left = 0;
  p.chunks.reset();
  p.request = {};
}

ReadStep RequestReader::read(std::string_view bytes, size_t& taken) {
  taken = 0;
  if (parser_->phase == Parser::Phase::kHead) {
    const ReadStep step = read_head(bytes, taken);
    if (step != ReadStep::kMore || parser_->phase == Parser::Phase::kHead) return step;
    size_t of_body = 0;
    const ReadStep body = read_body(bytes.substr(taken), of_body);
    taken += of_body;
    return body;
  }
  if (parser_->phase == Parser::Phase::kBody) return read_body(bytes, taken);
  return parser_->phase == Parser::Phase::kDone ? ReadStep::kDone : ReadStep::kRefused;
}

ReadStep RequestReader::read_head(std::string_view bytes, size_t& taken) {
  Parser& p = *parser_;
  const auto verdict = p.scan.scan(bytes.substr(0, limits_.header_bytes));
  if (verdict == HeadScan::Verdict::kMore) {
    if (bytes.size() < limits_.header_bytes) return ReadStep::kMore;
    return refuse(431, "header_too_large",
                  fmt::format("The request line and headers are longer than {} bytes.",
                              limits_.header_bytes));
  }
  if (verdict != HeadScan::Verdict::kFound) {
    return refuse(400, "bad_request", std::string(sentence(verdict)));
  }
  HeadParser grammar(p.head);
  Failure ec;
  grammar.put(boost::asio::buffer(bytes.data() + p.scan.begin(), p.scan.end() - p.scan.begin()),
              ec);
  if (ec == http::error::bad_version) {
    return refuse(505, "bad_request", "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
  }
  if (ec || !grammar.is_done()) {
    return refuse(400, "bad_request", "The request head is malformed: " + ec.message() + ".");
  }
  taken = p.scan.end();
  p.keep_alive = grammar.keep_alive();
  p.head_request = p.head.method == "HEAD";
  return start_body();
}

ReadStep RequestReader::start_body() {
  Parser& p = *parser_;
  if (p.head.headers.size() > limits_.fields) {
    return refuse(431, "header_too_large",
                  fmt::format("There are more than {} header fields.", limits_.fields));
  }
  if (auto refusal = check_head(p.head, p.plan)) {
    p.refusal = std::move(*refusal);
    p.phase = Parser::Phase::kRefused;
    return ReadStep::kRefused;
  }
  if (p.plan.framing == Framing::kNone) return finish();
  if (p.plan.framing == Framing::kLength && p.plan.length > limits_.body_bytes) {
    return refuse(413, "body_too_large",
                  fmt::format("The body has {} bytes, the limit is {}: send it in smaller parts.",
                              p.plan.length, limits_.body_bytes));
  }
  p.left = p.plan.length;
  if (p.plan.framing == Framing::kChunked) p.chunks.emplace(limits_.body_bytes);
  // Grown as bytes come: a promised length alone must not take memory.
  p.request.body.reserve(std::min<uint64_t>(p.left, 16 * 1024));
  p.phase = Parser::Phase::kBody;
  return ReadStep::kMore;
}

ReadStep RequestReader::read_body(std::string_view bytes, size_t& taken) {
  Parser& p = *parser_;
  if (!p.chunks) {
    taken = static_cast<size_t>(std::min<uint64_t>(p.left, bytes.size()));
    std::string& body = p.request.body;
    // At most four times what has come, so that it is copied once or not at all as it grows.
    if (body.size() + taken > body.capacity())
      body.reserve(body.size() + std::min<uint64_t>(p.left, 4 * (body.size() + taken)));
    body.append(bytes.data(), taken);
    p.left -= taken;
    return p.left == 0 ? finish() : ReadStep::kMore;
  }
  switch (p.chunks->decode(bytes, p.request.body, taken)) {
    case ChunkedBody::Verdict::kMore:
      return ReadStep::kMore;
    case ChunkedBody::Verdict::kDone:
      return finish();
    case ChunkedBody::Verdict::kBad:
      return refuse(400, "bad_request", "The chunked body is malformed.");
    case ChunkedBody::Verdict::kTooLarge:
      break;
  }
  return refuse(413, "body_too_large",
                fmt::format("The body is longer than {} bytes: send it in smaller parts.",
                            limits_.body_bytes));
}

ReadStep RequestReader::finish() {
  Parser& p = *parser_;
  if (p.plan.coding != Coding::kNone && !p.request.body.empty()) {
    auto decoded = decode_body(p.plan.coding, p.request.body, limits_.decoded_bytes);
    if (!decoded.ok()) {
      const bool large = decoded.error().code == Code::kTooLarge;
      return refuse(large ? 413 : 400, large ? "body_too_large" : "bad_request",
                    decoded.error().message);
    }
    p.request.body = std::move(*decoded);
  }
  if (p.plan.coding != Coding::kNone || p.chunks) {
    std::erase_if(p.head.headers, [](const auto& field) {
      return equals_ignoring_case(field.first, "content-encoding") ||
             equals_ignoring_case(field.first, "transfer-encoding") ||
             equals_ignoring_case(field.first, "content-length");
    });
  }
  p.request.method = std::move(p.head.method);
  p.request.target = std::move(p.head.target);
  p.request.headers = std::move(p.head.headers);
  p.phase = Parser::Phase::kDone;
  return ReadStep::kDone;
}

ReadStep RequestReader::refuse(int status, std::string_view reason, std::string detail) {
  parser_->refusal = {status, reason, std::move(detail)};
  parser_->phase = Parser::Phase::kRefused;
  parser_->keep_alive = false;
  return ReadStep::kRefused;
}

bool RequestReader::head_done() const {
  return parser_->phase != Parser::Phase::kHead;
}
bool RequestReader::expects_continue() const {
  return parser_->plan.expects_continue;
}
bool RequestReader::keep_alive() const {
  return parser_->keep_alive;
}
bool RequestReader::http10() const {
  return parser_->head.http10;
}
bool RequestReader::is_head_request() const {
  return parser_->head_request;
}
size_t RequestReader::held_bytes() const {
  return parser_->request.body.size();
}
HttpRequest& RequestReader::request() {
  return parser_->request;
}
const Refusal& RequestReader::refusal() const {
  return parser_->refusal;
}

}  // namespace rapport::net
