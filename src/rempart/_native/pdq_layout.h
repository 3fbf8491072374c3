// What every kernel path of PDQ shares: the geometry of the two box filters and the 64x64 result.
//
// The reference filters rows, then columns, twice, each time with a running sum: add the pixel that enters
// the window, subtract the one that leaves it, divide by the count. Written as "step t takes pixel t in,
// drops pixel t - window, and writes output t - delay" with zeros outside the picture, all four of the
// reference's phases (growing, full and shrinking windows) become one loop, and adding or subtracting a
// zero changes no bit of a sum.
//
// A mirrored picture is sampled at other pixels: the reference's windows reach one pixel further to one side where their
// size is even, and its samples lie half a step off the middle. Read backwards, the picture has in each window the same
// pixels as one step earlier read forwards. So one filtering serves both readings, each with samples of its own; only
// the order of the sums differs from the reference's on the mirrored pixels, and at the first sample of sides from 129
// to 256 pixels one pixel's weight.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <vector>

namespace pdq {

constexpr int kSide = 64;        // rows and columns of the decimated picture
constexpr int kFrequencies = 16; // rows and columns of the kept cosine coefficients
constexpr int kReadings = 2;     // of an axis: forwards, and backwards as in the mirrored picture
constexpr int kSamples = kReadings * kSide;
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

// The decimated picture in four readings: of its rows, then of its columns. None is turned round: each stands as the
// picture stands, and only the places of its samples differ.
struct Decimated {
  alignas(64) float value[kReadings][kSide][kReadings][kSide];
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
  int sample_step[kReadings][kSide]; // step at which the second pass writes each sampled output, ascending
  float sample_count[kReadings][kSide];

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
    for (int reading = 0; reading < kReadings; reading++)
      for (int k = 0; k < kSide; k++) {
        const int output = sampled_output(reading, k);
        sample_step[reading][k] = output + 2 * delay;
        sample_count[reading][k] = static_cast<float>(pixels_in_window(output));
      }
  }
  Axis(const Axis&) = delete;
  Axis& operator=(const Axis&) = delete;

 private:
  std::vector<float> tables_;

  // The output that sample k shows. Backwards, sample kSide - 1 - k of the mirrored picture, which lies two steps
  // earlier where windows are even; -1 at the least, whose window holds the first pixel alone.
  int sampled_output(int reading, int k) const {
    const int64_t twice = static_cast<int64_t>(2 * k + 1) * length;
    if (reading == 0) return static_cast<int>(twice / (2 * kSide));
    const int shift = window % 2 == 0 ? 2 : 0;
    return static_cast<int>((twice - 1) / (2 * kSide)) - shift;
  }

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
