// Every kernel path on many sizes under the address and undefined-behaviour sanitizers; built by test_kernel_memory.py.
// Pixels lie in memory of their exact size, so that a read one byte too far is caught. Exit code 0: all went well.
#include <cstdio>
#include <cstring>
#include <random>
#include <vector>

#include "pdq_finish.h"
#include "pdq_paths.h"
#include "pdq_screen.h"

namespace {

int failures = 0;

struct Path {
  void (*filter)(const pdq::Pixels&, pdq::Decimated&);
  pdq::CosineTransform transform;
  pdq::ReducedSums reduced_sums;
};

std::vector<Path> paths() {
  std::vector<Path> found{{pdq::portable::filter, pdq::portable::cosine_transform, pdq::portable::sum_reduced}};
#if PDQ_HAS_X86_PATHS
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (has_avx2) found.push_back({pdq::avx2::filter, pdq::avx2::cosine_transform, pdq::avx2::sum_reduced});
  if (has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
    found.push_back({pdq::avx512::filter, pdq::avx512::cosine_transform, pdq::avx512::sum_reduced});
#endif
  return found;
}

// Every path gives the bits of the first.
template <typename Fill>
void compare_paths(const Fill& fill) {
  pdq::Decimated first, other;
  pdq::Hashes first_hashes, other_hashes;
  bool is_first = true;
  for (const Path& path : paths()) {
    fill(path, is_first ? first : other);
    (is_first ? first_hashes : other_hashes) = pdq::finish(is_first ? first : other, false, path.transform);
    if (!is_first) {
      failures += std::memcmp(&first, &other, sizeof first) != 0;
      failures += std::memcmp(first_hashes.variant, other_hashes.variant, sizeof first_hashes.variant) != 0;
    }
    is_first = false;
  }
}

void filter_on_every_path(const pdq::Pixels& pixels) {
  compare_paths([&](const Path& path, pdq::Decimated& out) { path.filter(pixels, out); });
}

void screen_at_every_scale(const pdq::Pixels& plane) {
  for (int scale : {1, 2, 4, 8})
    for (int missing : {0, scale - 1}) // the last block whole, and of one pixel
      compare_paths([&](const Path& path, pdq::Decimated& out) {
        pdq::filter_reduced(plane, plane.height * scale - missing, plane.width * scale - missing, scale,
                            path.reduced_sums, out);
      });
}

void try_size(int height, int width, std::mt19937& random) {
  for (int channels : {1, 3}) {
    std::vector<uint8_t> bytes(static_cast<size_t>(height) * width * channels);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    const ptrdiff_t stride = static_cast<ptrdiff_t>(width) * channels;
    filter_on_every_path({bytes.data(), stride, height, width, channels});
    filter_on_every_path({bytes.data() + stride * (height - 1), -stride, height, width, channels});
    if (channels == 1) screen_at_every_scale({bytes.data(), stride, height, width, channels});
  }
}

} // namespace

int main() {
  std::mt19937 random(1);
  auto up_to = [&random](int count) { return static_cast<int>(random() % static_cast<unsigned>(count)); };
  for (int i = 0; i < 150; i++) try_size(5 + up_to(400), 5 + up_to(400), random);
  for (int i = 0; i < 20; i++) try_size(5 + up_to(8), 1000 + up_to(5000), random);
  for (int i = 0; i < 20; i++) try_size(1000 + up_to(5000), 5 + up_to(8), random);
  try_size(66000, 6, random); // windows beyond the reciprocal
  try_size(5, 66000, random);
  std::printf("%d differences\n", failures);
  return failures == 0 ? 0 : 1;
}
