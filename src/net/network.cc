#include "net/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>
#include <vector>

#include "net/curl_transport.h"

namespace rapport::net {
namespace {

constexpr int kMappedBits = 96;
constexpr std::string_view kSpecialIpv4[] = {
    "0.0.0.0/8",        // this network
    "10.0.0.0/8",       // private
    "100.64.0.0/10",    // carrier-grade NAT
    "127.0.0.0/8",      // loopback
    "169.254.0.0/16",   // link-local, with the clouds' metadata services
    "172.16.0.0/12",    // private
    "192.0.0.0/24",     // protocol assignments
    "192.0.2.0/24",     // documentation
    "192.88.99.0/24",   // 6to4 relays
    "192.168.0.0/16",   // private
    "198.18.0.0/15",    // benchmarks
    "198.51.100.0/24",  // documentation
    "203.0.113.0/24",   // documentation
    "224.0.0.0/4",      // multicast
    "240.0.0.0/4",      // class E and broadcast
};
constexpr std::string_view kGlobalIpv6[] = {"2000::/3"};  // all else is special or unassigned
constexpr std::string_view kNat64[] = {"64:ff9b::/96"};
constexpr std::string_view kSpecialIpv6[] = {
    "2001::/23",      // protocol assignments, with Teredo
    "2001:db8::/32",  // documentation
    "2002::/16",      // 6to4: an IPv4 address in disguise
    "3fff::/20",      // documentation
};

bool any_holds(const std::vector<Network>& list, const Address& address) {
  return std::any_of(list.begin(), list.end(),
                     [&](const Network& network) { return network.holds(address); });
}

template <size_t N>
std::vector<Network> parsed(const std::string_view (&texts)[N]) {
  std::vector<Network> list;
  for (std::string_view text : texts) list.push_back(*Network::parse(text));
  return list;
}

Address mapped(const uint8_t* four) {
  Address address{};
  address[10] = address[11] = 0xff;
  std::memcpy(address.data() + 12, four, 4);
  return address;
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  if (text.size() > INET6_ADDRSTRLEN) return std::nullopt;
  const std::string terminated(text);
  Address address{};
  uint8_t four[4];
  if (inet_pton(AF_INET, terminated.c_str(), four) == 1) return mapped(four);
  if (inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1) return address;
  return std::nullopt;
}

bool is_ipv4(const Address& address) {
  static constexpr uint8_t kPrefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::memcmp(address.data(), kPrefix, sizeof kPrefix) == 0;
}

std::optional<Network> Network::parse(std::string_view text) {
  const size_t slash = text.find('/');
  const auto base = parse_address(text.substr(0, slash));
  if (!base) return std::nullopt;
  if (slash == std::string_view::npos) return Network{*base, 128};
  const std::string_view digits = text.substr(slash + 1);
  int bits = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (failure != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  const bool dotted = text.substr(0, slash).find(':') == std::string_view::npos;
  if (bits < 0 || bits > (dotted ? 32 : 128)) return std::nullopt;
  return Network{*base, dotted ? bits + kMappedBits : bits};
}

bool Network::holds(const Address& address) const {
  const auto whole = static_cast<size_t>(bits / 8);
  if (std::memcmp(base.data(), address.data(), whole) != 0) return false;
  if (bits % 8 == 0) return true;
  const int shift = 8 - bits % 8;
  return base[whole] >> shift == address[whole] >> shift;
}

bool is_public(const Address& address) {
  static const auto special_ipv4 = parsed(kSpecialIpv4);
  static const auto special_ipv6 = parsed(kSpecialIpv6);
  static const auto global_ipv6 = parsed(kGlobalIpv6);
  static const auto nat64 = parsed(kNat64);
  if (is_ipv4(address)) return !any_holds(special_ipv4, address);
  if (any_holds(nat64, address)) return is_public(mapped(address.data() + 12));
  return any_holds(global_ipv6, address) && !any_holds(special_ipv6, address);
}

bool address_allowed(std::string_view address, const std::vector<std::string>& allowed_networks) {
  const auto parsed_address = parse_address(address);
  if (!parsed_address) return false;
  if (is_public(*parsed_address)) return true;
  return std::any_of(allowed_networks.begin(), allowed_networks.end(),
                     [&](const std::string& text) {
                       const auto network = Network::parse(text);
                       return network && network->holds(*parsed_address);
                     });
}

}  // namespace rapport::net
