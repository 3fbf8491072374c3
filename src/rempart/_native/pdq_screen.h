// The filter of a reduced grey plane: the reference's weights at full size, summed over each reduced pixel.
//
// Box filter, box filter and decimation along one axis are one linear map: 64 overlapping tents. A decoder
// that delivers a picture at 1/2, 1/4 or 1/8 delivers means of blocks of pixels, so the tents of the full
// size are summed over each block; recomputing the filter for the small picture would move every sample.
// This map sums in another order than the reference and on other pixels: it is near the exact hash, not equal.
#pragma once

#include <algorithm>

#include "pdq_layout.h"

namespace pdq {

// The 64 tents of an axis over reduced pixels, in both readings. Those of one sample share their pixels: where only one
// of them reaches, the other's weight is 0.
class Tents {
 public:
  int first[kSide];
  int count[kSide];
  const float* weight[kSide][kReadings];

  // The plane has ceil(full / scale) pixels along this axis, so that every pixel of a tent lies in it.
  Tents(int full, int scale) {
    const Axis axis(full, 1);
    // Both readings lie up to three pixels apart.
    const int widest = (2 * axis.window + 2 + 3) / scale + 2;
    weights_.assign(static_cast<size_t>(kSamples) * widest, 0.0f);
    std::vector<double> slope(2 * static_cast<size_t>(axis.window) + 4);
    for (int k = 0; k < kSide; k++) {
      Tent tents[kReadings];
      int begin = full, end = 0;
      for (int reading = 0; reading < kReadings; reading++) {
        tents[reading] = Tent(axis, axis.sample_step[reading][k] - 2 * axis.delay);
        begin = std::min(begin, tents[reading].begin);
        end = std::max(end, tents[reading].end);
      }
      first[k] = begin / scale;
      count[k] = end / scale - first[k] + 1;
      for (int reading = 0; reading < kReadings; reading++) {
        float* weights = weights_.data() + static_cast<size_t>(k * kReadings + reading) * widest;
        weight[k][reading] = weights;
        tents[reading].add_to(weights, axis, first[k], scale, slope);
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

  // What one output of the second box shows of the picture.
  struct Tent {
    int left, right; // outputs of the first box in the second window
    int begin, end;  // pixels

    Tent() = default;
    Tent(const Axis& axis, int output) {
      int ignored;
      window_of(axis, output, left, right);
      window_of(axis, left, begin, ignored);
      window_of(axis, right, ignored, end);
    }

    // Each pixel of the second window is itself a mean over a first window: add the boxes by their edges.
    void add_to(float* weights, const Axis& axis, int first, int scale, std::vector<double>& slope) const {
      slope.assign(slope.size(), 0.0);
      for (int middle = left; middle <= right; middle++) {
        int low, high;
        window_of(axis, middle, low, high);
        const double share = 1.0 / (static_cast<double>(right - left + 1) * (high - low + 1));
        slope[low - begin] += share;
        slope[high + 1 - begin] -= share;
      }
      double level = 0;
      for (int pixel = begin; pixel <= end; pixel++) {
        level += slope[pixel - begin];
        weights[pixel / scale - first] += static_cast<float>(level);
      }
    }
  };
};

// What a kernel path's sums take: see pdq_sums.inc.h.
using ReducedSums = void (*)(const Pixels&, const Tents& rows, const Tents& columns, Decimated& out);

// Fill the four 64x64 pictures from a reduced plane of a picture of full_height x full_width. Throws std::bad_alloc.
inline void filter_reduced(const Pixels& plane, int full_height, int full_width, int scale, ReducedSums sum,
                           Decimated& out) {
  const Tents rows(full_height, scale), columns(full_width, scale);
  sum(plane, rows, columns, out);
}

} // namespace pdq
