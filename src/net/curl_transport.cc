#include "net/curl_transport.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>
#include <mutex>
#include <utility>

#include "base/text.h"
#include "net/guarded_socket.h"
#include "net/network.h"

namespace rapport::net {
namespace {

constexpr size_t kIdleHandles = 32;  // kept with their connections; more are closed after use
constexpr size_t kMaxHeaderBytes = 256 * 1024;

struct CloseHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Handle = std::unique_ptr<CURL, CloseHandle>;
using List = std::unique_ptr<curl_slist, FreeList>;

// One call under way: what libcurl's callbacks fill and check.
struct Call {
  const TransportOptions& options;
  GuardedSockets sockets;
  HttpResponse response = {};
  size_t header_bytes = 0;
  bool too_large = false;

  size_t take_body(const char* bytes, size_t size) {
    if (size > options.max_answer_bytes - response.body.size()) {
      too_large = true;
      return 0;
    }
    response.body.append(bytes, size);
    return size;
  }

  size_t take_header(std::string_view line) {
    header_bytes += line.size();
    if (header_bytes > kMaxHeaderBytes) {
      too_large = true;
      return 0;
    }
    if (line.starts_with("HTTP/")) response.headers.clear();  // after 1xx the real answer follows
    const size_t colon = line.find(':');
    if (colon != std::string_view::npos) {
      response.headers.emplace_back(std::string(trim(line.substr(0, colon))),
                                    std::string(trim(line.substr(colon + 1))));
    }
    return line.size();
  }
};

size_t on_body(char* bytes, size_t one, size_t count, void* call) {
  return static_cast<Call*>(call)->take_body(bytes, one * count);
}
size_t on_read(char* buffer, size_t one, size_t count, void* left) {
  std::string_view& body = *static_cast<std::string_view*>(left);
  const size_t part = body.copy(buffer, one * count);
  body.remove_prefix(part);
  return part;
}
size_t on_header(char* bytes, size_t one, size_t count, void* call) {
  return static_cast<Call*>(call)->take_header({bytes, one * count});
}

bool has_control(std::string_view text) {
  for (char c : text) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) return true;
  }
  return false;
}

Result<List> header_list(const HttpRequest& request) {
  List list;
  auto add = [&list](const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    CHECK(longer != nullptr);
    static_cast<void>(list.release());
    list.reset(longer);
  };
  for (const auto& [name, value] : request.headers) {
    if (has_control(name) || has_control(value) || name.find(':') != std::string::npos) {
      return invalid(
          fmt::format("Header '{}' holds a character that headers may not hold: remove "
                      "line breaks and control characters.",
                      name));
    }
    // libcurl's way to write an empty value is a semicolon.
    add(value.empty() ? name + ";" : name + ": " + value);
  }
  add("Expect:");
  if (header(request.headers, "content-type").empty()) add("Content-Type:");
  return list;
}

// Without path, query and credentials: fit for messages and logs.
std::string origin_of(const std::string& url) {
  return host_of(url).value_or("the given address");
}

// What the proxy must not be asked for. Names are resolved there; an address, or the name that
// means this machine everywhere (RFC 6761), is judged here.
std::string refused_target(const std::string& host, const std::vector<std::string>& allowed) {
  std::string name = ascii_lower(host);
  if (name.ends_with('.')) name.pop_back();
  if (name == "localhost" || name.ends_with(".localhost")) name = "127.0.0.1";
  return parse_address(name) && !address_allowed(name, allowed) ? name : std::string();
}

// How one call goes.
struct Way {
  std::string proxy = {};  // empty: direct
  std::string proxy_host = {};
};

Error refused_by_proxy(long status, const Way& way, const HttpRequest& request) {
  const std::string host = origin_of(request.target);
  if (status == 407)
    return {Code::kForbidden,
            fmt::format("The proxy {} does not accept the credentials (407): put them right where "
                        "the setting proxy has them from.",
                        way.proxy_host)};
  if (status == 403)
    return {Code::kForbidden,
            fmt::format("The proxy {} forbids calls to {} (403): have it allowed there.",
                        way.proxy_host, host)};
  return io_error(fmt::format("The call to {} failed: the proxy {} answered {}.", host,
                              way.proxy_host, status));
}

class CurlTransport final : public Transport {
 public:
  explicit CurlTransport(TransportOptions options) : options_(std::move(options)) {
    CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
  }
  ~CurlTransport() override {
    idle_.clear();
    curl_global_cleanup();
  }

  Result<HttpResponse> send(const HttpRequest& request) override;

 private:
  Handle borrow();
  void give_back(Handle handle);
  void set_limits(CURL* handle) const;
  static void set_request(CURL* handle, const HttpRequest& request, std::string_view& body);
  Result<Way> way_of(const HttpRequest& request) const;
  Result<HttpResponse> perform(CURL* handle, const Way& way, const HttpRequest& request);
  Error error_of(CURLcode code, const Call& call, const Way& way, const HttpRequest& request) const;

  TransportOptions options_;
  std::mutex mutex_;
  std::vector<Handle> idle_;  // last in, first out: warm connections first
};

Handle CurlTransport::borrow() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      Handle handle = std::move(idle_.back());
      idle_.pop_back();
      return handle;
    }
  }
  Handle handle(curl_easy_init());
  CHECK(handle != nullptr);
  return handle;
}

void CurlTransport::give_back(Handle handle) {
  curl_easy_reset(handle.get());  // keeps connections
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kIdleHandles) idle_.push_back(std::move(handle));
}

void CurlTransport::set_limits(CURL* handle) const {
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options_.connect_time.value / 1000));
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.total_time.value / 1000));
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "");  // whatever the environment says
  curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(handle, CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
  curl_easy_setopt(handle, CURLOPT_PROXY_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options_.ca_file.empty()) {  // the system's are found by CURLOPT_CAPATH as before
    curl_easy_setopt(handle, CURLOPT_CAINFO, options_.ca_file.c_str());
    curl_easy_setopt(handle, CURLOPT_PROXY_CAINFO, options_.ca_file.c_str());
  }
  curl_easy_setopt(handle, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(handle, CURLOPT_USERAGENT, options_.user_agent.c_str());
}

// The body is handed over piece by piece and cannot be rewound. That is on purpose: when a kept
// connection ends without an answer libcurl would by itself send the request again on a new one,
// though the other side may have acted on it.
void CurlTransport::set_request(CURL* handle, const HttpRequest& request, std::string_view& body) {
  curl_easy_setopt(handle, CURLOPT_URL, request.target.c_str());
  if (request.method == "HEAD") {
    curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    return;
  }
  const bool sends_length = request.method == "POST" || request.method == "PUT" ||
                            request.method == "PATCH" || !request.body.empty();
  if (sends_length) {
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, &on_read);
    curl_easy_setopt(handle, CURLOPT_READDATA, &body);
    // Without a body there is nothing to rewind.
    if (body.empty()) curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, 1L);
  }
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

Result<HttpResponse> CurlTransport::send(const HttpRequest& request) {
  if (has_control(request.method) || request.method.find(' ') != std::string::npos) {
    return invalid("The request method is malformed.");
  }
  TRY_ASSIGN(List headers, header_list(request));
  TRY_ASSIGN(const Way way, way_of(request));
  Handle handle = borrow();
  set_limits(handle.get());
  std::string_view body = request.body;
  set_request(handle.get(), request, body);
  curl_easy_setopt(handle.get(), CURLOPT_PROXY, way.proxy.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
  auto answer = perform(handle.get(), way, request);
  give_back(std::move(handle));
  return answer;
}

Result<Way> CurlTransport::way_of(const HttpRequest& request) const {
  if (!options_.proxy.url) return Way{};
  const auto host = host_of(request.target);
  if (!host || goes_direct(*host, options_.proxy.no_proxy)) return Way{};
  const Result<std::string> url = options_.proxy.url();
  if (!url.ok()) return Error{Code::kForbidden, url.error().message};
  const Result<ProxyAddress> address = parse_proxy(*url);
  if (!address.ok())
    return Error{Code::kForbidden, "The setting proxy is wrong: " + address.error().message};
  if (const std::string refused = refused_target(*host, options_.allowed_networks);
      !refused.empty())
    return Error{Code::kForbidden,
                 fmt::format("{} is an address that is not public: to allow it also through the "
                             "proxy, add its network to the setting allowed_networks.",
                             refused)};
  return Way{*url, address->host};
}

Result<HttpResponse> CurlTransport::perform(CURL* handle, const Way& way,
                                            const HttpRequest& request) {
  Call call{options_,
            {way.proxy.empty() ? options_.allowed_networks : options_.proxy.allowed_networks}};
  call.sockets.guard(handle);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &call);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &call);
  const CURLcode code = curl_easy_perform(handle);
  long status = 0, connect_status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(handle, CURLINFO_HTTP_CONNECTCODE, &connect_status);
  // Said by the proxy, of itself or of what it does not allow; nothing has reached the target.
  const long refused = connect_status >= 300 ? connect_status : status == 407 ? status : 0;
  if (!way.proxy.empty() && refused != 0) return refused_by_proxy(refused, way, request);
  if (code != CURLE_OK) return error_of(code, call, way, request);
  call.response.status = static_cast<int>(status);
  return std::move(call.response);
}

Error CurlTransport::error_of(CURLcode code, const Call& call, const Way& way,
                              const HttpRequest& request) const {
  const std::string host = origin_of(request.target);
  if (call.too_large) {
    return {Code::kTooLarge,
            fmt::format("The answer of {} is larger than {} bytes and was dropped.", host,
                        options_.max_answer_bytes)};
  }
  if (!call.sockets.refused_address.empty() && !way.proxy.empty() &&
      code == CURLE_COULDNT_CONNECT) {
    return {Code::kForbidden,
            fmt::format("The proxy {} is at {}, an address that is not public: to allow it, add "
                        "its network to the setting proxy.allowed_networks.",
                        way.proxy_host, call.sockets.refused_address)};
  }
  if (!call.sockets.refused_address.empty() && code == CURLE_COULDNT_CONNECT) {
    return {Code::kForbidden,
            fmt::format("{} is at {}, an address that is not public: to allow it, add its network "
                        "to the setting allowed_networks.",
                        host, call.sockets.refused_address)};
  }
  if (code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_PROXY ||
      (code == CURLE_COULDNT_CONNECT && !way.proxy.empty())) {
    return io_error(
        fmt::format("The call to {} failed: the proxy {} cannot be reached, or refuses "
                    "it.",
                    host, way.proxy_host));
  }
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return {Code::kTimeout, fmt::format("{} did not answer in time.", host), Retryable::kYes};
    case CURLE_URL_MALFORMAT:
      return invalid(fmt::format("The URL of {} is malformed.", host));
    case CURLE_UNSUPPORTED_PROTOCOL:
      return invalid(fmt::format("The URL of {} must start with http:// or https://.", host));
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_GOT_NOTHING:
      return io_error(fmt::format("{} closed the connection without an answer.", host));
    case CURLE_SSL_CACERT_BADFILE:
      return io_error("The file of the setting ca_file cannot be read as certificates.");
    case CURLE_PEER_FAILED_VERIFICATION:
      return {Code::kIo, fmt::format("The certificate of {} does not check: renew it there, or "
                                     "install the authority that signed it here.",
                                     host)};
    default:
      return io_error(fmt::format("The call to {} failed: {}.", host, curl_easy_strerror(code)));
  }
}

}  // namespace

std::unique_ptr<Transport> make_curl_transport(TransportOptions options) {
  return std::make_unique<CurlTransport>(std::move(options));
}

}  // namespace rapport::net
