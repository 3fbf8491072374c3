// From the 64x64 picture to quality and hash, in the reference's order of float operations.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "pdq_layout.h"

namespace pdq {

constexpr int kHashBytes = 32;
constexpr int kVariants = 8;

struct Hashes {
  uint8_t variant[kVariants][kHashBytes]; // in the reference's order; the first is the picture as it is
  int quality;
};

// Cosine rows 1 to 16. The scale is rounded to float before it meets the cosine, as in the reference.
struct CosineTable {
  float row[kFrequencies][kSide];
  float column[kSide][kFrequencies];
  CosineTable() {
    const float scale = static_cast<float>(std::sqrt(2.0 / kSide));
    for (int i = 0; i < kFrequencies; i++)
      for (int j = 0; j < kSide; j++)
        column[j][i] = row[i][j] = static_cast<float>(
            scale * std::cos((3.14159265358979323846 / 2.0 / kSide) * (i + 1) * (2 * j + 1)));
  }
};

inline int gradient(float u, float v) {
  return std::abs(static_cast<int>(((u - v) * 100) / 255));
}

inline int image_quality(const Buffer64& picture) {
  int sum = 0;
  for (int i = 0; i + 1 < kSide; i++)
    for (int j = 0; j < kSide; j++) sum += gradient(picture.value[i][j], picture.value[i + 1][j]);
  for (int i = 0; i < kSide; i++)
    for (int j = 0; j + 1 < kSide; j++) sum += gradient(picture.value[i][j], picture.value[i][j + 1]);
  return std::min(100, sum / 90);
}

// Both products sum over k from 0 upwards, one rounding per step; lanes run over j.
inline void cosine_transform(const Buffer64& picture, float out[kFrequencies][kFrequencies]) {
  static const CosineTable table;
  for (int i = 0; i < kFrequencies; i++) {
    float row[kSide] = {0};
    for (int k = 0; k < kSide; k++)
      for (int j = 0; j < kSide; j++) row[j] += table.row[i][k] * picture.value[k][j];
    float sum[kFrequencies] = {0};
    for (int k = 0; k < kSide; k++)
      for (int j = 0; j < kFrequencies; j++) sum[j] += row[k] * table.column[k][j];
    std::memcpy(out[i], sum, sizeof sum);
  }
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

// A turned or mirrored picture has the same coefficients with other signs, and transposed.
struct Variant {
  bool negate_even_rows;
  bool negate_even_columns;
  int plain;      // position of this sign pattern in the reference's order
  int transposed; // position of the same pattern transposed
};
constexpr Variant kPatterns[4] = {
    {false, false, 0, 6}, // original, flip-plus-1
    {false, true, 5, 1},  // flip-y, rotate-90
    {true, false, 4, 3},  // flip-x, rotate-270
    {true, true, 2, 7},   // rotate-180, flip-minus-1
};

inline Hashes finish(const Buffer64& picture) {
  float coefficient[kFrequencies][kFrequencies];
  cosine_transform(picture, coefficient);
  Hashes hashes;
  hashes.quality = image_quality(picture);
  for (const Variant& pattern : kPatterns) {
    float plain[256], transposed[256];
    for (int i = 0; i < kFrequencies; i++)
      for (int j = 0; j < kFrequencies; j++) {
        const bool negative = (pattern.negate_even_rows && i % 2 == 0) != (pattern.negate_even_columns && j % 2 == 0);
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
