// IP addresses and CIDR blocks: types net.IP and net.CIDR.
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string>

#include "expr/functions/libraries.h"

namespace rapport::expr {
namespace {

struct Address {
  int family = 4;                            // 4 or 6
  std::array<unsigned char, 16> bytes = {};  // the first 4 of a family 4
  size_t size() const { return family == 4 ? 4 : 16; }
  bool operator==(const Address&) const = default;
};
struct IpBody : Opaque {
  Address address;
};
struct CidrBody : Opaque {
  Address address;
  int prefix = 0;
};

const OpaqueType kIp{"net.IP", [](const Opaque& a, const Opaque& b) {
                       return static_cast<const IpBody&>(a).address ==
                              static_cast<const IpBody&>(b).address;
                     }};
const OpaqueType kCidr{"net.CIDR", [](const Opaque& a, const Opaque& b) {
                         const auto& x = static_cast<const CidrBody&>(a);
                         const auto& y = static_cast<const CidrBody&>(b);
                         return x.address == y.address && x.prefix == y.prefix;
                       }};

const Address& ip_in(const Value& v) {
  return static_cast<const IpBody*>(v.as_opaque())->address;
}
const CidrBody& cidr_in(const Value& v) {
  return *static_cast<const CidrBody*>(v.as_opaque());
}

// Null when the text is an address; else what is wrong with it.
const char* read_address(std::string_view text, Address& out) {
  if (text.find('%') != std::string_view::npos) return "IP Address with zone value is not allowed";
  const std::string copy(text.substr(0, 64));
  if (text.size() <= 64 && copy.find('\0') == std::string::npos) {
    out = {};
    if (inet_pton(AF_INET, copy.c_str(), out.bytes.data()) == 1) return nullptr;
    out.family = 6;
    if (inet_pton(AF_INET6, copy.c_str(), out.bytes.data()) == 1) {
      static constexpr unsigned char kMapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
      const bool mapped = text.find('.') != std::string_view::npos &&
                          std::equal(std::begin(kMapped), std::end(kMapped), out.bytes.begin());
      return mapped ? "IPv4-mapped IPv6 address is not allowed" : nullptr;
    }
  }
  return "IP Address parse error during conversion from string";
}

const char* read_cidr(std::string_view text, Address& address, int& prefix) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return "CIDR parse error: there is no '/'";
  if (const char* problem = read_address(text.substr(0, slash), address)) return problem;
  const std::string_view bits = text.substr(slash + 1);
  const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), prefix);
  const bool padded = bits.size() > 1 && bits[0] == '0';
  if (error != std::errc() || end != bits.data() + bits.size() || prefix < 0 || padded ||
      prefix > static_cast<int>(address.size()) * 8)
    return "CIDR parse error: the prefix length is no number from 0 to 32 or 128";
  return nullptr;
}

// RFC 5952: lower case, no leading zeros, the longest run of zeros as "::".
std::string print(const Address& a) {
  std::string out;
  char buffer[8];
  const auto number = [&](unsigned n, int base) {
    out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, n, base).ptr);
  };
  if (a.family == 4) {
    for (size_t i = 0; i < 4; ++i) {
      if (i > 0) out += '.';
      number(a.bytes[i], 10);
    }
    return out;
  }
  unsigned groups[8];
  for (size_t i = 0; i < 8; ++i) groups[i] = a.bytes[2 * i] * 256u + a.bytes[2 * i + 1];
  size_t best = 8, longest = 1;
  for (size_t i = 0; i < 8; ++i) {
    size_t end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > longest) {
      best = i;
      longest = end - i;
    }
  }
  for (size_t i = 0; i < 8; ++i) {
    if (i == best) {
      out += "::";
      i += longest - 1;
      continue;
    }
    if (i > 0 && !out.ends_with(':')) out += ':';
    number(groups[i], 16);
  }
  return out;
}

Value make_ip(const Address& address, Call& call) {
  auto* body = call.arena.array<IpBody>(1);
  if (body == nullptr) return call.error("no memory left");
  body->type = &kIp;
  body->address = address;
  return Value::opaque(body);
}
Value make_cidr(const Address& address, int prefix, Call& call) {
  auto* body = call.arena.array<CidrBody>(1);
  if (body == nullptr) return call.error("no memory left");
  body->type = &kCidr;
  body->address = address;
  body->prefix = prefix;
  return Value::opaque(body);
}

Address masked(const Address& address, int prefix) {
  Address out = address;
  for (size_t i = 0; i < out.size(); ++i) {
    const int kept = std::clamp(prefix - static_cast<int>(i) * 8, 0, 8);
    out.bytes[i] &= static_cast<unsigned char>(0xff00 >> kept);
  }
  return out;
}
bool holds(const CidrBody& block, const Address& address) {
  return block.address.family == address.family &&
         masked(block.address, block.prefix) == masked(address, block.prefix);
}

Value ip_of_string(Arguments args, Call& call) {
  Address address;
  const char* problem = read_address(args[0].as_text(), address);
  return problem == nullptr ? make_ip(address, call) : call.error(problem);
}
Value cidr_of_string(Arguments args, Call& call) {
  Address address;
  int prefix = 0;
  const char* problem = read_cidr(args[0].as_text(), address, prefix);
  return problem == nullptr ? make_cidr(address, prefix, call) : call.error(problem);
}
Value is_ip(Arguments args, Call&) {
  Address address;
  return Value::boolean(read_address(args[0].as_text(), address) == nullptr);
}
Value is_cidr(Arguments args, Call&) {
  Address address;
  int prefix = 0;
  return Value::boolean(read_cidr(args[0].as_text(), address, prefix) == nullptr);
}
Value is_canonical(Arguments args, Call& call) {
  Address address;
  if (const char* problem = read_address(args[0].as_text(), address)) return call.error(problem);
  return Value::boolean(print(address) == args[0].as_text());
}
Value string_of_ip(Arguments args, Call& call) {
  return call.arena.string(print(ip_in(args[0])));
}
Value string_of_cidr(Arguments args, Call& call) {
  const CidrBody& block = cidr_in(args[0]);
  return call.arena.string(print(block.address) + "/" + std::to_string(block.prefix));
}
Value family(Arguments args, Call&) {
  return Value::integer(ip_in(args[0]).family);
}

bool is_unspecified(const Address& a) {
  return std::all_of(a.bytes.begin(), a.bytes.end(), [](unsigned char b) { return b == 0; });
}
bool is_loopback(const Address& a) {
  if (a.family == 4) return a.bytes[0] == 127;
  return std::all_of(a.bytes.begin(), a.bytes.begin() + 15,
                     [](unsigned char b) { return b == 0; }) &&
         a.bytes[15] == 1;
}
bool is_multicast(const Address& a) {
  return a.family == 4 ? (a.bytes[0] & 0xf0) == 0xe0 : a.bytes[0] == 0xff;
}
bool is_link_local_multicast(const Address& a) {
  if (a.family == 4) return a.bytes[0] == 224 && a.bytes[1] == 0 && a.bytes[2] == 0;
  return a.bytes[0] == 0xff && (a.bytes[1] & 0x0f) == 2;
}
bool is_link_local_unicast(const Address& a) {
  if (a.family == 4) return a.bytes[0] == 169 && a.bytes[1] == 254;
  return a.bytes[0] == 0xfe && (a.bytes[1] & 0xc0) == 0x80;
}
bool is_global_unicast(const Address& a) {
  const bool broadcast = a.family == 4 && std::all_of(a.bytes.begin(), a.bytes.begin() + 4,
                                                      [](unsigned char b) { return b == 0xff; });
  return !broadcast && !is_unspecified(a) && !is_loopback(a) && !is_multicast(a) &&
         !is_link_local_unicast(a);
}
template <bool (*kTest)(const Address&)>
Value test(Arguments args, Call&) {
  return Value::boolean(kTest(ip_in(args[0])));
}

Value contains_ip(Arguments args, Call&) {
  return Value::boolean(holds(cidr_in(args[0]), ip_in(args[1])));
}
Value contains_ip_text(Arguments args, Call& call) {
  Address address;
  if (const char* problem = read_address(args[1].as_text(), address)) return call.error(problem);
  return Value::boolean(holds(cidr_in(args[0]), address));
}
Value contains_cidr(Arguments args, Call&) {
  const CidrBody& outer = cidr_in(args[0]);
  const CidrBody& inner = cidr_in(args[1]);
  return Value::boolean(inner.prefix >= outer.prefix && holds(outer, inner.address));
}
Value contains_cidr_text(Arguments args, Call& call) {
  const Value inner = cidr_of_string(args.subspan(1), call);
  if (inner.is_error()) return inner;
  const Value both[] = {args[0], inner};
  return contains_cidr(both, call);
}
Value ip_of_cidr(Arguments args, Call& call) {
  return make_ip(cidr_in(args[0]).address, call);
}
Value masked_cidr(Arguments args, Call& call) {
  const CidrBody& block = cidr_in(args[0]);
  return make_cidr(masked(block.address, block.prefix), block.prefix, call);
}
Value prefix_length(Arguments args, Call&) {
  return Value::integer(cidr_in(args[0]).prefix);
}

constexpr Overload kOverloads[] = {
    {"ip", "(string) -> net.IP", 2, ip_of_string},
    {"cidr", "(string) -> net.CIDR", 2, cidr_of_string},
    {"isIP", "(string) -> bool", 2, is_ip},
    {"isCIDR", "(string) -> bool", 2, is_cidr},
    {"ip.isCanonical", "(string) -> bool", 2, is_canonical},
    {"string", "(net.IP) -> string", 2, string_of_ip},
    {"string", "(net.CIDR) -> string", 2, string_of_cidr},
    {"family", "net.IP.() -> int", 1, family},
    {"isUnspecified", "net.IP.() -> bool", 1, test<is_unspecified>},
    {"isLoopback", "net.IP.() -> bool", 1, test<is_loopback>},
    {"isGlobalUnicast", "net.IP.() -> bool", 1, test<is_global_unicast>},
    {"isLinkLocalMulticast", "net.IP.() -> bool", 1, test<is_link_local_multicast>},
    {"isLinkLocalUnicast", "net.IP.() -> bool", 1, test<is_link_local_unicast>},
    {"containsIP", "net.CIDR.(net.IP) -> bool", 1, contains_ip},
    {"containsIP", "net.CIDR.(string) -> bool", 2, contains_ip_text},
    {"containsCIDR", "net.CIDR.(net.CIDR) -> bool", 1, contains_cidr},
    {"containsCIDR", "net.CIDR.(string) -> bool", 2, contains_cidr_text},
    {"ip", "net.CIDR.() -> net.IP", 1, ip_of_cidr},
    {"masked", "net.CIDR.() -> net.CIDR", 1, masked_cidr},
    {"prefixLength", "net.CIDR.() -> int", 1, prefix_length},
};

}  // namespace

std::span<const Overload> network_overloads() {
  return kOverloads;
}

}  // namespace rapport::expr
