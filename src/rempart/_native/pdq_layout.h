// What every kernel path of PDQ shares: the geometry of the two box filters and the 64x64 result.
//
// The reference filters rows, then columns, twice, each time with a running sum: add the pixel that enters
// the window, subtract the one that leaves it, divide by the count. Written as "step t takes pixel t in,
// drops pixel t - window, and writes output t - delay" with zeros outside the picture, all four of the
// reference's phases (growing, full and shrinking windows) become one loop, and adding or subtracting a
// zero changes no bit of a sum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <vector>

namespace pdq {

constexpr int kSide = 64;        // rows and columns of the decimated picture
constexpr int kFrequencies = 16; // rows and columns of the kept cosine coefficients
constexpr int kSmallestSide = 5; // below this the reference returns a zero hash of quality 0

// Largest window for which "multiply by the reciprocal, correct once with FMA" was shown to give the
// exactly rounded quotient for every float (tests/fingerprint/test_rounding.py); wider windows divide.
constexpr int kLargestReciprocalWindow = 512;

struct Pixels {
  const uint8_t* first;
  ptrdiff_t row_stride; // bytes; may be negative
  int height;
  int width;
  int channels; // 1 = grey, 3 = interleaved RGB
};

struct Buffer64 {
  alignas(64) float value[kSide][kSide];
};

// One axis of the filter. The tables are by step of the first pass; steps that write outside the picture
// have count 1 and reciprocal 0, which makes their output 0.
class Axis {
 public:
  int length;
  int window;
  int delay; // outputs lag inputs by this many steps in each of the two passes
  int steps; // inputs to feed, zeros included, rounded up to whole blocks
  const float* count;      // pixels in the window
  const float* reciprocal; // 1 / count
  const float* is_inside;  // 1 or 0
  int sample_step[kSide];  // step at which the second pass writes each sampled output
  float sample_count[kSide];

  Axis(int length_, int lanes) : length(length_), window((length_ + 127) / 128), delay((window + 2) / 2 - 1) {
    steps = (length + 2 * delay + lanes - 1) / lanes * lanes;
    tables_.assign(3 * static_cast<size_t>(steps), 0.0f);
    float* counts = tables_.data();
    float* reciprocals = counts + steps;
    float* inside = reciprocals + steps;
    for (int step = 0; step < steps; step++) counts[step] = 1.0f;
    for (int output = 0; output < length; output++) {
      const int step = output + delay;
      counts[step] = static_cast<float>(pixels_in_window(output));
      reciprocals[step] = 1.0f / counts[step];
      inside[step] = 1.0f;
    }
    count = counts, reciprocal = reciprocals, is_inside = inside;
    for (int k = 0; k < kSide; k++) {
      const int output = static_cast<int>((static_cast<int64_t>(2 * k + 1) * length) / (2 * kSide));
      sample_step[k] = output + 2 * delay;
      sample_count[k] = static_cast<float>(pixels_in_window(output));
    }
  }
  Axis(const Axis&) = delete;
  Axis& operator=(const Axis&) = delete;

 private:
  std::vector<float> tables_;

  int pixels_in_window(int output) const {
    const int last = output + delay;
    const int right = last < length ? last : length - 1;
    const int left = last - window + 1 > 0 ? last - window + 1 : 0;
    return right - left + 1;
  }
};

// Zeroed, aligned memory that is given back at the end of a block.
class Memory {
 public:
  uint8_t* bytes;
  Memory(size_t size, size_t alignment) : alignment_(alignment) {
    bytes = static_cast<uint8_t*>(::operator new(size, std::align_val_t(alignment_)));
    std::memset(bytes, 0, size);
  }
  ~Memory() { ::operator delete(bytes, std::align_val_t(alignment_)); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

 private:
  size_t alignment_;
};

} // namespace pdq
