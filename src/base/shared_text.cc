#include "base/shared_text.h"

#include <limits>
#include <new>

#include "base/result.h"

namespace rapport {

void SharedText::keep_long(std::string_view text) {
  CHECK(text.size() <= std::numeric_limits<uint32_t>::max());
  auto* block = new (::operator new(sizeof(Block) + text.size())) Block;
  std::memcpy(reinterpret_cast<char*>(block + 1), text.data(), text.size());
  std::memcpy(cell_, &block, sizeof block);
  mark_long(cell_, text);
}

void SharedText::release(Block* block) {
  // The only owner needs no locked instruction: nobody else can become one.
  if (block->owners.load(std::memory_order_acquire) != 1 &&
      block->owners.fetch_sub(1, std::memory_order_acq_rel) != 1)
    return;
  block->~Block();
  ::operator delete(block);
}

}  // namespace rapport
