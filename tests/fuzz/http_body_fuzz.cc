// Bytes of a connection: heads, bodies, chunks and content codings, in pieces of any size.
// rooms: base net
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/body_coding.h"
#include "net/request_reader.h"

namespace {

using rapport::net::ReadLimits;
using rapport::net::ReadStep;
using rapport::net::RequestReader;

constexpr size_t kMostRequests = 64;

ReadLimits small_limits() {
  ReadLimits limits;
  limits.header_bytes = 1024;
  limits.fields = 20;
  limits.body_bytes = 2048;
  limits.decoded_bytes = 8192;
  return limits;
}

void check_request(const rapport::HttpRequest& request, const ReadLimits& limits) {
  CHECK(request.body.size() <= limits.decoded_bytes);
  CHECK(request.headers.size() <= limits.fields);
  CHECK(!request.method.empty());
  CHECK(request.target == "*" || request.target.starts_with('/'));
  CHECK(rapport::header(request.headers, "transfer-encoding").empty());
  for (const auto& [name, value] : request.headers) {
    CHECK(!name.empty());
    CHECK(name.find_first_of("\r\n: ") == std::string::npos);
    CHECK(value.find_first_of("\r\n") == std::string::npos);
  }
}

// What the reader makes of the bytes, as text: must not depend on where the pieces end.
std::string read_all(std::string_view bytes, size_t piece) {
  const ReadLimits limits = small_limits();
  RequestReader reader(limits);
  std::string seen;
  std::string buffer;
  size_t requests = 0;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    buffer += bytes.substr(at, piece);
    for (ReadStep step = ReadStep::kDone; step == ReadStep::kDone && requests < kMostRequests;) {
      size_t taken = 0;
      step = reader.read(buffer, taken);
      CHECK(taken <= buffer.size());
      buffer.erase(0, taken);
      if (step == ReadStep::kRefused) return seen + "!" + std::to_string(reader.refusal().status);
      if (step == ReadStep::kMore) {
        CHECK(buffer.size() < limits.header_bytes);
        break;
      }
      check_request(reader.request(), limits);
      seen += reader.request().method + " " + reader.request().target + " " +
              reader.request().body + "\n";
      reader.reset();
      ++requests;
    }
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t piece = size_t{1} + data[0];
  CHECK(read_all(bytes, bytes.size() + 1) == read_all(bytes, piece));
  using rapport::net::Coding;
  for (const Coding coding : {Coding::kGzip, Coding::kDeflate}) {
    const auto decoded = rapport::net::decode_body(coding, bytes, 4096);
    CHECK(!decoded.ok() || decoded->size() <= 4096);
  }
  return 0;
}
