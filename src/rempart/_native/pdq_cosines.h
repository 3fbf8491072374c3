// The cosine transform of PDQ: its table, and what a kernel path's transform takes and gives.
#pragma once

#include <cmath>

#include "pdq_layout.h"

namespace pdq {

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

using Coefficients = float[kFrequencies][kFrequencies];

// Fill the coefficients of both readings of the columns of a picture.
using CosineTransform = void (*)(const float picture[kSide][kReadings][kSide], const CosineTable&,
                                 Coefficients out[kReadings]);

} // namespace pdq
