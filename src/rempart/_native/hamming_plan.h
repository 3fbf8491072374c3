// How a radius is searched: which chunk values are probed, and what the next chunk may still differ by.
//
// Let d[i] be the differing bits of chunk i, and choose thresholds t[i] >= -1 with sum(t[i] + 1) = radius + 1. If
// sum(d) <= radius then sum(d[i] - (t[i] + 1)) <= -1, and by the cycle lemma some rotation of these terms has only
// negative prefix sums. So some chunk i has d[i] <= t[i] and d[i] + d[i+1] <= t[i] + t[i+1] + 1, round the ring: these
// two conditions lose nothing (pigeonring, arXiv 1804.01614). The thresholds are as equal as possible, because the
// number of probes grows steeply with each: 1, 17, 137, 697, 2517. A threshold of -1 skips the chunk.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "hamming_layout.h"

namespace rempart {

constexpr int kMaxRadius = 64;
constexpr int kMaxThreshold = 4;
constexpr std::array<int, kMaxThreshold + 1> kProbes = {1, 17, 137, 697, 2517};

struct RadiusPlan {
  int radius = 0;
  std::array<int, kChunks> threshold{};
  std::array<int, kChunks> bound{};  // most that this chunk and the next may differ by together
  int filter_words = 2;              // words of a column that decide before the whole hash is read
  int probes = 0;
  double survivor_share = 0;  // of uniform random hashes, how many pass both conditions, counted once a chunk
};

struct ProbeMask {
  uint16_t mask;
  uint16_t distance;
};

inline double binomial_share(int bits, int most) {
  double share = 0, term = 1;
  for (int i = 0; i < bits; ++i) term /= 2;
  for (int i = 0; i <= most && i <= bits; ++i) {
    share += term;
    term = term * (bits - i) / (i + 1);
  }
  return share;
}

inline RadiusPlan make_plan(int radius) {
  RadiusPlan plan;
  plan.radius = radius;
  plan.filter_words = radius <= 44 ? 2 : 3;
  const int base = (radius + 1) / kChunks, extra = (radius + 1) % kChunks;
  // The larger thresholds are spread out: two in a row would let many more candidates pass the ring condition.
  for (int i = 0; i < kChunks; ++i)
    plan.threshold[i] = base - 1 + ((i + 1) * extra / kChunks > i * extra / kChunks ? 1 : 0);
  for (int i = 0; i < kChunks; ++i) {
    const int t = plan.threshold[i];
    plan.bound[i] = t + plan.threshold[(i + 1) % kChunks] + 1;
    if (t < 0) continue;
    plan.probes += kProbes[t];
    for (int d = 0, ways = 1; d <= t; ways = ways * (16 - d) / (d + 1), ++d)
      plan.survivor_share += ways * binomial_share(16, plan.bound[i] - d) / kChunkValues;
  }
  return plan;
}

inline const RadiusPlan& plan_for(int radius) {
  static const std::vector<RadiusPlan> plans = [] {
    std::vector<RadiusPlan> made;
    for (int radius = 0; radius <= kMaxRadius; ++radius) made.push_back(make_plan(radius));
    return made;
  }();
  return plans[radius];
}

constexpr int kRegionBits = 6;

// All masks of at most `threshold` bits, ascending: those that share an offsets line (16 values) stand together, and so
// do those with the same highest bits, which lead from a chunk value to one region of its table.
struct MaskList {
  std::vector<ProbeMask> masks;
  std::array<uint32_t, (1 << kRegionBits) + 1> region_starts{};

  const ProbeMask* region_begin(uint32_t region, int bits) const {
    return masks.data() + region_starts[region << (kRegionBits - bits)];
  }
};

inline MaskList make_masks(int threshold) {
  MaskList list;
  for (uint32_t mask = 0; mask < kChunkValues; ++mask) {
    const int distance = __builtin_popcount(mask);
    if (distance > threshold) continue;
    list.masks.push_back({static_cast<uint16_t>(mask), static_cast<uint16_t>(distance)});
    ++list.region_starts[(mask >> (16 - kRegionBits)) + 1];
  }
  for (size_t i = 1; i < list.region_starts.size(); ++i) list.region_starts[i] += list.region_starts[i - 1];
  return list;
}

inline const MaskList& masks_for(int threshold) {
  static const std::array<MaskList, kMaxThreshold + 1> lists = {make_masks(0), make_masks(1), make_masks(2), make_masks(3),
                                                                make_masks(4)};
  return lists[threshold];
}

// The chunk that reports a match: the first that meets both conditions, so each match is reported exactly once.
inline int reporting_chunk(const RadiusPlan& plan, const uint64_t* a, const uint64_t* b) {
  std::array<int, kChunks> differing;
  for (int i = 0; i < kChunks; ++i)
    differing[i] = __builtin_popcount(static_cast<uint16_t>((a[i >> 2] ^ b[i >> 2]) >> (16 * (i & 3))));
  for (int i = 0; i < kChunks; ++i)
    if (differing[i] <= plan.threshold[i] && differing[i] + differing[(i + 1) % kChunks] <= plan.bound[i]) return i;
  return -1;
}

}  // namespace rempart
