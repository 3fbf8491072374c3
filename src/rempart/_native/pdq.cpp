// Python module of the PDQ kernel: checks its arguments, releases the interpreter lock, names its paths.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <stdexcept>
#include <string>
#include <string_view>

#include "pdq_finish.h"
#include "pdq_layout.h"
#include "pdq_paths.h"
#include "pdq_screen.h"

namespace nb = nanobind;

namespace {

using Array = nb::ndarray<const uint8_t, nb::device::cpu>;

struct Path {
  const char* name;
  void (*filter)(const pdq::Pixels&, pdq::Decimated&);
  bool (*division_is_exact)(int);
  void (*luma)(const uint8_t*, size_t, float*);
  pdq::CosineTransform transform;
  pdq::ReducedSums reduced_sums;
};

constexpr Path kPaths[] = {
#if PDQ_HAS_X86_PATHS
    {"avx512", pdq::avx512::filter, pdq::avx512::division_is_exact, pdq::avx512::luma, pdq::avx512::cosine_transform,
     pdq::avx512::sum_reduced},
    {"avx2", pdq::avx2::filter, pdq::avx2::division_is_exact, pdq::avx2::luma, pdq::avx2::cosine_transform,
     pdq::avx2::sum_reduced},
#endif
    {"portable", pdq::portable::filter, pdq::portable::division_is_exact, pdq::portable::luma,
     pdq::portable::cosine_transform, pdq::portable::sum_reduced},
};

constexpr int kReducedSide = 512; // the C++ tool first reduces to this, by nearest neighbour

std::vector<std::string> available_kernels() {
  std::vector<std::string> names;
#if PDQ_HAS_X86_PATHS
  __builtin_cpu_init();
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
    names.emplace_back("avx512");
  if (has_avx2) names.emplace_back("avx2");
#endif
  names.emplace_back("portable");
  return names;
}

const Path& path_named(std::string_view kernel) {
  static const std::vector<std::string> available = available_kernels();
  for (const std::string& name : available)
    for (const Path& path : kPaths)
      if (name == kernel && kernel == path.name) return path;
  throw std::invalid_argument("this processor or build has no such kernel");
}

constexpr size_t kLongestSide = 1u << 28; // keeps every index of the filter within 32 bits

pdq::Pixels checked_pixels(const Array& array) {
  const bool is_grey = array.ndim() == 2;
  if (!is_grey && !(array.ndim() == 3 && array.shape(2) == 3))
    throw std::invalid_argument("pixels have the shape (height, width) or (height, width, 3)");
  const size_t height = array.shape(0), width = array.shape(1);
  if (height == 0 || width == 0 || height > kLongestSide || width > kLongestSide)
    throw std::invalid_argument("a side of the picture is empty or too long");
  const int channels = is_grey ? 1 : 3;
  const bool is_packed = is_grey ? array.stride(1) == 1 : array.stride(2) == 1 && array.stride(1) == 3;
  if (!is_packed && width > 1) throw std::invalid_argument("the pixels of a row do not lie side by side");
  if (!is_packed && !is_grey && array.stride(2) != 1) throw std::invalid_argument("the channels do not lie side by side");
  return {array.data(), static_cast<ptrdiff_t>(array.stride(0)), static_cast<int>(height), static_cast<int>(width),
          channels};
}

bool is_too_small(int height, int width) {
  return height < pdq::kSmallestSide || width < pdq::kSmallestSide;
}

void copy_64(const pdq::Pixels& pixels, pdq::Decimated& out) {
  // The same quotient as in the paths: luma is 1000 times an integer sum.
  for (int i = 0; i < pdq::kSide; i++) {
    const uint8_t* row = pixels.first + i * pixels.row_stride;
    for (int j = 0; j < pdq::kSide; j++) {
      const uint8_t* p = row + j * pixels.channels;
      const float luma = pixels.channels == 1 ? static_cast<float>(p[0])
                                              : static_cast<float>(299 * p[0] + 587 * p[1] + 114 * p[2]) / 1000.0f;
      for (int reading = 0; reading < pdq::kReadings; reading++)
        out.value[reading][i][0][j] = out.value[reading][i][1][j] = luma;
    }
  }
}

pdq::Hashes hash_pixels(const pdq::Pixels& pixels, const Path& path, bool as_reference) {
  if (is_too_small(pixels.height, pixels.width)) return pdq::zero_hashes();
  pdq::Decimated picture;
  if (pixels.height == pdq::kSide && pixels.width == pdq::kSide && !as_reference)
    copy_64(pixels, picture);
  else
    path.filter(pixels, picture);
  return pdq::finish(picture, as_reference, path.transform);
}

// Nearest neighbour as in the C++ tool: pixel i of the reduced picture is pixel floor(i N / 512).
std::vector<uint8_t> reduce_to_512(const pdq::Pixels& pixels) {
  const size_t row_bytes = static_cast<size_t>(kReducedSide) * pixels.channels;
  std::vector<uint8_t> reduced(row_bytes * kReducedSide + 1); // pixels of three bytes are copied as four
  std::vector<ptrdiff_t> column(kReducedSide);
  for (int j = 0; j < kReducedSide; j++)
    column[j] = static_cast<ptrdiff_t>(static_cast<int64_t>(j) * pixels.width / kReducedSide) * pixels.channels;
  for (int i = 0; i < kReducedSide; i++) {
    const uint8_t* row = pixels.first + static_cast<int64_t>(i) * pixels.height / kReducedSide * pixels.row_stride;
    uint8_t* to = reduced.data() + i * row_bytes;
    for (int j = 0; j < kReducedSide; j++, to += pixels.channels) {
      if (pixels.channels == 3 && column[j] + 4 <= static_cast<ptrdiff_t>(pixels.width) * 3)
        std::memcpy(to, row + column[j], 4);
      else
        std::memcpy(to, row + column[j], pixels.channels);
    }
  }
  return reduced;
}

nb::tuple to_python(const pdq::Hashes& hashes) {
  return nb::make_tuple(nb::bytes(reinterpret_cast<const char*>(hashes.variant), sizeof hashes.variant), hashes.quality);
}

nb::tuple variants(const Array& array, std::string_view kernel, bool as_reference) {
  const pdq::Pixels pixels = checked_pixels(array);
  const Path& path = path_named(kernel);
  pdq::Hashes hashes;
  {
    nb::gil_scoped_release unlocked;
    hashes = hash_pixels(pixels, path, as_reference);
  }
  return to_python(hashes);
}

nb::tuple reduced_variants(const Array& array, std::string_view kernel) {
  const pdq::Pixels pixels = checked_pixels(array);
  const Path& path = path_named(kernel);
  pdq::Hashes hashes;
  {
    nb::gil_scoped_release unlocked;
    const std::vector<uint8_t> reduced = reduce_to_512(pixels);
    hashes = hash_pixels({reduced.data(), kReducedSide * pixels.channels, kReducedSide, kReducedSide, pixels.channels},
                         path, false);
  }
  return to_python(hashes);
}

nb::tuple screen_variants(const Array& array, int full_height, int full_width, int scale, std::string_view kernel) {
  const pdq::Pixels plane = checked_pixels(array);
  const Path& path = path_named(kernel);
  if (plane.channels != 1) throw std::invalid_argument("a reduced plane is grey");
  const int longest = static_cast<int>(kLongestSide);
  if (scale < 1 || scale > longest || full_height > longest || full_width > longest || full_height < 1 || full_width < 1 || (full_height + int64_t{scale} - 1) / scale != plane.height ||
      (full_width + int64_t{scale} - 1) / scale != plane.width)
    throw std::invalid_argument("the plane is not the full picture at that scale");
  pdq::Hashes hashes;
  {
    nb::gil_scoped_release unlocked;
    if (is_too_small(full_height, full_width)) {
      hashes = pdq::zero_hashes();
    } else if (scale == 1 && full_height == pdq::kSide && full_width == pdq::kSide) {
      hashes = hash_pixels(plane, path, false);
    } else {
      pdq::Decimated picture;
      pdq::filter_reduced(plane, full_height, full_width, scale, path.reduced_sums, picture);
      hashes = pdq::finish(picture, false, path.transform);
    }
  }
  return to_python(hashes);
}

bool division_is_exact(std::string_view kernel, int first, int last) {
  const Path& path = path_named(kernel);
  nb::gil_scoped_release unlocked;
  for (int count = first; count <= last; count++)
    if (!path.division_is_exact(count)) return false;
  return true;
}

// Write into a second array, so that the caller owns all memory: floats of the same number of pixels.
void luma(nb::ndarray<const uint8_t, nb::shape<-1, 3>, nb::c_contig, nb::device::cpu> colours,
          nb::ndarray<float, nb::shape<-1>, nb::c_contig, nb::device::cpu> out, std::string_view kernel) {
  const Path& path = path_named(kernel);
  if (colours.shape(0) != out.shape(0) || colours.shape(0) % 16 != 0)
    throw std::invalid_argument("colours and lumas are equally many, in sixteens");
  path.luma(colours.data(), colours.shape(0), out.data());
}

} // namespace

NB_MODULE(_pdq, m) {
  m.def("available_kernels", &available_kernels);
  m.def("variants", &variants, nb::arg("pixels").noconvert(), nb::arg("kernel"), nb::kw_only(),
        nb::arg("as_reference"));
  m.def("reduced_variants", &reduced_variants, nb::arg("pixels").noconvert(), nb::arg("kernel"));
  m.def("screen_variants", &screen_variants, nb::arg("plane").noconvert(), nb::arg("full_height"), nb::arg("full_width"),
        nb::arg("scale"), nb::arg("kernel"));
  m.def("division_is_exact", &division_is_exact, nb::arg("kernel"), nb::arg("first"), nb::arg("last"));
  m.def("luma", &luma, nb::arg("colours").noconvert(), nb::arg("out").noconvert(), nb::arg("kernel"));
}
