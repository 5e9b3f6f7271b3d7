#include "net/network.h"

#include <gtest/gtest.h>

#include "net/curl_transport.h"

namespace rapport::net {
namespace {

constexpr const char* kRefused[] = {
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::2",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:7f00:1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456:789a::1",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "4000::1",
    "e000::1",
    "fe80::1%eth0",
    "fe80::1%1",
    "2606:4700::1%eth0",
    "",
    " ",
    "localhost",
    "example.com",
    "1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "8.8.8.8 ",
    " 8.8.8.8",
    "8.8.8.8.",
    "8.8.8",
    "8.8.8.256",
    "8.8.8.8:80",
    "[::1]",
    "[2606:4700::1]",
    "::ffff:8.8.8.8.8",
    "1::2::3",
};

// S5
TEST(Network, RefusesEveryAddressThatIsNotPublic) {
  for (const char* address : kRefused) EXPECT_FALSE(address_allowed(address, {})) << address;
}

TEST(Network, AllowsPublicAddresses) {
  const char* const allowed[] = {
      "1.1.1.1",          "8.8.8.8",         "9.255.255.255",        "11.0.0.1",
      "100.63.255.255",   "100.128.0.1",     "126.255.255.255",      "128.0.0.1",
      "169.253.255.255",  "169.255.0.1",     "172.15.255.255",       "172.32.0.1",
      "192.0.1.1",        "192.0.3.1",       "192.167.255.255",      "192.169.0.1",
      "198.17.255.255",   "198.20.0.1",      "223.255.255.255",      "::ffff:8.8.8.8",
      "64:ff9b::8.8.8.8", "2606:4700::1111", "2001:4860:4860::8888", "2a00:1450:4001:801::200e",
      "2003::1",          "3ffe::1",
  };
  for (const char* address : allowed) EXPECT_TRUE(address_allowed(address, {})) << address;
}

TEST(Network, AllowsWhatASettingNames) {
  const std::vector<std::string> networks = {"127.0.0.0/8",   "10.1.2.3", "fd00::/8",
                                             "172.16.0.0/13", "nonsense", "10.9.0.0/33",
                                             "10.8.0.0/-1",   "10.7.0.0/"};
  EXPECT_TRUE(address_allowed("127.3.2.1", networks));
  EXPECT_TRUE(address_allowed("::ffff:127.0.0.1", networks));
  EXPECT_TRUE(address_allowed("10.1.2.3", networks));
  EXPECT_TRUE(address_allowed("fd12::1", networks));
  EXPECT_TRUE(address_allowed("172.23.255.255", networks));
  EXPECT_FALSE(address_allowed("172.24.0.0", networks));
  EXPECT_FALSE(address_allowed("10.1.2.4", networks));
  EXPECT_FALSE(address_allowed("10.9.0.0", networks));
  EXPECT_FALSE(address_allowed("10.8.0.0", networks));
  EXPECT_FALSE(address_allowed("10.7.0.0", networks));
  EXPECT_FALSE(address_allowed("::1", networks));
  EXPECT_FALSE(address_allowed("fc00::1", networks));
}

TEST(Network, OfAllAddressesHoldsBothFamilies) {
  EXPECT_TRUE(address_allowed("10.0.0.1", {"0.0.0.0/0"}));
  EXPECT_FALSE(address_allowed("::1", {"0.0.0.0/0"}));
  EXPECT_TRUE(address_allowed("::1", {"::/0"}));
}

}  // namespace
}  // namespace rapport::net
