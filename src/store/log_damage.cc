#include "store/log_damage.h"

namespace rapport::store {
namespace {

Sequence due_in(const std::unordered_map<WorkspaceId, Head>& heads, WorkspaceId workspace) {
  const auto it = heads.find(workspace);
  return {it == heads.end() ? 1 : it->second.sequence.value + 1};
}

}  // namespace

Suspect name_damage(SegmentReader& reader, uint64_t offset,
                    const std::unordered_map<WorkspaceId, Head>& heads) {
  const auto header = reader.bytes(offset, kRecordHeader);
  Suspect unknown;
  if (heads.size() == 1) unknown = {heads.begin()->first, due_in(heads, heads.begin()->first)};
  if (!header.ok() || header->size() < kRecordHeader) return unknown;
  const uint64_t size = record_size(*header);
  const Envelope read = peek_record(*header).envelope;
  if (size >= kRecordHeader && size <= reader.limit() - offset) {
    const auto bytes = reader.bytes(offset, size);
    if (!bytes.ok()) return unknown;
    for (const auto& [workspace, head] : heads) {
      const Sequence due{head.sequence.value + 1};
      if (chain_of(*bytes, head.chain, workspace, due) == read.chain) return {workspace, due, true};
    }
    if (chain_of(*bytes, Hash{}, read.workspace, {1}) == read.chain)
      return {read.workspace, {1}, true};
  }
  if (read.sequence == due_in(heads, read.workspace)) return {read.workspace, read.sequence};
  if (heads.contains(read.workspace)) return {read.workspace, due_in(heads, read.workspace)};
  for (const auto& [workspace, head] : heads) {
    if (head.sequence.value + 1 == read.sequence.value) return {workspace, read.sequence};
  }
  return heads.size() == 1 ? unknown : Suspect{read.workspace, read.sequence};
}

}  // namespace rapport::store
