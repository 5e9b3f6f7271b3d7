#include "net/body_coding.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>

#include "base/text.h"

namespace rapport::net {
namespace {

constexpr int kGzipWindow = 15 + 16;
constexpr int kZlibWindow = 15;
constexpr int kRawWindow = -15;

class Inflater {
 public:
  Inflater(std::string_view bytes, int window) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    ready_ = inflateInit2(&stream_, window) == Z_OK;
  }
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Decodes all members, at most `max_bytes` in all.
  Result<std::string> run(size_t max_bytes, bool several_members);

 private:
  enum class Step { kFull, kEnd, kTooLarge, kBad };
  Step fill(std::string& out, size_t& size, size_t max_bytes);

  z_stream stream_{};
  bool ready_ = false;
};

Error too_large(size_t max_bytes) {
  return {
      Code::kTooLarge,
      fmt::format("The body decodes to more than {} bytes: send it in smaller parts.", max_bytes)};
}

Error damaged() {
  return invalid("The body is not what its Content-Encoding says: it is damaged or cut short.");
}

// Decodes until the room in `out` is used up or the member ends.
Inflater::Step Inflater::fill(std::string& out, size_t& size, size_t max_bytes) {
  stream_.next_out = reinterpret_cast<Bytef*>(out.data() + size);
  stream_.avail_out = static_cast<uInt>(out.size() - size);
  const int status = inflate(&stream_, Z_NO_FLUSH);
  size = out.size() - stream_.avail_out;
  if (status == Z_STREAM_END) return Step::kEnd;
  if (status != Z_OK && status != Z_BUF_ERROR) return Step::kBad;
  if (size < out.size()) return Step::kBad;  // input used up before the end
  if (size < max_bytes) return Step::kFull;
  // The limit is reached exactly: only the trailer may follow.
  Bytef extra = 0;
  stream_.next_out = &extra;
  stream_.avail_out = 1;
  const int last = inflate(&stream_, Z_NO_FLUSH);
  if (stream_.avail_out == 0) return Step::kTooLarge;
  return last == Z_STREAM_END ? Step::kEnd : Step::kBad;
}

Result<std::string> Inflater::run(size_t max_bytes, bool several_members) {
  if (!ready_) return io_error("There is not enough memory to decode the body: try again.");
  std::string out(
      std::clamp<size_t>(size_t{stream_.avail_in} * 4, 1, std::max<size_t>(max_bytes, 1)), '\0');
  size_t size = 0;
  for (;;) {
    const Step step = fill(out, size, max_bytes);
    if (step == Step::kBad) return damaged();
    if (step == Step::kTooLarge) return too_large(max_bytes);
    if (step == Step::kEnd) {
      if (stream_.avail_in == 0) break;
      if (!several_members || inflateReset(&stream_) != Z_OK) return damaged();
    }
    if (size == out.size() && size < max_bytes) out.resize(std::min(size * 2, max_bytes));
  }
  if (size > max_bytes) return too_large(max_bytes);
  out.resize(size);
  return out;
}

}  // namespace

std::optional<Coding> coding_named(std::string_view value) {
  value = trim(value);
  if (value.empty() || equals_ignoring_case(value, "identity")) return Coding::kNone;
  if (equals_ignoring_case(value, "gzip") || equals_ignoring_case(value, "x-gzip")) {
    return Coding::kGzip;
  }
  if (equals_ignoring_case(value, "deflate")) return Coding::kDeflate;
  return std::nullopt;
}

Result<std::string> decode_body(Coding coding, std::string_view bytes, size_t max_bytes) {
  switch (coding) {
    case Coding::kNone:
      if (bytes.size() > max_bytes) return too_large(max_bytes);
      return std::string(bytes);
    case Coding::kGzip:
      return Inflater(bytes, kGzipWindow).run(max_bytes, true);
    case Coding::kDeflate: {
      auto decoded = Inflater(bytes, kZlibWindow).run(max_bytes, false);
      // Some clients send the bare deflate stream without zlib's frame.
      if (decoded.ok() || decoded.error().code != Code::kInvalid) return decoded;
      return Inflater(bytes, kRawWindow).run(max_bytes, false);
    }
  }
  BUG("unknown content coding");
}

}  // namespace rapport::net
