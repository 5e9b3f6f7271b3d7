#include "net/refusal.h"

#include "base/json.h"
#include "net/answer_text.h"

namespace rapport::net {

HttpResponse problem(const Refusal& refusal) {
  Json body = Json::object();
  body.set("type", "about:blank")
      .set("title", reason_phrase(refusal.status))
      .set("status", refusal.status)
      .set("detail", refusal.detail)
      .set("code", refusal.reason);
  HttpResponse response;
  response.status = refusal.status;
  response.headers.emplace_back("Content-Type", "application/problem+json");
  if (refusal.status == 415) response.headers.emplace_back("Accept-Encoding", "gzip, deflate");
  if (refusal.status == 503) response.headers.emplace_back("Retry-After", "1");
  response.body = to_text(body);
  return response;
}

}  // namespace rapport::net
