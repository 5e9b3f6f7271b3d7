#include "net/guarded_socket.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "net/curl_transport.h"

namespace rapport::net {
namespace {

std::string address_text(const curl_sockaddr& address) {
  char text[INET6_ADDRSTRLEN] = "";
  const void* bytes = nullptr;
  if (address.family == AF_INET) {
    bytes = &reinterpret_cast<const sockaddr_in*>(&address.addr)->sin_addr;
  } else if (address.family == AF_INET6) {
    bytes = &reinterpret_cast<const sockaddr_in6*>(&address.addr)->sin6_addr;
  }
  if (bytes == nullptr || inet_ntop(address.family, bytes, text, sizeof text) == nullptr) return {};
  return text;
}

curl_socket_t on_socket(void* guarded, curlsocktype, curl_sockaddr* address) {
  auto& sockets = *static_cast<GuardedSockets*>(guarded);
  std::string text = address_text(*address);
  if (!address_allowed(text, sockets.networks)) {
    sockets.refused_address = std::move(text);
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

}  // namespace

void GuardedSockets::guard(CURL* handle) {
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, &on_socket);
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, this);
}

}  // namespace rapport::net
