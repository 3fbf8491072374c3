// What the kernels of exact search read and write. See docs/decisions/0004-exact-search.md.
//
// A frozen part holds each distinct hash once (a "group"), permuted by one fixed bit order, and either its words in
// columns (small parts) or 16 tables over its 16-bit chunks (large parts), or both. The tables are CSR: `offsets` by
// chunk value, `table_groups` in bucket order, and beside them `sketches`, the value of the next chunk round the ring.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace rempart {

constexpr int kChunks = 16;
constexpr int kWords = 4;
constexpr int kBits = 256;
constexpr uint32_t kChunkValues = 65536;
// One table's offsets begin on a cache line: 65,537 of them are used, the rest are padding.
constexpr uint32_t kOffsetStride = kChunkValues + 16;
// Kernels may read this many sketches past the last one.
constexpr int64_t kSketchSlack = 64;
// Columns are a multiple of this long, so that kernels need no remainder loop. Padding words are zero.
constexpr int64_t kColumnBlock = 32;

struct Columns {
  const uint64_t* words = nullptr;  // [4][stride]
  int64_t stride = 0;
};

struct Frozen {
  int64_t groups = 0;
  int64_t entries = 0;
  Columns columns;                         // words null when absent
  const uint64_t* rows = nullptr;          // [groups][4], null when there are no tables
  const uint32_t* offsets = nullptr;       // [16][kOffsetStride]
  const uint32_t* table_groups = nullptr;  // [16][groups]; each value is checked against `groups` at use
  const uint16_t* sketches = nullptr;      // [16][groups], then slack
  const uint32_t* group_starts = nullptr;  // [groups + 1], null when every group has one entry: its own number
  const uint32_t* members = nullptr;       // [entries]; group_starts and members are checked at use
  const int64_t* ids = nullptr;            // [entries], ascending
  const uint8_t* dead = nullptr;           // bitmap over entries
};

struct Tail {
  Columns columns;
  const int64_t* ids = nullptr;
  const uint8_t* dead = nullptr;
  const int64_t* count = nullptr;  // written last by the one that appends
};

// A batch of permuted queries: by row, and by chunk for the tables.
struct QueryBlock {
  const uint64_t* rows = nullptr;    // [count][4]
  uint32_t count = 0;
  const uint16_t* chunks = nullptr;  // [16][count], absent where only columns are scanned
  // Large batches go through each table in the order of the chunk's value, so that buckets are visited in their order:
  const uint32_t* sorted_numbers = nullptr;  // [16][count], else null
  const uint16_t* sorted_chunks = nullptr;   // [16][count], chunk c of the queries in the order of chunk c
  const uint16_t* sorted_next = nullptr;     // [16][count], chunk c + 1 in the order of chunk c

  const uint16_t* values(int chunk) const { return (sorted_numbers ? sorted_chunks : chunks) + int64_t{chunk} * count; }
  const uint16_t* next_values(int chunk) const {
    return sorted_numbers ? sorted_next + int64_t{chunk} * count : chunks + int64_t{(chunk + 1) % kChunks} * count;
  }
  const uint32_t* numbers(int chunk) const { return sorted_numbers ? sorted_numbers + int64_t{chunk} * count : nullptr; }
};

struct Hit {
  int64_t query;
  int64_t distance;
  int64_t id;
  bool operator<(const Hit& other) const {
    if (query != other.query) return query < other.query;
    if (distance != other.distance) return distance < other.distance;
    return id < other.id;
  }
};

inline bool is_set(const uint8_t* bitmap, int64_t at) { return (bitmap[at >> 3] >> (at & 7)) & 1; }

// Takes matches of groups and tail positions and grows by the live entries behind them.
class Collector {
 public:
  Collector(const Frozen& frozen, const Tail& tail) : frozen_(frozen), tail_(tail) {}

  __attribute__((noinline)) void take_group(int64_t query, uint32_t group, int distance) {
    if (frozen_.group_starts == nullptr) return take_entry(query, group, distance);
    // Of a file that was checked once before, the starts and members are not looked through again when it is opened.
    const int64_t end = std::min<int64_t>(frozen_.group_starts[group + 1], frozen_.entries);
    for (int64_t at = frozen_.group_starts[group]; at < end; ++at) take_entry(query, frozen_.members[at], distance);
  }

  __attribute__((noinline)) void take_tail(int64_t query, int64_t at, int distance) {
    if (!is_set(tail_.dead, at)) hits.push_back({first_query + query, distance, tail_.ids[at]});
  }

  std::vector<Hit> hits;
  int64_t first_query = 0;  // number of the block's first query in the whole call

 private:
  void take_entry(int64_t query, uint32_t entry, int distance) {
    if (entry < frozen_.entries && !is_set(frozen_.dead, entry)) hits.push_back({first_query + query, distance, frozen_.ids[entry]});
  }

  const Frozen& frozen_;
  const Tail& tail_;
};

}  // namespace rempart
