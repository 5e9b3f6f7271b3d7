// IP addresses and networks, as far as it must be decided whether one may be connected to.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rapport::net {

// IPv4 as IPv4-mapped IPv6, so that both ways to write one address compare equal.
using Address = std::array<uint8_t, 16>;

// Dotted-quad or RFC 4291 text and nothing else: no octal, hexadecimal or short forms, no zones.
std::optional<Address> parse_address(std::string_view text);
bool is_ipv4(const Address& address);

struct Network {
  Address base{};
  int bits = 128;  // of the 16-byte form

  // "10.0.0.0/8", "fd00::/8" or one address.
  static std::optional<Network> parse(std::string_view text);
  bool holds(const Address& address) const;
};

// An address of the public Internet: none of the special-purpose registries (RFC 6890 and later)
// names it. NAT64 addresses are judged by the IPv4 address inside.
bool is_public(const Address& address);

}  // namespace rapport::net
