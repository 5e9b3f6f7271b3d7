#include "store/sqlite/slots.h"

namespace rapport::store {
namespace {

uint64_t fnv1a(uint64_t hash, std::string_view text) {
  for (char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

int64_t home_slot(std::string_view first, std::string_view second) {
  uint64_t hash = fnv1a(0xcbf29ce484222325, first);
  hash = (hash ^ 0xff) * 0x100000001b3;  // no UTF-8 text has this byte: parts stay apart
  hash = fnv1a(hash, second);
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
  return static_cast<int64_t>((hash ^ (hash >> 33)) >> 2);
}

}  // namespace rapport::store
