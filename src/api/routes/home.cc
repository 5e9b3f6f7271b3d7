#include <fmt/format.h>

#include "api/routes/routes.h"

namespace rapport::api {

using access::Scope;

namespace {

constexpr std::string_view kPage = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rapport</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; }}
th, td {{ text-align: left; padding: .25rem 1.5rem .25rem 0; border-bottom: 1px solid; }}
td {{ font-variant-numeric: tabular-nums; }}
:root {{ color-scheme: light dark; }}
</style>
</head>
<body>
<main>
<h1>Rapport</h1>
<p>This server takes events from chat and support channels, keeps them, and keeps connected CRMs in
agreement with them.</p>
{}<h2>Where to go</h2>
<ul>
<li><a href="/live">What happens now</a>: conversations, and what becomes of them in the CRM</li>
<li><a href="/openapi.json">The API, as an OpenAPI document</a>; everything under <code>/api/v1</code>
needs a key</li>
<li><a href="/readyz">Is it ready?</a></li>
<li><a href="/metrics">Figures for Prometheus</a> (from this machine, or with an admin key)</li>
</ul>
</main>
</body>
</html>
)html";

constexpr std::string_view kFigures = R"html(<h2>Now</h2>
<table>
<caption>Reload for new figures.</caption>
<tr><th scope="row">Ready</th><td>{}</td></tr>
<tr><th scope="row">Events taken since the start</th><td>{}</td></tr>
<tr><th scope="row">Repeats left out</th><td>{}</td></tr>
<tr><th scope="row">Events in quarantine</th><td>{}</td></tr>
<tr><th scope="row">Events waiting to be folded</th><td>{}</td></tr>
</table>
)html";

uint64_t events(Metrics& metrics, std::string_view outcome) {
  return metrics
      .counter("rapport_intake_events_total", "Tracking calls by what became of them.",
               fmt::format("outcome=\"{}\"", outcome))
      .value();
}

// Totals only, and for this machine only: the page needs no key.
Result<HttpResponse> home(Call& call) {
  std::string figures;
  if (from_this_machine(call.request)) {
    Context& context = call.context;
    const bool ready = context.operations.not_ready().empty();
    figures = fmt::format(kFigures, ready ? "yes" : "no", events(context.metrics, "stored"),
                          events(context.metrics, "repeated"),
                          events(context.metrics, "quarantined"), context.runner.lag());
  }
  HttpResponse answer{200, {{"Content-Type", "text/html; charset=utf-8"}}, {}};
  answer.headers.emplace_back("Content-Security-Policy",
                              "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'");
  answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
  answer.body = fmt::format(kPage, figures);
  return answer;
}

}  // namespace

bool from_this_machine(const HttpRequest& request) {
  return request.peer.starts_with("127.") || request.peer.starts_with("::1") ||
         request.peer.starts_with("[::1]");
}

std::vector<Route> home_routes() {
  return {{"GET", "/", "home", Where::kOpen, Scope::kRead, home}};
}

}  // namespace rapport::api
