#include "store/page_cursor.h"

#include "base/crypto.h"
#include "base/text.h"

namespace rapport::store {
namespace {

constexpr char kFormat = 1;
constexpr size_t kHeader = 1 + 8 + 4;  // format, created, checksum; then the id

std::string big_endian(uint64_t n, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(n >> shift);
  return out;
}

uint64_t from_big_endian(std::string_view bytes) {
  uint64_t n = 0;
  for (char c : bytes) n = n << 8 | static_cast<uint8_t>(c);
  return n;
}

uint32_t checksum(const PageRequest& request, const PageEnd& end) {
  uint32_t crc = crc32c(0, big_endian(end.created.value, 8));
  const std::string order(1, request.order == PageRequest::Order::kNewest ? 'n' : 'o');
  for (std::string_view part :
       {std::string_view(request.type), std::string_view(request.field),
        std::string_view(request.value), std::string_view(order), std::string_view(end.id)}) {
    crc = crc32c(crc32c(crc, part), std::string_view("\0", 1));
  }
  return crc;
}

Error unusable() {
  return invalid("The cursor is not one of this list. Start again without a cursor.", "cursor");
}

}  // namespace

std::string encode_page_cursor(const PageRequest& request, const PageEnd& end) {
  return to_base64url(std::string(1, kFormat) + big_endian(end.created.value, 8) +
                      big_endian(checksum(request, end), 4) + end.id);
}

Result<PageEnd> decode_page_cursor(const PageRequest& request) {
  const auto bytes = from_base64url(request.after);
  if (!bytes || bytes->size() <= kHeader || bytes->front() != kFormat) return unusable();
  const std::string_view view(*bytes);
  const PageEnd end{{from_big_endian(view.substr(1, 8))}, std::string(view.substr(kHeader))};
  if (from_big_endian(view.substr(9, 4)) != checksum(request, end)) return unusable();
  return end;
}

}  // namespace rapport::store
