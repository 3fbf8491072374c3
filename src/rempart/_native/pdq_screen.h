// The filter of a reduced grey plane: the reference's weights at full size, summed over each reduced pixel.
//
// Box filter, box filter and decimation along one axis are one linear map: 64 overlapping tents. A decoder
// that delivers a picture at 1/2, 1/4 or 1/8 delivers means of blocks of pixels, so the tents of the full
// size are summed over each block; recomputing the filter for the small picture would move every sample.
// This map sums in another order than the reference and on other pixels: it is near the exact hash, not equal.
#pragma once

#include "pdq_layout.h"

namespace pdq {

// The 64 tents of one axis over reduced pixels.
class Tents {
 public:
  int first[kSide];
  int count[kSide];
  const float* weight[kSide];

  // The plane has ceil(full / scale) pixels along this axis, so that every pixel of a tent lies in it.
  Tents(int full, int scale) {
    const Axis axis(full, 1);
    const int widest = (2 * axis.window + 2) / scale + 2;
    weights_.assign(static_cast<size_t>(kSide) * widest, 0.0f);
    std::vector<double> slope(2 * static_cast<size_t>(axis.window) + 4);
    for (int k = 0; k < kSide; k++) {
      const int output = axis.sample_step[k] - 2 * axis.delay;
      int left, right, ignored;
      window_of(axis, output, left, right);
      int begin, end;
      window_of(axis, left, begin, ignored);
      window_of(axis, right, ignored, end);
      // Each pixel of the second window is itself a mean over a first window: add the boxes by their edges.
      slope.assign(slope.size(), 0.0);
      for (int middle = left; middle <= right; middle++) {
        int low, high;
        window_of(axis, middle, low, high);
        const double share = 1.0 / (static_cast<double>(right - left + 1) * (high - low + 1));
        slope[low - begin] += share;
        slope[high + 1 - begin] -= share;
      }
      float* weights = weights_.data() + static_cast<size_t>(k) * widest;
      first[k] = begin / scale;
      count[k] = end / scale - first[k] + 1;
      weight[k] = weights;
      double level = 0;
      for (int pixel = begin; pixel <= end; pixel++) {
        level += slope[pixel - begin];
        weights[pixel / scale - first[k]] += static_cast<float>(level);
      }
    }
  }
  Tents(const Tents&) = delete;
  Tents& operator=(const Tents&) = delete;

 private:
  std::vector<float> weights_;

  static void window_of(const Axis& axis, int output, int& left, int& right) {
    const int last = output + axis.delay;
    right = last < axis.length ? last : axis.length - 1;
    left = last - axis.window + 1 > 0 ? last - axis.window + 1 : 0;
  }
};

// Fill the 64x64 picture from a reduced plane of a picture of full_height x full_width. Throws std::bad_alloc.
inline void filter_reduced(const Pixels& plane, int full_height, int full_width, int scale, Buffer64& out) {
  const Tents rows(full_height, scale), columns(full_width, scale);
  std::vector<float> line(plane.width);
  for (int i = 0; i < kSide; i++) {
    std::memset(line.data(), 0, line.size() * sizeof(float));
    for (int r = 0; r < rows.count[i]; r++) {
      const uint8_t* pixels = plane.first + (rows.first[i] + r) * plane.row_stride;
      const float share = rows.weight[i][r];
      for (int j = 0; j < plane.width; j++) line[j] += share * static_cast<float>(pixels[j]);
    }
    for (int k = 0; k < kSide; k++) {
      float sum = 0;
      for (int j = 0; j < columns.count[k]; j++) sum += columns.weight[k][j] * line[columns.first[k] + j];
      out.value[i][k] = sum;
    }
  }
}

} // namespace pdq
