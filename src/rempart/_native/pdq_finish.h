// From the 64x64 pictures to quality and hash, in the reference's order of float operations.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "pdq_cosines.h"
#include "pdq_layout.h"

namespace pdq {

constexpr int kHashBytes = 32;
constexpr int kVariants = 8;

struct Hashes {
  uint8_t variant[kVariants][kHashBytes]; // in the reference's order; the first is the picture as it is
  int quality;
};

inline int gradient(float u, float v) {
  return std::abs(static_cast<int>(((u - v) * 100) / 255));
}

inline int image_quality(const float picture[kSide][kReadings][kSide]) {
  int sum = 0;
  for (int i = 0; i + 1 < kSide; i++)
    for (int j = 0; j < kSide; j++) sum += gradient(picture[i][0][j], picture[i + 1][0][j]);
  for (int i = 0; i < kSide; i++)
    for (int j = 0; j + 1 < kSide; j++) sum += gradient(picture[i][0][j], picture[i][0][j + 1]);
  return std::min(100, sum / 90);
}

// Bit 255 is written first. The reference's median (Torben) of 256 values is the 128th smallest.
inline void write_bits(const float coefficient[kFrequencies * kFrequencies], float median, uint8_t* hash) {
  std::memset(hash, 0, kHashBytes);
  for (int k = 0; k < 256; k++)
    if (coefficient[k] > median) hash[(255 - k) >> 3] |= static_cast<uint8_t>(1u << (k & 7));
}

inline float lower_median(const float coefficient[kFrequencies * kFrequencies]) {
  float sorted[256];
  std::memcpy(sorted, coefficient, sizeof sorted);
  std::nth_element(sorted, sorted + 127, sorted + 256);
  return sorted[127];
}

// A picture read backwards along an axis has the coefficients of its samples with other signs; a picture exchanged along
// the diagonal has them transposed.
struct Variant {
  bool rows_backwards;    // even rows of coefficients are negated
  bool columns_backwards; // even columns are
  int plain;      // position of this sign pattern in the reference's order
  int transposed; // position of the same pattern transposed
};
constexpr Variant kPatterns[4] = {
    {false, false, 0, 6}, // original, flip-plus-1
    {false, true, 5, 1},  // flip-y, rotate-90
    {true, false, 4, 3},  // flip-x, rotate-270
    {true, true, 2, 7},   // rotate-180, flip-minus-1
};

// With `as_reference` every variant is made of the samples that were read forwards, as the reference makes them.
inline Hashes finish(const Decimated& picture, bool as_reference, CosineTransform transform) {
  static const CosineTable table;
  Coefficients coefficients[kReadings][kReadings];
  for (int reading = 0; reading < (as_reference ? 1 : kReadings); reading++)
    transform(picture.value[reading], table, coefficients[reading]);
  Hashes hashes;
  hashes.quality = image_quality(picture.value[0]);
  for (const Variant& pattern : kPatterns) {
    const Coefficients& coefficient = as_reference ? coefficients[0][0]
                                                   : coefficients[pattern.rows_backwards][pattern.columns_backwards];
    float plain[256], transposed[256];
    for (int i = 0; i < kFrequencies; i++)
      for (int j = 0; j < kFrequencies; j++) {
        const bool negative = (pattern.rows_backwards && i % 2 == 0) != (pattern.columns_backwards && j % 2 == 0);
        const float value = negative ? -coefficient[i][j] : coefficient[i][j];
        plain[i * kFrequencies + j] = value;
        transposed[j * kFrequencies + i] = value;
      }
    const float median = lower_median(plain);
    write_bits(plain, median, hashes.variant[pattern.plain]);
    write_bits(transposed, median, hashes.variant[pattern.transposed]);
  }
  return hashes;
}

inline Hashes zero_hashes() {
  Hashes hashes;
  std::memset(&hashes, 0, sizeof hashes);
  return hashes;
}

} // namespace pdq
