// The kernel paths: the same filter for 4, 8 and 16 lanes. Every path gives the same bits.
//
// luma: the reference computes 0.299 R + 0.587 G + 0.114 B in double and rounds to float. That equals the
// exactly rounded quotient (299 R + 587 G + 114 B) / 1000 for all 2^24 colours: quotients that are not
// floats lie at least 1/2000 of a unit in the last place from the middle between two floats, where the
// rounding error of the double cannot move them (tests/fingerprint/test_rounding.py shows it on every colour).
//
// division: with r the rounded reciprocal, q = s r and q + (s - q c) r, each fused, is the rounded quotient
// for every float s and each count c up to kLargestReciprocalWindow, and for each luma sum over 1000.
#pragma once

#include "pdq_cosines.h"
#include "pdq_layout.h"
#include "pdq_screen.h"

// The wide paths are compiled for processors that the build machine may lack: only GCC takes `#pragma GCC target`.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define PDQ_HAS_X86_PATHS 1
#include <immintrin.h>
#else
#define PDQ_HAS_X86_PATHS 0
#endif

namespace pdq {

namespace portable {
constexpr int kLanes = 4;
constexpr int kReadsBeyond = 0;
typedef float Lanes __attribute__((vector_size(16), may_alias));

static inline Lanes broadcast(float value) { return Lanes{value, value, value, value}; }

static inline Lanes quotient(Lanes sum, Lanes count, Lanes) { return sum / count; }

static inline Lanes load_rgb(const uint8_t* p) {
  Lanes sums;
  for (int i = 0; i < kLanes; i++)
    sums[i] = static_cast<float>(299 * p[3 * i] + 587 * p[3 * i + 1] + 114 * p[3 * i + 2]);
  return sums / broadcast(1000.0f);
}

static inline Lanes load_grey(const uint8_t* p) {
  return Lanes{static_cast<float>(p[0]), static_cast<float>(p[1]), static_cast<float>(p[2]), static_cast<float>(p[3])};
}

template <bool kReciprocal>
static inline Lanes divide(Lanes sum, const Axis& axis, int step) {
  return sum / broadcast(axis.count[step]) * broadcast(axis.is_inside[step]);
}

static inline void transpose(Lanes v[kLanes]) {
  const Lanes a = __builtin_shufflevector(v[0], v[1], 0, 4, 1, 5),
              b = __builtin_shufflevector(v[0], v[1], 2, 6, 3, 7);
  const Lanes c = __builtin_shufflevector(v[2], v[3], 0, 4, 1, 5),
              d = __builtin_shufflevector(v[2], v[3], 2, 6, 3, 7);
  v[0] = __builtin_shufflevector(a, c, 0, 1, 4, 5);
  v[1] = __builtin_shufflevector(a, c, 2, 3, 6, 7);
  v[2] = __builtin_shufflevector(b, d, 0, 1, 4, 5);
  v[3] = __builtin_shufflevector(b, d, 2, 3, 6, 7);
}

#include "pdq_filter.inc.h"
#include "pdq_sums.inc.h"
} // namespace portable

#if PDQ_HAS_X86_PATHS

#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace avx2 {
constexpr int kLanes = 8;
constexpr int kReadsBeyond = 4;
typedef __m256 Lanes;

static inline Lanes broadcast(float value) { return _mm256_set1_ps(value); }

static inline Lanes quotient(Lanes sum, Lanes count, Lanes reciprocal) {
  const Lanes rough = _mm256_mul_ps(sum, reciprocal);
  return _mm256_fmadd_ps(_mm256_fnmadd_ps(rough, count, sum), reciprocal, rough);
}

static inline Lanes load_rgb(const uint8_t* p) {
  const __m256i pixels = _mm256_inserti128_si256(
      _mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))),
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 12)), 1);
  const __m256i red_green = _mm256_shuffle_epi8(
      pixels, _mm256_setr_epi8(0, -1, 1, -1, 3, -1, 4, -1, 6, -1, 7, -1, 9, -1, 10, -1, //
                               0, -1, 1, -1, 3, -1, 4, -1, 6, -1, 7, -1, 9, -1, 10, -1));
  const __m256i blue = _mm256_shuffle_epi8(
      pixels, _mm256_setr_epi8(2, -1, -1, -1, 5, -1, -1, -1, 8, -1, -1, -1, 11, -1, -1, -1, //
                               2, -1, -1, -1, 5, -1, -1, -1, 8, -1, -1, -1, 11, -1, -1, -1));
  const __m256i sums = _mm256_add_epi32(_mm256_madd_epi16(red_green, _mm256_set1_epi32(587 << 16 | 299)),
                                        _mm256_madd_epi16(blue, _mm256_set1_epi32(114)));
  return quotient(_mm256_cvtepi32_ps(sums), broadcast(1000.0f), broadcast(1.0f / 1000.0f));
}

static inline Lanes load_grey(const uint8_t* p) {
  return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
}

template <bool kReciprocal>
static inline Lanes divide(Lanes sum, const Axis& axis, int step) {
  const Lanes count = broadcast(axis.count[step]);
  if (kReciprocal) return quotient(sum, count, broadcast(axis.reciprocal[step]));
  return _mm256_mul_ps(_mm256_div_ps(sum, count), broadcast(axis.is_inside[step]));
}

static inline void transpose(Lanes v[kLanes]) {
  Lanes pair[8], quad[8];
  for (int i = 0; i < 8; i += 2) {
    pair[i] = _mm256_unpacklo_ps(v[i], v[i + 1]);
    pair[i + 1] = _mm256_unpackhi_ps(v[i], v[i + 1]);
  }
  for (int i = 0; i < 8; i += 4)
    for (int k = 0; k < 2; k++) {
      quad[i + 2 * k] = _mm256_shuffle_ps(pair[i + k], pair[i + k + 2], 0x44);
      quad[i + 2 * k + 1] = _mm256_shuffle_ps(pair[i + k], pair[i + k + 2], 0xEE);
    }
  for (int i = 0; i < 4; i++) {
    v[i] = _mm256_permute2f128_ps(quad[i], quad[i + 4], 0x20);
    v[i + 4] = _mm256_permute2f128_ps(quad[i], quad[i + 4], 0x31);
  }
}

#include "pdq_filter.inc.h"
#include "pdq_sums.inc.h"
} // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx2,fma,avx512f,avx512bw,avx512vl,avx512dq")
namespace avx512 {
constexpr int kLanes = 16;
constexpr int kReadsBeyond = 0;
typedef __m512 Lanes;

static inline Lanes broadcast(float value) { return _mm512_set1_ps(value); }

static inline Lanes quotient(Lanes sum, Lanes count, Lanes reciprocal) {
  const Lanes rough = _mm512_mul_ps(sum, reciprocal);
  return _mm512_fmadd_ps(_mm512_fnmadd_ps(rough, count, sum), reciprocal, rough);
}

static inline Lanes load_rgb(const uint8_t* p) {
  const __m512i packed = _mm512_maskz_loadu_epi32(0x0FFF, p);
  const __m512i pixels = _mm512_permutexvar_epi32(
      _mm512_setr_epi32(0, 1, 2, 0, 3, 4, 5, 0, 6, 7, 8, 0, 9, 10, 11, 0), packed);
  const __m512i red_green = _mm512_shuffle_epi8(
      pixels, _mm512_broadcast_i32x4(_mm_setr_epi8(0, -1, 1, -1, 3, -1, 4, -1, 6, -1, 7, -1, 9, -1, 10, -1)));
  const __m512i blue = _mm512_shuffle_epi8(
      pixels, _mm512_broadcast_i32x4(_mm_setr_epi8(2, -1, -1, -1, 5, -1, -1, -1, 8, -1, -1, -1, 11, -1, -1, -1)));
  const __m512i sums = _mm512_add_epi32(_mm512_madd_epi16(red_green, _mm512_set1_epi32(587 << 16 | 299)),
                                        _mm512_madd_epi16(blue, _mm512_set1_epi32(114)));
  return quotient(_mm512_cvtepi32_ps(sums), broadcast(1000.0f), broadcast(1.0f / 1000.0f));
}

static inline Lanes load_grey(const uint8_t* p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
}

template <bool kReciprocal>
static inline Lanes divide(Lanes sum, const Axis& axis, int step) {
  const Lanes count = broadcast(axis.count[step]);
  if (kReciprocal) return quotient(sum, count, broadcast(axis.reciprocal[step]));
  return _mm512_mul_ps(_mm512_div_ps(sum, count), broadcast(axis.is_inside[step]));
}

static inline void transpose(Lanes v[kLanes]) {
  Lanes pair[16], quad[16];
  for (int i = 0; i < 16; i += 2) {
    pair[i] = _mm512_unpacklo_ps(v[i], v[i + 1]);
    pair[i + 1] = _mm512_unpackhi_ps(v[i], v[i + 1]);
  }
  for (int i = 0; i < 16; i += 4)
    for (int k = 0; k < 2; k++) {
      quad[i + 2 * k] = _mm512_shuffle_ps(pair[i + k], pair[i + k + 2], 0x44);
      quad[i + 2 * k + 1] = _mm512_shuffle_ps(pair[i + k], pair[i + k + 2], 0xEE);
    }
  for (int i = 0; i < 4; i++) {
    const Lanes low_even = _mm512_shuffle_f32x4(quad[i], quad[i + 4], 0x88);
    const Lanes low_odd = _mm512_shuffle_f32x4(quad[i], quad[i + 4], 0xDD);
    const Lanes high_even = _mm512_shuffle_f32x4(quad[i + 8], quad[i + 12], 0x88);
    const Lanes high_odd = _mm512_shuffle_f32x4(quad[i + 8], quad[i + 12], 0xDD);
    v[i] = _mm512_shuffle_f32x4(low_even, high_even, 0x88);
    v[i + 4] = _mm512_shuffle_f32x4(low_odd, high_odd, 0x88);
    v[i + 8] = _mm512_shuffle_f32x4(low_even, high_even, 0xDD);
    v[i + 12] = _mm512_shuffle_f32x4(low_odd, high_odd, 0xDD);
  }
}

#include "pdq_filter.inc.h"
#include "pdq_sums.inc.h"
} // namespace avx512
#pragma GCC pop_options

#endif

} // namespace pdq
