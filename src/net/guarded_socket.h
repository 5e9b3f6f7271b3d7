// Where libcurl may connect to: for the sources that call it.
#pragma once

#include <curl/curl.h>

#include <string>
#include <vector>

namespace rapport::net {

struct GuardedSockets {
  const std::vector<std::string>& networks;  // allowed beside public addresses
  std::string refused_address = {};          // the last one, empty when none was

  // Every socket that `handle` opens is asked for here, with the address it will connect to. This
  // must live as long as the handle is in use.
  void guard(CURL* handle);
};

}  // namespace rapport::net
