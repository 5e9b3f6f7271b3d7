// Reads one request after the other from bytes, without a socket: head, body, content coding.
//
// Strict where leniency is an attack (RFC 9112): both Content-Length and Transfer-Encoding, two
// Content-Lengths or Hosts, bare LF or CR, folded lines and any transfer coding but "chunked" are
// refused. Every limit is checked before the bytes over it are kept.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/http.h"
#include "net/refusal.h"

namespace rapport::net {

struct ReadLimits {
  size_t header_bytes = 16 * 1024;
  size_t fields = 100;
  size_t body_bytes = 1024 * 1024;         // on the wire
  size_t decoded_bytes = 4 * 1024 * 1024;  // after the content coding
};

enum class ReadStep { kMore, kDone, kRefused };

class RequestReader {
 public:
  explicit RequestReader(const ReadLimits& limits);
  ~RequestReader();

  // Takes `taken` bytes from the front. Bytes not taken must come again, with more behind them.
  // After kDone or kRefused nothing is taken until reset().
  ReadStep read(std::string_view bytes, size_t& taken);
  void reset();

  bool head_done() const;
  // The client waits for "100 Continue" before it sends the body. Meaningful after head_done().
  bool expects_continue() const;
  bool keep_alive() const;
  bool http10() const;
  bool is_head_request() const;    // HEAD: the answer carries no body
  size_t held_bytes() const;       // of body kept so far
  HttpRequest& request();          // after kDone; may be moved from
  const Refusal& refusal() const;  // after kRefused

 private:
  class Parser;
  ReadStep read_head(std::string_view bytes, size_t& taken);
  ReadStep read_body(std::string_view bytes, size_t& taken);
  ReadStep start_body();
  ReadStep finish();
  ReadStep refuse(int status, std::string_view reason, std::string detail);

  ReadLimits limits_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace rapport::net
