// What backups of a live server and of a stopped one have in common.
#pragma once

#include <string>

#include "base/json.h"
#include "store/backup.h"

namespace rapport {

inline constexpr const char* kVersion = "0.1.0";

// {"destination", "files", "bytes", "heads"}.
Json describe_backup(const store::Manifest& manifest, const std::string& destination);

}  // namespace rapport
