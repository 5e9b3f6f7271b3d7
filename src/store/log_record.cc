#include "store/log_record.h"

#include <bit>
#include <cstring>

namespace rapport::store {
namespace {

static_assert(std::endian::native == std::endian::little, "the log is written as it is in memory");

constexpr uint8_t kFormat = 1;
constexpr uint8_t kHasBindings = 1;

constexpr size_t kLengthAt = 0;
constexpr size_t kCrcAt = 4;
constexpr size_t kFormatAt = 8;
constexpr size_t kFlagsAt = 9;
constexpr size_t kUnusedAt = 10;
constexpr size_t kGroupAt = 12;
constexpr size_t kWorkspaceAt = 16;
constexpr size_t kSequenceAt = 20;
constexpr size_t kReceivedAt = 28;
constexpr size_t kSubjectAt = 36;
constexpr size_t kMessageAt = 44;
constexpr size_t kChainAt = 60;

template <class T>
void put(char* record, size_t at, const T& value) {
  std::memcpy(record + at, &value, sizeof value);
}
template <class T>
T get(std::string_view record, size_t at) {
  T value;
  std::memcpy(&value, record.data() + at, sizeof value);
  return value;
}

// What the chain covers beside the previous hash and the body: format to message without group.
Hash chain_over(const char* header, const Hash& previous, std::string_view sealed) {
  return sha256({bytes_of(previous),
                 {header + kFormatAt, kGroupAt - kFormatAt},
                 {header + kWorkspaceAt, kChainAt - kWorkspaceAt},
                 sealed});
}

}  // namespace

Hash complete_record(std::span<char> record, const Envelope& envelope, uint32_t group,
                     const Hash& previous_chain) {
  char* const header = record.data();
  const std::string_view all(header, record.size());
  put(header, kLengthAt, static_cast<uint32_t>(record.size() - kRecordPrefix));
  put(header, kFormatAt, kFormat);
  put(header, kFlagsAt, envelope.has_bindings ? kHasBindings : uint8_t{0});
  put(header, kUnusedAt, uint16_t{0});
  put(header, kGroupAt, group);
  put(header, kWorkspaceAt, envelope.workspace.value);
  put(header, kSequenceAt, envelope.sequence.value);
  put(header, kReceivedAt, envelope.received_at.value);
  put(header, kSubjectAt, envelope.subject.value);
  put(header, kMessageAt, envelope.message);
  const Hash chain = chain_over(header, previous_chain, all.substr(kRecordHeader));
  put(header, kChainAt, chain);
  put(header, kCrcAt, crc32c(0, all.substr(kFormatAt)));
  return chain;
}

uint64_t record_size(std::string_view start) {
  const auto length = get<uint32_t>(start, kLengthAt);
  return length == 0 ? 0 : uint64_t{length} + kRecordPrefix;
}

Record peek_record(std::string_view bytes) {
  Record r;
  r.envelope.workspace = {get<uint32_t>(bytes, kWorkspaceAt)};
  r.envelope.sequence = {get<uint64_t>(bytes, kSequenceAt)};
  r.envelope.received_at = {get<int64_t>(bytes, kReceivedAt)};
  r.envelope.subject = {get<uint64_t>(bytes, kSubjectAt)};
  r.envelope.message = get<Digest16>(bytes, kMessageAt);
  r.envelope.has_bindings = (get<uint8_t>(bytes, kFlagsAt) & kHasBindings) != 0;
  r.envelope.chain = get<Hash>(bytes, kChainAt);
  r.group = get<uint32_t>(bytes, kGroupAt);
  r.sealed = bytes.substr(kRecordHeader);
  r.size = bytes.size();
  return r;
}

bool looks_like_record(std::string_view start) {
  return get<uint8_t>(start, kFormatAt) == kFormat && get<uint16_t>(start, kUnusedAt) == 0 &&
         (get<uint8_t>(start, kFlagsAt) & ~kHasBindings) == 0 &&
         record_size(start) >= kRecordHeader;
}

bool decode_record(std::string_view bytes, Record& record) {
  if (bytes.size() < kRecordHeader || record_size(bytes) != bytes.size()) return false;
  if (!looks_like_record(bytes)) return false;
  if (crc32c(0, bytes.substr(kFormatAt)) != get<uint32_t>(bytes, kCrcAt)) return false;
  record = peek_record(bytes);
  return true;
}

Hash chain_of(std::string_view bytes, const Hash& previous_chain, WorkspaceId workspace,
              Sequence sequence) {
  char header[kRecordHeader];
  std::memcpy(header, bytes.data(), kRecordHeader);
  put(header, kWorkspaceAt, workspace.value);
  put(header, kSequenceAt, sequence.value);
  return chain_over(header, previous_chain, bytes.substr(kRecordHeader));
}

SealContext context_of(const Envelope& e) {
  SealContext out;
  put(out.bytes.data(), 0, e.workspace.value);
  put(out.bytes.data(), 4, e.sequence.value);
  put(out.bytes.data(), 12, e.received_at.value);
  put(out.bytes.data(), 20, e.subject.value);
  return out;
}

}  // namespace rapport::store
