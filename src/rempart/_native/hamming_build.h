// Building a frozen part: permute the bits, find identical hashes, sort the groups into the tables.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "hamming_layout.h"

namespace rempart {

// The bit order is part of the snapshot format: bit k of a permuted hash is bit order[k] of the hash (bit 0 is the
// lowest bit of byte 0). A fixed shuffle: neighbouring bits of real PDQ hashes are correlated, which crowds buckets.
inline const std::array<uint8_t, kBits>& bit_order() {
  static const std::array<uint8_t, kBits> made = [] {
    std::array<uint8_t, kBits> order;
    for (int i = 0; i < kBits; ++i) order[i] = static_cast<uint8_t>(i);
    uint64_t state = 0x0052656d70617274;  // "Rempart"
    for (int i = kBits - 1; i > 0; --i) {
      uint64_t z = state += 0x9e3779b97f4a7c15;  // SplitMix64
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
      z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
      std::swap(order[i], order[(z ^ (z >> 31)) % static_cast<uint64_t>(i + 1)]);
    }
    return order;
  }();
  return made;
}

// What each value of each half byte contributes: 32 KB, so that a query finds it in the first-level cache.
struct HalfByteTable {
  uint64_t words[2 * kBits / 8][16][kWords];
};

inline const HalfByteTable& half_byte_table() {
  static const HalfByteTable made = [] {
    HalfByteTable table{};
    for (int k = 0; k < kBits; ++k) {
      const int bit = bit_order()[k];
      for (int value = 0; value < 16; ++value)
        if ((value >> (bit & 3)) & 1) table.words[bit >> 2][value][k >> 6] |= uint64_t{1} << (k & 63);
    }
    return table;
  }();
  return made;
}

inline void permute(const uint8_t* hash, uint64_t* row) {
  const HalfByteTable& table = half_byte_table();
  uint64_t made[kWords] = {0, 0, 0, 0};
  for (int byte = 0; byte < kBits / 8; ++byte) {
    const uint64_t* low = table.words[2 * byte][hash[byte] & 15];
    const uint64_t* high = table.words[2 * byte + 1][hash[byte] >> 4];
    for (int word = 0; word < kWords; ++word) made[word] |= low[word] | high[word];
  }
  std::memcpy(row, made, sizeof made);
}

// Number the distinct hashes in the order of their first row. Sorting, because a hash table could be flooded.
inline uint32_t find_groups(const uint64_t* rows, int64_t count, uint32_t* group_of_row) {
  std::vector<std::pair<uint64_t, uint32_t>> order(count);
  for (int64_t i = 0; i < count; ++i) order[i] = {rows[kWords * i], static_cast<uint32_t>(i)};
  const auto compare = [rows](uint32_t a, uint32_t b) {
    for (int word = 1; word < kWords; ++word) {
      const uint64_t x = rows[uint64_t{kWords} * a + word], y = rows[uint64_t{kWords} * b + word];
      if (x != y) return x < y ? -1 : 1;
    }
    return 0;
  };
  std::sort(order.begin(), order.end(), [&compare](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first < b.first;
    const int rest = compare(a.second, b.second);
    return rest != 0 ? rest < 0 : a.second < b.second;
  });
  // First each row gets the first row with its hash, then these leaders get numbers in their order.
  for (int64_t i = 0, leader = 0; i < count; ++i) {
    if (i > 0 && (order[i].first != order[i - 1].first || compare(order[i].second, order[i - 1].second) != 0)) leader = i;
    group_of_row[order[i].second] = order[leader].second;
  }
  uint32_t groups = 0;
  for (int64_t i = 0; i < count; ++i) group_of_row[i] = group_of_row[i] == i ? groups++ : group_of_row[group_of_row[i]];
  return groups;
}

inline uint16_t chunk_of(const uint64_t* row, int chunk) {
  return static_cast<uint16_t>(row[chunk >> 2] >> (16 * (chunk & 3)));
}

inline void fill_table(const uint64_t* rows, int64_t groups, int chunk, uint32_t* offsets, uint32_t* table_groups,
                       uint16_t* sketches) {
  std::memset(offsets, 0, kOffsetStride * sizeof *offsets);
  for (int64_t i = 0; i < groups; ++i) ++offsets[chunk_of(rows + kWords * i, chunk) + 1];
  for (uint32_t value = 0; value < kChunkValues; ++value) offsets[value + 1] += offsets[value];
  std::vector<uint32_t> next(offsets, offsets + kChunkValues);
  for (int64_t i = 0; i < groups; ++i) {
    const uint64_t* row = rows + kWords * i;
    const uint32_t at = next[chunk_of(row, chunk)]++;
    table_groups[at] = static_cast<uint32_t>(i);
    sketches[at] = chunk_of(row, (chunk + 1) % kChunks);
  }
}

inline void fill_tables(const uint64_t* rows, int64_t groups, uint32_t* offsets, uint32_t* table_groups,
                        uint16_t* sketches) {
  for (int chunk = 0; chunk < kChunks; ++chunk)
    fill_table(rows, groups, chunk, offsets + uint64_t{kOffsetStride} * chunk, table_groups + chunk * groups,
               sketches + chunk * groups);
  std::memset(sketches + kChunks * groups, 0, kSketchSlack * sizeof *sketches);
}

// The frozen arrays may come from a foreign file: whatever a kernel uses as a position without a check of its own.
inline bool is_ascending(const uint32_t* starts, int64_t count, int64_t end) {
  if (starts[0] != 0 || starts[count - 1] != end) return false;
  for (int64_t i = 1; i < count; ++i)
    if (starts[i] < starts[i - 1]) return false;
  return true;
}

}  // namespace rempart
