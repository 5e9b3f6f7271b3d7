#include "model/record.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/text.h"

namespace rapport::model {
namespace {

constexpr size_t kIdBytes = 16;  // 26 characters of base 32

// Length first, so that ("ab", "c") and ("a", "bc") differ.
void append_part(std::string& out, std::string_view part) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(part.size() >> shift);
  out += part;
}

void add_values(const Json& value, const IndexSpec& spec, std::vector<IndexEntry>& out) {
  if (value.is_array()) {
    for (const Json& element : value.as_array()) {
      if (!element.is_array()) add_values(element, spec, out);
    }
  } else if (value.is_string() && !value.as_string().empty()) {
    out.push_back(
        {std::string(spec.type), std::string(spec.field), std::string(value.as_string())});
  }
}

}  // namespace

std::string derive_id(std::string_view prefix, WorkspaceId workspace,
                      std::initializer_list<std::string_view> parts) {
  std::string joined;
  append_part(joined, prefix);
  append_part(joined, std::to_string(workspace.value));
  for (std::string_view part : parts) append_part(joined, part);
  const Hash hash = sha256({joined});
  std::string id(prefix);
  id += '_';
  id += to_base32(bytes_of(hash).substr(0, kIdBytes));
  return id;
}

std::vector<IndexEntry> index_entries(const Record& record) {
  std::vector<IndexEntry> entries;
  for (const IndexSpec& spec : kIndexes) {
    if (spec.type != record.key.type) continue;
    const Json* value = record.fields.find(spec.field);
    if (value != nullptr) add_values(*value, spec, entries);
  }
  std::sort(entries.begin(), entries.end());
  entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
  return entries;
}

}  // namespace rapport::model
