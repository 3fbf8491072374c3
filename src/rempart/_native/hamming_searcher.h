// One search over a frozen part and a tail: chooses columns or tables, runs the kernel, sorts what was found.
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "hamming_batch.h"
#include "hamming_build.h"
#include "hamming_kernels.h"

namespace rempart {

// How much of a frozen part is looked through before it is searched. What a kernel follows without a check of its own is
// looked at unless that was done before in this process.
enum class Look { kNowhere, kWhereNeeded, kEverywhere };

class Search {
 public:
  Search(const Frozen& frozen, const Tail& tail, const std::string& kernel, Look look) : frozen_(frozen), tail_(tail) {
    if (look != Look::kNowhere) check_positions(look == Look::kEverywhere);
    for (const Kernel& one : kernels())
      if (kernel == one.name && one.can_run()) kernel_ = &one;
    if (kernel_ == nullptr) throw std::invalid_argument("no such kernel on this processor: " + kernel);
  }

  static void check_radius(int64_t radius) {
    if (radius < 0 || radius > kMaxRadius)
      throw std::invalid_argument("a radius lies between 0 and 64, not " + std::to_string(radius));
  }

  // Rough time of one query, by figures measured on two machines: it decides how to search, never what is found.
  double expected_ns(const RadiusPlan& plan) const {
    return use_tables(plan) ? tables_ns(plan) : columns_ns(plan);
  }

  std::vector<Hit> run(const uint8_t* hashes, int64_t count, int radius) const {
    Collector out(frozen_, tail_);
    const int64_t most = count < kSortFrom ? kBlock : kSortedBlock;
    Batch batch(std::min(count, most), count >= kSortFrom);
    for (int64_t from = 0; from < count; from += most) {
      batch.fill(hashes + from * kBits / 8, static_cast<uint32_t>(std::min(most, count - from)));
      out.first_query = from;
      run_block(batch.view(), plan_for(radius), out);
    }
    return std::move(out.hits);
  }

  std::vector<Hit> run_one(const uint8_t* hash, int radius) const {
    Collector out(frozen_, tail_);
    uint64_t row[kWords];
    uint16_t chunks[kChunks];
    permute(hash, row);
    for (int chunk = 0; chunk < kChunks; ++chunk) chunks[chunk] = chunk_of(row, chunk);
    run_block({row, 1, chunks}, plan_for(radius), out);
    return std::move(out.hits);
  }

 private:
  // Queries that are worked on together: what is kept for them stays this small, however many are asked.
  static constexpr int64_t kBlock = 8192, kSortedBlock = 131'072, kSortFrom = 32'768;

  void run_block(const QueryBlock& block, const RadiusPlan& plan, Collector& out) const {
    const size_t before = out.hits.size();
    if (use_tables(plan))
      kernel_->search_tables(frozen_, plan, block, out);
    else
      kernel_->search_columns(frozen_.columns, frozen_.groups, plan, block, false, out);
    const int64_t tail_count = *static_cast<const volatile int64_t*>(tail_.count);
    kernel_->search_columns(tail_.columns, std::min(tail_count, tail_.columns.stride), plan, block, true, out);
    std::sort(out.hits.begin() + static_cast<std::ptrdiff_t>(before), out.hits.end());
  }

  bool use_tables(const RadiusPlan& plan) const {
    if (frozen_.rows == nullptr) return false;
    return frozen_.columns.words == nullptr || tables_ns(plan) < columns_ns(plan);
  }

  double columns_ns(const RadiusPlan& plan) const {
    return kernel_->column_ns * plan.filter_words * static_cast<double>(frozen_.groups);
  }

  double tables_ns(const RadiusPlan& plan) const {
    const double survivors = plan.survivor_share * static_cast<double>(frozen_.groups);
    return kernel_->table_factor * (5.0 * plan.probes + 30.0 * survivors);
  }

  void check_positions(bool looks_everywhere) const {
    const Frozen& f = frozen_;
    bool is_sound = true;
    if (f.rows != nullptr)
      for (int chunk = 0; chunk < kChunks; ++chunk)
        is_sound = is_sound && is_ascending(f.offsets + uint64_t{kOffsetStride} * chunk, kChunkValues + 1, f.groups);
    if (f.group_starts != nullptr && looks_everywhere) {
      is_sound = is_sound && is_ascending(f.group_starts, f.groups + 1, f.entries);
      for (int64_t i = 0; i < f.entries; ++i) is_sound = is_sound && f.members[i] < f.entries;
    }
    if (f.group_starts == nullptr) is_sound = is_sound && f.groups == f.entries;
    if (!is_sound) throw std::invalid_argument("positions in the frozen part lie outside it");
  }

  Frozen frozen_;
  Tail tail_;
  const Kernel* kernel_ = nullptr;
};

}  // namespace rempart
