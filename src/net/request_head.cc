#include "net/request_head.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace rapport::net {
namespace {

struct Counts {
  int hosts = 0, lengths = 0, transfer_codings = 0, content_codings = 0;
};

Refusal bad(std::string detail) {
  return {400, "bad_request", std::move(detail)};
}

bool is_host(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._~%!$&'()*+,;=:[]").find(c) != std::string_view::npos;
  });
}

std::optional<Refusal> read_length(std::string_view value, BodyPlan& plan) {
  const bool digits =
      !value.empty() && value.size() <= 18 &&
      std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return bad("Content-Length must be one decimal number.");
  for (char c : value) plan.length = plan.length * 10 + static_cast<uint64_t>(c - '0');
  plan.framing = plan.length > 0 ? Framing::kLength : Framing::kNone;
  return std::nullopt;
}

std::optional<Refusal> read_transfer_coding(std::string_view value, const RequestHead& head,
                                            BodyPlan& plan) {
  if (head.http10) return bad("HTTP/1.0 knows no Transfer-Encoding: send Content-Length.");
  if (!equals_ignoring_case(value, "chunked")) {
    return Refusal{501, "unsupported_transfer_coding",
                   "The only Transfer-Encoding understood is chunked."};
  }
  plan.framing = Framing::kChunked;
  return std::nullopt;
}

std::optional<Refusal> read_content_coding(std::string_view value, BodyPlan& plan) {
  const auto coding = coding_named(value);
  if (!coding) {
    return Refusal{415, "unsupported_coding",
                   "This Content-Encoding is not understood: send gzip, deflate or none."};
  }
  plan.coding = *coding;
  return std::nullopt;
}

std::optional<Refusal> read_field(std::string_view name, std::string_view value,
                                  const RequestHead& head, Counts& counts, BodyPlan& plan) {
  switch (name.size()) {
    case 4:
      if (!equals_ignoring_case(name, "host")) break;
      if (++counts.hosts > 1) return bad("Host is given twice: send one.");
      if (!is_host(value)) return bad("Host is not a host name or address.");
      break;
    case 6:
      if (!equals_ignoring_case(name, "expect")) break;
      if (!equals_ignoring_case(value, "100-continue")) {
        return Refusal{417, "expectation", "The only Expect understood is 100-continue."};
      }
      plan.expects_continue = !head.http10;
      break;
    case 14:
      if (!equals_ignoring_case(name, "content-length")) break;
      if (++counts.lengths > 1) return bad("Content-Length is given twice: send one.");
      return read_length(value, plan);
    case 16:
      if (!equals_ignoring_case(name, "content-encoding")) break;
      if (++counts.content_codings > 1) value = "several";
      return read_content_coding(value, plan);
    case 17:
      if (!equals_ignoring_case(name, "transfer-encoding")) break;
      if (++counts.transfer_codings > 1) return bad("Transfer-Encoding is given twice: send one.");
      return read_transfer_coding(value, head, plan);
    default:
      break;
  }
  return std::nullopt;
}

// Absolute form ("http://host/path") must be understood by every server: RFC 9112 3.2.2.
bool cut_to_origin_form(RequestHead& head) {
  std::string& target = head.target;
  if (target.find('#') != std::string::npos) return false;
  const bool printable =
      std::all_of(target.begin(), target.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!printable) return false;
  if (target.starts_with('/')) return true;
  if (target == "*") return head.method == "OPTIONS";
  const size_t colon = target.find("://");
  if (colon == std::string::npos) return false;
  const std::string scheme = ascii_lower(std::string_view(target).substr(0, colon));
  if (scheme != "http" && scheme != "https") return false;
  const size_t path = target.find_first_of("/?", colon + 3);
  if (path == colon + 3) return false;
  std::string rest = path == std::string::npos ? "" : target.substr(path);
  target = rest.starts_with('/') ? rest : "/" + rest;
  return true;
}

}  // namespace

std::optional<Refusal> check_head(RequestHead& head, BodyPlan& plan) {
  if (head.method == "CONNECT") {
    return Refusal{501, "bad_request", "This server is no proxy: CONNECT is not supported."};
  }
  if (!cut_to_origin_form(head)) {
    return bad("The request target must be a path starting with '/', without '#'.");
  }
  Counts counts;
  for (const auto& [name, value] : head.headers) {
    if (auto refusal = read_field(name, value, head, counts, plan)) return refusal;
  }
  if (counts.hosts == 0 && !head.http10) return bad("The Host header is missing.");
  if (counts.lengths > 0 && counts.transfer_codings > 0) {
    return bad("Content-Length and Transfer-Encoding exclude each other: send one.");
  }
  if (plan.framing == Framing::kNone) plan.expects_continue = false;
  return std::nullopt;
}

}  // namespace rapport::net
