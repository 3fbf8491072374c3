// The kernel for each instruction set, and which of them this processor can run.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "hamming_layout.h"
#include "hamming_plan.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// ---- portable ----
namespace rempart::portable {
using needle_t = uint64_t;
using most_t = uint64_t;
struct ColumnNeedle {
  const uint64_t* query;
  int radius;
};
constexpr uint64_t kEach16 = 0x0001000100010001;

inline int count_bits(uint64_t x) {
#if defined(__x86_64__)
  // Without the popcnt instruction the compiler would call a library function.
  x -= (x >> 1) & 0x5555555555555555;
  x = (x & 0x3333333333333333) + ((x >> 2) & 0x3333333333333333);
  return static_cast<int>((((x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f) * 0x0101010101010101) >> 56);
#else
  return __builtin_popcountll(x);
#endif
}

inline needle_t make_needle(uint16_t value) { return value * kEach16; }
inline most_t make_most(int most) { return (static_cast<uint64_t>(most < 0 ? 0 : most + 1) + 0x7fff) * kEach16; }

// Four sketches in one word: after counting, each 16-bit field of (most + 0x8000 - count) keeps its top bit when near.
inline uint32_t near_sketches(const uint16_t* sketches, needle_t needle, most_t most) {
  uint32_t near = 0;
  for (int word = 0; word < 8; ++word) {
    uint64_t x;
    __builtin_memcpy(&x, sketches + 4 * word, 8);
    x ^= needle;
    x -= (x >> 1) & 0x5555555555555555;
    x = (x & 0x3333333333333333) + ((x >> 2) & 0x3333333333333333);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f;
    x = (x + (x >> 8)) & 0x001f001f001f001f;
    x = ((most - x) >> 15) & kEach16;
    near |= static_cast<uint32_t>((x * 0x1000200040008000) >> 60) << (4 * word);
  }
  return near;
}

inline ColumnNeedle make_column_needle(const uint64_t* query, int radius) { return {query, radius}; }

template <int words>
inline uint32_t near_columns(const Columns& c, int64_t at, const ColumnNeedle& needle) {
  uint32_t near = 0;
  for (int i = 0; i < kColumnBlock; ++i) {
    int bits = 0;
    for (int word = 0; word < words; ++word) bits += count_bits(c.words[word * c.stride + at + i] ^ needle.query[word]);
    near |= static_cast<uint32_t>(bits <= needle.radius) << i;
  }
  return near;
}
}  // namespace rempart::portable
#define KERNEL
#define KERNEL_SPACE portable
#include "hamming_kernel_body.h"
#undef KERNEL
#undef KERNEL_SPACE

#if defined(__x86_64__)
// ---- AVX2 ----
#define KERNEL __attribute__((target("avx2,popcnt,bmi")))
namespace rempart::avx2 {
using needle_t = __m256i;
using most_t = __m256i;
struct ColumnNeedle {
  __m256i word[3], limit;
};

KERNEL inline int count_bits(uint64_t x) { return __builtin_popcountll(x); }
KERNEL inline needle_t make_needle(uint16_t value) { return _mm256_set1_epi16(static_cast<short>(value)); }
KERNEL inline most_t make_most(int most) { return _mm256_set1_epi16(static_cast<short>(most + 1)); }

KERNEL inline __m256i count_bytes(__m256i x) {
  const __m256i ones = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                                        0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i low = _mm256_set1_epi8(15);
  return _mm256_add_epi8(_mm256_shuffle_epi8(ones, _mm256_and_si256(x, low)),
                         _mm256_shuffle_epi8(ones, _mm256_and_si256(_mm256_srli_epi16(x, 4), low)));
}

KERNEL inline __m256i near_sixteen(const uint16_t* sketches, needle_t needle, most_t most) {
  const __m256i x = _mm256_xor_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(sketches)), needle);
  return _mm256_cmpgt_epi16(most, _mm256_maddubs_epi16(count_bytes(x), _mm256_set1_epi8(1)));
}

KERNEL inline uint32_t near_sketches(const uint16_t* sketches, needle_t needle, most_t most) {
  const __m256i low = near_sixteen(sketches, needle, most), high = near_sixteen(sketches + 16, needle, most);
  const __m256i both = _mm256_permute4x64_epi64(_mm256_packs_epi16(low, high), 0xd8);
  return static_cast<uint32_t>(_mm256_movemask_epi8(both));
}

KERNEL inline ColumnNeedle make_column_needle(const uint64_t* query, int radius) {
  ColumnNeedle needle;
  for (int word = 0; word < 3; ++word) needle.word[word] = _mm256_set1_epi64x(static_cast<long long>(query[word]));
  needle.limit = _mm256_set1_epi64x(radius + 1);
  return needle;
}

template <int words>
KERNEL inline uint32_t near_columns(const Columns& c, int64_t at, const ColumnNeedle& needle) {
  uint32_t near = 0;
  for (int part = 0; part < kColumnBlock / 4; ++part) {
    __m256i bytes = _mm256_setzero_si256();
    for (int word = 0; word < words; ++word) {
      const uint64_t* from = c.words + word * c.stride + at + 4 * part;
      const __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
      bytes = _mm256_add_epi8(bytes, count_bytes(_mm256_xor_si256(x, needle.word[word])));
    }
    const __m256i close = _mm256_cmpgt_epi64(needle.limit, _mm256_sad_epu8(bytes, _mm256_setzero_si256()));
    near |= static_cast<uint32_t>(_mm256_movemask_pd(_mm256_castsi256_pd(close))) << (4 * part);
  }
  return near;
}
}  // namespace rempart::avx2
#define KERNEL_SPACE avx2
#include "hamming_kernel_body.h"
#undef KERNEL
#undef KERNEL_SPACE

// ---- AVX-512 with the bit counting instructions ----
#define KERNEL __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq,avx512bitalg,popcnt,bmi,bmi2")))
namespace rempart::avx512 {
using needle_t = __m512i;
using most_t = __m512i;
struct ColumnNeedle {
  __m512i word[3], limit;
};

KERNEL inline int count_bits(uint64_t x) { return __builtin_popcountll(x); }
KERNEL inline needle_t make_needle(uint16_t value) { return _mm512_set1_epi16(static_cast<short>(value)); }
KERNEL inline most_t make_most(int most) { return _mm512_set1_epi16(static_cast<short>(most)); }

KERNEL inline uint32_t near_sketches(const uint16_t* sketches, needle_t needle, most_t most) {
  const __m512i x = _mm512_xor_si512(_mm512_loadu_si512(sketches), needle);
  return _mm512_cmple_epi16_mask(_mm512_popcnt_epi16(x), most);
}

KERNEL inline ColumnNeedle make_column_needle(const uint64_t* query, int radius) {
  ColumnNeedle needle;
  for (int word = 0; word < 3; ++word) needle.word[word] = _mm512_set1_epi64(static_cast<long long>(query[word]));
  needle.limit = _mm512_set1_epi64(radius);
  return needle;
}

template <int words>
KERNEL inline uint32_t near_columns(const Columns& c, int64_t at, const ColumnNeedle& needle) {
  uint32_t near = 0;
  for (int part = 0; part < kColumnBlock / 8; ++part) {
    __m512i bits = _mm512_setzero_si512();
    for (int word = 0; word < words; ++word) {
      const __m512i x = _mm512_loadu_si512(c.words + word * c.stride + at + 8 * part);
      bits = _mm512_add_epi64(bits, _mm512_popcnt_epi64(_mm512_xor_si512(x, needle.word[word])));
    }
    near |= static_cast<uint32_t>(_mm512_cmple_epi64_mask(bits, needle.limit)) << (8 * part);
  }
  return near;
}
}  // namespace rempart::avx512
#define KERNEL_SPACE avx512
#include "hamming_kernel_body.h"
#undef KERNEL
#undef KERNEL_SPACE
#endif

namespace rempart {

struct Kernel {
  const char* name;
  bool (*can_run)();
  void (*search_tables)(const Frozen&, const RadiusPlan&, const QueryBlock&, Collector&);
  void (*search_columns)(const Columns&, int64_t, const RadiusPlan&, const QueryBlock&, bool, Collector&);
  // Measured, for the choice between columns and tables only: per hash and deciding word, and slower tables by how much.
  double column_ns, table_factor;
};

inline const std::vector<Kernel>& kernels() {
  static const std::vector<Kernel> all = {
#if defined(__x86_64__)
      {"avx512",
       [] {
         return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                __builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("avx512bitalg") &&
                __builtin_cpu_supports("bmi2");
       },
       avx512::search_tables, avx512::search_columns, 0.1, 1.0},
      {"avx2", [] { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi"); },
       avx2::search_tables, avx2::search_columns, 0.27, 1.5},
#endif
      {"portable", [] { return true; }, portable::search_tables, portable::search_columns, 1.6, 5.0},
  };
  return all;
}

}  // namespace rempart
