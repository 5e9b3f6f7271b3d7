// The bytes of one log record; layout and meaning are in log.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "store/log.h"

namespace rapport::store {

inline constexpr size_t kRecordPrefix = 8;   // length and CRC
inline constexpr size_t kRecordHeader = 92;  // all before the sealed body

struct Record {
  Envelope envelope;   // without position and next
  uint32_t group = 0;  // offset in the segment where its group begins
  std::string_view sealed;
  size_t size = 0;  // of the whole record
};

// Writes the header of a record whose sealed body is in its place already, and gives its chain
// hash. Uses all fields of `envelope` but chain and positions.
Hash complete_record(std::span<char> record, const Envelope& envelope, uint32_t group,
                     const Hash& previous_chain);

// Length of the record whose first bytes are these, prefix included; 0 where a segment ends.
// `start` holds at least kRecordPrefix bytes.
uint64_t record_size(std::string_view start);

// Whether a record can begin with these bytes (at least kRecordLook): a cheap test before the CRC
// that almost no offset inside a record passes.
inline constexpr size_t kRecordLook = 16;
bool looks_like_record(std::string_view start);

// Takes a record apart. False when `bytes` (exactly one record) are not what complete_record made.
bool decode_record(std::string_view bytes, Record& record);

// The fields alone, unchecked, for naming what is damaged. `bytes` holds at least kRecordHeader.
Record peek_record(std::string_view bytes);

// The chain hash a record must have after `previous_chain` if it is number `sequence` of
// `workspace`; `bytes` is exactly one record.
Hash chain_of(std::string_view bytes, const Hash& previous_chain, WorkspaceId workspace,
              Sequence sequence);

}  // namespace rapport::store
