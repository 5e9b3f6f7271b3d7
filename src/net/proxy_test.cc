#include "net/proxy.h"

#include "net/curl_transport.h"
#include "net/server_fixture.h"

namespace rapport::net {
namespace {

TEST(ProxyAddress, IsSchemeHostAndPerhapsCredentials) {
  const ProxyAddress plain = parse_proxy("http://proxy.example:3128").value();
  EXPECT_EQ(plain.host, "proxy.example");
  EXPECT_FALSE(plain.credentials);
  EXPECT_TRUE(parse_proxy("https://user:pass@proxy.example:443/").value().credentials);
  EXPECT_EQ(parse_proxy("SOCKS5H://10.0.0.1:1080").value().scheme, "socks5h");
  for (const char* wrong : {"", "http://", "http://proxy.example/path", "http://p.example/?x",
                            "ftp://p.example", "socks4://p.example", "http://a b/"})
    EXPECT_FALSE(parse_proxy(wrong).ok()) << wrong;
  EXPECT_EQ(parse_proxy("socks5://p.example").error().message,
            "a proxy is http, https or socks5h, not 'socks5'; did you mean 'socks5h'?");
  for (const char* wrong :
       {"ftp://user:hunter2@p.example", "http://user:hunter2@p.example/x", "http://user:hunter2@"})
    EXPECT_EQ(parse_proxy(wrong).error().message.find("hunter2"), std::string::npos);
}

TEST(NoProxy, HoldsHostsDomainsAndNetworks) {
  const std::vector<std::string> list = {"crm.internal", ".corp.example", "10.0.0.0/8", "fd00::/8"};
  for (const char* direct : {"crm.internal", "CRM.Internal.", "a.crm.internal", "corp.example",
                             "x.y.corp.example", "10.1.2.3", "fd00::1"})
    EXPECT_TRUE(goes_direct(direct, list)) << direct;
  for (const char* by_proxy :
       {"crm.internal.example", "notcorp.example", "11.1.2.3", "internal", "10.1.2.3.example", ""})
    EXPECT_FALSE(goes_direct(by_proxy, list)) << by_proxy;
  EXPECT_TRUE(goes_direct("anything", {"*"}));
  EXPECT_FALSE(goes_direct("anything", {}));
}

// Takes requests as a proxy does: whole, with the address they are for.
class ProxyFor : public testing::Test {
 protected:
  ProxyFor() {
    service_.on_serve = [this](HttpRequest request, Respond respond) {
      seen.push_back(request);
      respond({status, {}, "by proxy"});
    };
    options.proxy.url = [this] { return url; };
    options.proxy.allowed_networks = {"127.0.0.0/8"};
    url = "http://127.0.0.1:" + std::to_string(server_->port());
  }

  Result<HttpResponse> get(const std::string& target) {
    return make_curl_transport(options)->send({"GET", target, {{"X-One", "1"}}, "", ""});
  }
  std::string refused(const std::string& target) {
    const auto answer = get(target);
    if (answer.ok()) return "";
    EXPECT_EQ(answer.error().code, Code::kForbidden) << answer.error().message;
    return answer.error().message;
  }

  EchoService service_;
  RunningServer server_{{}, service_};
  TransportOptions options;
  Result<std::string> url = std::string();
  int status = 200;
  std::vector<HttpRequest> seen;
};

TEST_F(ProxyFor, PlainCallsAreHandedOverUnresolved) {
  url = "http://user:pa%20ss@127.0.0.1:" + std::to_string(server_->port());
  const auto answer = get("http://no-such-host.invalid/path?x=1");
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->body, "by proxy");
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(header(seen[0].headers, "host"), "no-such-host.invalid");
  EXPECT_EQ(seen[0].target, "/path?x=1");
  EXPECT_EQ(header(seen[0].headers, "proxy-authorization"), "Basic dXNlcjpwYSBzcw==");
  EXPECT_EQ(header(seen[0].headers, "x-one"), "1");
}

TEST_F(ProxyFor, TheAddressIsAskedForBeforeEveryCall) {
  const std::string right = *url;
  url = Error{Code::kUnauthenticated, "The setting proxy: environment variable P is not set"};
  EXPECT_EQ(refused("http://crm.invalid/"), "The setting proxy: environment variable P is not set");
  url = std::string("not a proxy:hunter2@");
  EXPECT_EQ(refused("http://crm.invalid/").find("hunter2"), std::string::npos);
  EXPECT_EQ(server_.connections(), 0);
  url = right;
  EXPECT_TRUE(get("http://crm.invalid/").ok());
}

// S5: the allowance for the proxy is one for the proxy alone.
TEST_F(ProxyFor, ItsOwnAddressNeedsAnAllowance) {
  options.proxy.allowed_networks = {};
  options.allowed_networks = {"127.0.0.0/8"};
  EXPECT_EQ(refused("http://crm.invalid/"),
            "The proxy 127.0.0.1 is at 127.0.0.1, an address that is not public: to allow it, add "
            "its network to the setting proxy.allowed_networks.");
  options.proxy.allowed_networks = {"127.0.0.0/8"};
  options.allowed_networks = {};
  EXPECT_TRUE(get("http://crm.invalid/").ok());
  options.proxy.no_proxy = {"127.0.0.1"};
  EXPECT_NE(refused(*url + "/").find("setting allowed_networks"), std::string::npos);
}

// However a private address is written, the proxy is not asked for it.
TEST_F(ProxyFor, PrivateTargetsAreNotAskedFor) {
  for (const char* host :
       {"127.0.0.1", "localhost", "a.localhost", "127.1", "0x7f.1", "0177.0.0.1", "2130706433",
        "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "127.0.0.1.", "localhost.", "169.254.169.254",
        "[fd00::1]", "10.1.2.3", "user@192.168.1.1", "%31%32%37.0.0.1", "[fe80::1%25lo]"})
    EXPECT_FALSE(get(std::string("http://") + host + "/").ok()) << host;
  EXPECT_NE(refused("http://10.1.2.3/").find("also through the proxy"), std::string::npos);
  EXPECT_TRUE(seen.empty());
  options.allowed_networks = {"10.0.0.0/8"};
  EXPECT_TRUE(get("http://10.1.2.3/").ok());
}

TEST_F(ProxyFor, WrongCredentialsAreTheProxysWord) {
  url = "http://user:hunter2@127.0.0.1:" + std::to_string(server_->port());
  status = 407;
  const std::string message = refused("http://crm.invalid/");
  EXPECT_EQ(message,
            "The proxy 127.0.0.1 does not accept the credentials (407): put them right where the "
            "setting proxy has them from.");
  status = 403;  // of the target, as far as anybody can tell
  EXPECT_EQ(get("http://crm.invalid/")->status, 403);
}

// Our server, which stands for the proxy here, makes no tunnels; tests/server/proxy_test.py has one
// that does.
TEST_F(ProxyFor, EncryptedCallsAskForATunnel) {
  const auto answer = make_curl_transport(options)->send(
      {"POST", "https://crm.invalid/x", {{"Authorization", "Bearer secret"}}, "secret", ""});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kIo);
  EXPECT_EQ(answer.error().message,
            "The call to crm.invalid failed: the proxy 127.0.0.1 answered 501.");
  EXPECT_TRUE(seen.empty());
}

TEST_F(ProxyFor, OneThatIsDownIsNamed) {
  url = std::string("http://user:hunter2@127.0.0.1:1");
  for (const char* scheme : {"http", "https", "socks5h"}) {
    url = std::string(scheme) + "://user:hunter2@127.0.0.1:1";
    const auto answer = get("http://crm.invalid/");
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().code, Code::kIo);
    EXPECT_EQ(answer.error().message,
              "The call to crm.invalid failed: the proxy 127.0.0.1 cannot be reached, or refuses "
              "it.");
  }
}

}  // namespace
}  // namespace rapport::net
