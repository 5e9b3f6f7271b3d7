// The proxy of the settings as the transport takes it.
#pragma once

#include "base/disk.h"
#include "main/settings.h"
#include "net/curl_transport.h"

namespace rapport {

// The text of an environment variable, or of a file without white space around it. `what` names its
// owner in errors: "connection 'crm'".
Result<std::string> read_secret(Disk& disk, const Environment& environment, const std::string& env,
                                const std::string& file, std::string_view what);

// For calls of the server, or of one connection where that has a proxy of its own. `disk` and
// `environment` must outlive the transport.
net::TransportOptions transport_options(const Settings& settings, const ProxySettings& proxy,
                                        Disk& disk, const Environment& environment);

}  // namespace rapport
