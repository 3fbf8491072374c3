// The queries of one block as the kernels want them: permuted, by chunk, and for large blocks sorted for each table.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "hamming_build.h"
#include "hamming_layout.h"

namespace rempart {

class Batch {
 public:
  Batch(int64_t most, bool is_sorted) : is_sorted_(is_sorted), rows_(most * kWords), chunks_(most * kChunks) {
    if (!is_sorted) return;
    numbers_.resize(most * kChunks);
    sorted_.resize(most * kChunks);
    sorted_next_.resize(most * kChunks);
  }

  void fill(const uint8_t* hashes, uint32_t count) {
    count_ = count;
    for (uint32_t i = 0; i < count; ++i) {
      uint64_t* row = rows_.data() + int64_t{kWords} * i;
      permute(hashes + int64_t{kBits / 8} * i, row);
      for (int chunk = 0; chunk < kChunks; ++chunk) chunks_[int64_t{chunk} * count + i] = chunk_of(row, chunk);
    }
    if (is_sorted_)
      for (int chunk = 0; chunk < kChunks; ++chunk) sort_chunk(chunk);
  }

  QueryBlock view() const {
    QueryBlock block{rows_.data(), count_, chunks_.data()};
    if (is_sorted_) {
      block.sorted_numbers = numbers_.data();
      block.sorted_chunks = sorted_.data();
      block.sorted_next = sorted_next_.data();
    }
    return block;
  }

 private:
  // Counting sort by the chunk's value.
  void sort_chunk(int chunk) {
    const uint16_t* values = chunks_.data() + int64_t{chunk} * count_;
    const uint16_t* next = chunks_.data() + int64_t{(chunk + 1) % kChunks} * count_;
    std::vector<uint32_t> place(kChunkValues + 1);
    for (uint32_t i = 0; i < count_; ++i) ++place[values[i] + 1];
    for (uint32_t value = 0; value < kChunkValues; ++value) place[value + 1] += place[value];
    for (uint32_t i = 0; i < count_; ++i) {
      const int64_t at = int64_t{chunk} * count_ + place[values[i]]++;
      numbers_[at] = i;
      sorted_[at] = values[i];
      sorted_next_[at] = next[i];
    }
  }

  bool is_sorted_;
  uint32_t count_ = 0;
  std::vector<uint64_t> rows_;
  std::vector<uint16_t> chunks_;
  std::vector<uint32_t> numbers_;
  std::vector<uint16_t> sorted_, sorted_next_;
};

}  // namespace rempart
