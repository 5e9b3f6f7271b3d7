// Numbers that name things, as types of their own, so that one cannot be passed for another.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace rapport {

template <class Tag, class Rep>
struct Number {
  Rep value{};
  auto operator<=>(const Number&) const = default;
};

using WorkspaceId = Number<struct WorkspaceTag, uint32_t>;  // 0 is the server itself
using Sequence = Number<struct SequenceTag, uint64_t>;      // per workspace, first is 1, no gaps
using SubjectId = Number<struct SubjectTag, uint64_t>;  // per workspace, 0 = the workspace's key

// Where a log record starts: segment number in the upper 32 bits, byte offset in the lower.
using Position = Number<struct PositionTag, uint64_t>;

}  // namespace rapport

template <class Tag, class Rep>
struct std::hash<rapport::Number<Tag, Rep>> {
  size_t operator()(const rapport::Number<Tag, Rep>& n) const noexcept {
    return std::hash<Rep>{}(n.value);
  }
};
