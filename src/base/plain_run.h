// What a JSON string holds as it stands: neither quotes, nor backslashes, nor control characters.
#pragma once

#include <emmintrin.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rapport {

struct PlainRun {
  size_t size = 0;    // bytes before the first that cannot stand there
  bool wide = false;  // one of them is above ASCII
};

inline PlainRun plain_run(std::string_view text) {
  constexpr size_t kStep = sizeof(__m128i);
  uint32_t wide = 0;
  size_t at = 0;
  for (; text.size() - at >= kStep; at += kStep) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    const __m128i marks = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                       _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    const auto ends = static_cast<uint32_t>(_mm_movemask_epi8(_mm_or_si128(control, marks)));
    const auto high = static_cast<uint32_t>(_mm_movemask_epi8(bytes));
    if (ends != 0) {
      const uint32_t before = (ends & -ends) - 1;
      return {at + static_cast<size_t>(std::countr_zero(ends)), (wide | (high & before)) != 0};
    }
    wide |= high;
  }
  for (; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c == '"' || c == '\\' || c < 0x20) break;
    wide |= c & 0x80;
  }
  return {at, wide != 0};
}

}  // namespace rapport
