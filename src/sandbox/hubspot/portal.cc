#include "sandbox/hubspot/portal.h"

#include "base/text.h"

namespace rapport::sandbox::hubspot {

std::string Portal::uuid() {
  uint8_t bytes[16];
  random_.fill(bytes);
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0F) | 0x40);  // version 4
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3F) | 0x80);  // variant of RFC 9562
  const std::string hex = to_hex({reinterpret_cast<const char*>(bytes), sizeof bytes});
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" +
         hex.substr(16, 4) + "-" + hex.substr(20);
}

}  // namespace rapport::sandbox::hubspot
