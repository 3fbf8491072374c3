// One kernel, compiled once for each instruction set: no include guard, included by hamming_kernels.h after
// KERNEL (the target attribute) and KERNEL_SPACE are defined and the lanes of that instruction set are in
// KERNEL_SPACE: count_bits, near_sketches (bit i set: sketch i of 32 differs by at most `most`) and near_columns.

namespace rempart::KERNEL_SPACE {

KERNEL inline int distance(const uint64_t* a, const uint64_t* b) {
  return count_bits(a[0] ^ b[0]) + count_bits(a[1] ^ b[1]) + count_bits(a[2] ^ b[2]) + count_bits(a[3] ^ b[3]);
}

inline void request(const void* line) { __builtin_prefetch(line); }

// Candidates that met both conditions and wait for their hash to arrive. When full it is settled: nothing is lost.
struct Survivors {
  static constexpr uint32_t kCapacity = 512;
  uint32_t count = 0, requested = 0;
  uint32_t query[kCapacity];
  uint8_t chunk[kCapacity];
  const uint32_t* group[kCapacity];
  Survivors() {}  // leaves the arrays as they are: clearing them would cost as much as a tenth of a query
};

struct Search {
  const Frozen& frozen;
  const RadiusPlan& plan;
  const QueryBlock& block;
  Collector& out;
  Survivors waiting{};
  Search(const Frozen& f, const RadiusPlan& p, const QueryBlock& b, Collector& c) : frozen(f), plan(p), block(b), out(c) {}
};

// Ask for the hashes of the survivors up to `end`; their group numbers were asked for when they were found.
KERNEL inline void request_rows(Search& s, uint32_t end) {
  for (; s.waiting.requested < end; ++s.waiting.requested)
    request(s.frozen.rows + uint64_t{kWords} * *s.waiting.group[s.waiting.requested]);
}

KERNEL __attribute__((noinline)) void settle(Search& s) {
  request_rows(s, s.waiting.count);
  for (uint32_t i = 0; i < s.waiting.count; ++i) {
    const uint32_t group = *s.waiting.group[i];
    // The tables may come from a foreign file: a group out of bounds is never read.
    if (group >= s.frozen.groups) continue;
    const uint64_t* row = s.frozen.rows + uint64_t{kWords} * group;
    const uint64_t* query = s.block.rows + uint64_t{kWords} * s.waiting.query[i];
    const int bits = distance(row, query);
    if (bits <= s.plan.radius && reporting_chunk(s.plan, row, query) == s.waiting.chunk[i])
      s.out.take_group(s.waiting.query[i], group, bits);
  }
  s.waiting.count = s.waiting.requested = 0;
}

// One table with the queries' values of its chunk and of the next one.
struct Table {
  int chunk;
  const uint32_t* offsets;
  const uint32_t* groups;
  const uint16_t* sketches;
  const uint16_t* values;
  const uint16_t* next_values;
};

inline Table open_table(const Search& s, int chunk) {
  const Frozen& f = s.frozen;
  return {chunk,
          f.offsets + uint64_t{kOffsetStride} * chunk,
          f.table_groups + chunk * f.groups,
          f.sketches + chunk * f.groups,
          s.block.chunks + chunk * s.block.stride,
          s.block.chunks + (chunk + 1) % kChunks * s.block.stride};
}

KERNEL __attribute__((noinline)) void keep(Search& s, const Table& table, uint32_t query, uint32_t at, uint32_t near) {
  for (; near != 0; near &= near - 1) {
    if (s.waiting.count == Survivors::kCapacity) settle(s);
    const uint32_t slot = s.waiting.count++;
    s.waiting.query[slot] = query;
    s.waiting.chunk[slot] = static_cast<uint8_t>(table.chunk);
    s.waiting.group[slot] = table.groups + at + __builtin_ctz(near);
    request(s.waiting.group[slot]);
  }
}

KERNEL inline void scan_bucket(Search& s, const Table& table, uint32_t query, uint32_t value, needle_t needle, most_t most) {
  uint32_t at = table.offsets[value];
  const uint32_t end = table.offsets[value + 1];
  if (__builtin_expect(at >= end, 0)) return;
  for (;;) {
    uint32_t near = near_sketches(table.sketches + at, needle, most);
    const uint32_t left = end - at;
    if (left < 32) near &= (uint32_t{1} << left) - 1;
    if (__builtin_expect(near != 0, 0)) keep(s, table, query, at, near);
    if (__builtin_expect(left <= 32, 1)) return;
    at += 32;
  }
}

KERNEL inline void request_bucket(const Table& table, uint32_t value, bool buckets_are_long) {
  const uint32_t at = table.offsets[value], end = table.offsets[value + 1];
  const char* first = reinterpret_cast<const char*>(table.sketches + at);
  const char* last = reinterpret_cast<const char*>(table.sketches + end) - 1;
  request(first);
  request(last);
  if (buckets_are_long)
    for (const char* line = first + 64; line < last && line < first + 512; line += 64) request(line);
}

// ---- thresholds 0 and 1: a pipeline over (chunk, query) pairs, chunk by chunk, so that one table stays near ----

// The pairs in order; three cursors run kAhead pairs apart.
struct Cursor {
  Table table;
  uint32_t step = 0, query = 0;
  bool has_neighbours = false;
};

struct NearSteps {
  int count = 0;
  int chunk[kChunks];
};

inline void enter(const Search& s, const NearSteps& steps, Cursor& cursor) {
  if (cursor.step >= static_cast<uint32_t>(steps.count)) return;
  const int chunk = steps.chunk[cursor.step];
  cursor.table = open_table(s, chunk);
  cursor.has_neighbours = s.plan.threshold[chunk] == 1;
}

inline void advance(const Search& s, const NearSteps& steps, Cursor& cursor) {
  if (++cursor.query < s.block.count) return;
  cursor.query = 0;
  ++cursor.step;
  enter(s, steps, cursor);
}

KERNEL inline void request_offsets(const Cursor& c) {
  const uint32_t value = c.table.values[c.query];
  const uint32_t* offsets = c.table.offsets;
  request(offsets + value);
  // Where the end of a bucket lies on the next line, that line is needed too.
  request(offsets + (value | 15) + 1);
  if (!c.has_neighbours) return;
  for (int bit = 4; bit < 16; ++bit) request(offsets + (value ^ (1u << bit)));
  if (__builtin_expect((value & 15) == 15, 0))
    for (int bit = 4; bit < 16; ++bit) request(offsets + (value ^ (1u << bit)) + 1);
}

KERNEL inline void request_buckets(const Cursor& c, bool buckets_are_long) {
  const uint32_t value = c.table.values[c.query];
  request_bucket(c.table, value, buckets_are_long);
  if (!c.has_neighbours) return;
  for (int bit = 0; bit < 16; ++bit) request_bucket(c.table, value ^ (1u << bit), buckets_are_long);
}

KERNEL inline void scan_buckets(Search& s, const Cursor& c) {
  const uint32_t value = c.table.values[c.query];
  const needle_t needle = make_needle(c.table.next_values[c.query]);
  const int bound = s.plan.bound[c.table.chunk];
  scan_bucket(s, c.table, c.query, value, needle, make_most(bound));
  if (!c.has_neighbours) return;
  const most_t most = make_most(bound - 1);
  for (int bit = 0; bit < 16; ++bit) scan_bucket(s, c.table, c.query, value ^ (1u << bit), needle, most);
}

KERNEL inline void search_near(Search& s, const NearSteps& steps) {
  constexpr uint64_t kAhead = 4;
  const uint64_t pairs = uint64_t{s.block.count} * steps.count;
  const bool buckets_are_long = s.frozen.groups > 24 * int64_t{kChunkValues};
  Cursor ask, fetch, scan;
  enter(s, steps, ask);
  enter(s, steps, fetch);
  enter(s, steps, scan);
  uint32_t found_before = 0;
  for (uint64_t pair = 0; pair < pairs + 2 * kAhead; ++pair) {
    if (pair < pairs) {
      request_offsets(ask);
      advance(s, steps, ask);
    }
    if (pair >= kAhead && pair < pairs + kAhead) {
      request_buckets(fetch, buckets_are_long);
      advance(s, steps, fetch);
    }
    if (pair >= 2 * kAhead) {
      // The group numbers found a pair ago have arrived by now; a settling in between sets the count back.
      request_rows(s, found_before < s.waiting.count ? found_before : s.waiting.count);
      found_before = s.waiting.count;
      scan_buckets(s, scan);
      advance(s, steps, scan);
    }
  }
}

// ---- thresholds 2 to 4: a pipeline over the probes of one query in one table ----

KERNEL inline void search_far(Search& s, int chunk) {
  constexpr size_t kAhead = 12;
  const Table table = open_table(s, chunk);
  const std::vector<ProbeMask>& masks = masks_for(s.plan.threshold[chunk]);
  const ProbeMask* mask = masks.data();
  const size_t probes = masks.size();
  most_t most[kMaxThreshold + 1];
  for (int d = 0; d <= kMaxThreshold; ++d) most[d] = make_most(s.plan.bound[chunk] - d);
  for (uint32_t query = 0; query < s.block.count; ++query) {
    const uint32_t value = table.values[query];
    const needle_t needle = make_needle(table.next_values[query]);
    for (size_t probe = 0; probe < probes + 2 * kAhead; ++probe) {
      if (probe < probes) request(table.offsets + (value ^ mask[probe].mask));
      if (probe >= kAhead && probe < probes + kAhead) request_bucket(table, value ^ mask[probe - kAhead].mask, false);
      if (probe < 2 * kAhead) continue;
      const ProbeMask& now = mask[probe - 2 * kAhead];
      scan_bucket(s, table, query, value ^ now.mask, needle, most[now.distance]);
    }
    request_rows(s, s.waiting.count);
  }
}

KERNEL void search_tables(const Frozen& frozen, const RadiusPlan& plan, const QueryBlock& block, Collector& out) {
  if (block.count == 0 || frozen.groups == 0) return;
  Search s(frozen, plan, block, out);
  NearSteps steps;
  for (int chunk = 0; chunk < kChunks; ++chunk)
    if (plan.threshold[chunk] == 0 || plan.threshold[chunk] == 1) steps.chunk[steps.count++] = chunk;
  search_near(s, steps);
  for (int chunk = 0; chunk < kChunks; ++chunk)
    if (plan.threshold[chunk] > 1) search_far(s, chunk);
  settle(s);
}

// ---- columns: every hash, the first two or three words decide ----

KERNEL inline void check_column(const Columns& c, int64_t at, const uint64_t* query, const RadiusPlan& plan,
                                int64_t number, bool in_tail, Collector& out) {
  const uint64_t row[kWords] = {c.words[at], c.words[c.stride + at], c.words[2 * c.stride + at], c.words[3 * c.stride + at]};
  const int bits = distance(row, query);
  if (bits > plan.radius) return;
  if (in_tail)
    out.take_tail(number, at, bits);
  else
    out.take_group(number, static_cast<uint32_t>(at), bits);
}

KERNEL void search_columns(const Columns& c, int64_t count, const RadiusPlan& plan, const QueryBlock& block, bool in_tail,
                           Collector& out) {
  constexpr int64_t kNear = 2048;  // hashes whose deciding words stay in the first-level cache
  for (int64_t from = 0; from < count; from += kNear) {
    const int64_t to = std::min(from + kNear, count);
    for (uint32_t number = 0; number < block.count; ++number) {
      const uint64_t* query = block.rows + uint64_t{kWords} * number;
      const ColumnNeedle needle = make_column_needle(query, plan.radius);
      for (int64_t at = from; at < to; at += kColumnBlock) {
        uint32_t near = plan.filter_words == 2 ? near_columns<2>(c, at, needle) : near_columns<3>(c, at, needle);
        if (__builtin_expect(near == 0, 1)) continue;
        if (to - at < kColumnBlock) near &= (uint32_t{1} << (to - at)) - 1;
        for (; near != 0; near &= near - 1) check_column(c, at + __builtin_ctz(near), query, plan, number, in_tail, out);
      }
    }
  }
}

}  // namespace rempart::KERNEL_SPACE
