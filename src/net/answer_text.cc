#include "net/answer_text.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <boost/beast/http/status.hpp>
#include <iterator>

#include "base/text.h"

namespace rapport::net {
namespace {

bool ours(std::string_view name) {
  return equals_ignoring_case(name, "content-length") || equals_ignoring_case(name, "connection") ||
         equals_ignoring_case(name, "transfer-encoding");
}

void append_clean(std::string& out, std::string_view text) {
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back((byte < 0x20 && c != '\t') || byte == 0x7f ? ' ' : c);
  }
}

}  // namespace

std::string_view reason_phrase(int status) {
  namespace http = boost::beast::http;
  const auto phrase = http::obsolete_reason(http::int_to_status(static_cast<unsigned>(status)));
  return {phrase.data(), phrase.size()};
}

bool may_have_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

void append_head(std::string& out, const HttpResponse& response, Persistence persistence,
                 Length length) {
  if (response.status == 200) {
    out += "HTTP/1.1 200 OK\r\n";
  } else {
    fmt::format_to(std::back_inserter(out), FMT_COMPILE("HTTP/1.1 {:03} {}\r\n"), response.status,
                   reason_phrase(response.status));
  }
  if (length == Length::kKnown && may_have_body(response.status)) {
    const fmt::format_int size(response.body.size());
    out += "Content-Length: ";
    out.append(size.data(), size.size());
    out += "\r\n";
  }
  for (const auto& [name, value] : response.headers) {
    if (ours(name)) continue;
    append_clean(out, name);
    out += ": ";
    append_clean(out, value);
    out += "\r\n";
  }
  if (persistence == Persistence::kClose) out += "Connection: close\r\n";
  if (persistence == Persistence::kKeepAlive) out += "Connection: keep-alive\r\n";
  out += "\r\n";
}

}  // namespace rapport::net
