// The live page with its script and style, which are files of the source tree, and the stream it
// shows.
#include "api/routes/routes.h"

#define RAPPORT_EMBED(symbol, file)                                              \
  asm(".section .rodata\n"                                                       \
      ".global " #symbol                                                         \
      "_begin\n"                                                                 \
      ".global " #symbol "_end\n" #symbol                                        \
      "_begin:\n"                                                                \
      ".incbin \"" file "\"\n" #symbol                                           \
      "_end:\n"                                                                  \
      ".byte 0\n"                                                                \
      ".text\n");                                                                \
  extern "C" const char symbol##_begin[];                                        \
  extern "C" const char symbol##_end[];                                          \
  static std::string_view symbol() {                                             \
    return {symbol##_begin, static_cast<size_t>(symbol##_end - symbol##_begin)}; \
  }

RAPPORT_EMBED(live_html, RAPPORT_LIVE_PAGE ".html")
RAPPORT_EMBED(live_style, RAPPORT_LIVE_PAGE ".css")
RAPPORT_EMBED(live_script, RAPPORT_LIVE_PAGE ".js")

namespace rapport::api {

using access::Scope;

namespace {

HttpResponse page_part(std::string_view type, std::string_view text) {
  return {200,
          {{"Content-Type", std::string(type) + "; charset=utf-8"},
           {"Cache-Control", "no-cache"},
           {"X-Content-Type-Options", "nosniff"}},
          std::string(text)};
}

Result<HttpResponse> page(Call&) {
  return live_page(Shown::kServer);
}
Result<HttpResponse> style(Call&) {
  return page_part("text/css", live_style());
}
Result<HttpResponse> script(Call&) {
  return page_part("text/javascript", live_script());
}

// The key comes in the Authorization header, as everywhere: the page reads the stream by fetch(),
// not by EventSource, which sends no headers. A cookie would be sent by any page that asks, a
// ticket in the address would stand in logs and histories.
Result<HttpResponse> follow(Call& call) {
  call.follows = true;
  return HttpResponse{200, {{"Content-Type", "text/event-stream"}}, {}};
}

}  // namespace

HttpResponse live_page(Shown where) {
  HttpResponse answer = page_part("text/html", live_html());
  if (where == Shown::kDemo) answer.body.replace(answer.body.find("<body"), 5, "<body data-demo");
  answer.headers.emplace_back(
      "Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
      "require-trusted-types-for 'script'");
  answer.headers.emplace_back("Referrer-Policy", "no-referrer");
  return answer;
}

std::vector<Route> live_routes() {
  return {
      {"GET", "/live", "livePage", Where::kOpen, Scope::kRead, page},
      {"GET", "/live.css", "livePageStyle", Where::kOpen, Scope::kRead, style},
      {"GET", "/live.js", "livePageScript", Where::kOpen, Scope::kRead, script},
      {"GET", "/api/v1/live", "followLive", Where::kWorkspace, Scope::kRead, follow},
  };
}

}  // namespace rapport::api
