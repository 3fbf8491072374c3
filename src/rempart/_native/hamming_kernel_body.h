// One kernel, compiled once for each instruction set: no include guard, included by hamming_kernels.h after
// KERNEL (the target attribute) and KERNEL_SPACE are defined and the lanes of that instruction set are in
// KERNEL_SPACE: count_bits, near_sketches (bit i set: sketch i of 32 differs by at most `most`) and near_columns.

namespace rempart::KERNEL_SPACE {

KERNEL inline int distance(const uint64_t* a, const uint64_t* b) {
  return count_bits(a[0] ^ b[0]) + count_bits(a[1] ^ b[1]) + count_bits(a[2] ^ b[2]) + count_bits(a[3] ^ b[3]);
}

// Into the second-level cache: the first has fewer places for lines on their way, and would make the next one wait.
inline void request(const void* line) { __builtin_prefetch(line, 0, 2); }

// Candidates that met both conditions, in a ring. Each waits twice, for its group number and for its hash, while others
// are found; when the ring is full the older half is settled, so nothing is lost.
struct Survivors {
  static constexpr uint32_t kCapacity = 512, kLag = 64;
  uint32_t found = 0, requested = 0, settled = 0;  // running numbers; the place is the number modulo kCapacity
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
  for (; static_cast<int32_t>(end - s.waiting.requested) > 0; ++s.waiting.requested)
    request(s.frozen.rows + uint64_t{kWords} * *s.waiting.group[s.waiting.requested % Survivors::kCapacity]);
}

KERNEL __attribute__((noinline)) void settle(Search& s, uint32_t end) {
  request_rows(s, end);
  for (; s.waiting.settled != end; ++s.waiting.settled) {
    const uint32_t slot = s.waiting.settled % Survivors::kCapacity;
    const uint32_t group = *s.waiting.group[slot];
    // The tables may come from a foreign file: a group out of bounds is never read.
    if (group >= s.frozen.groups) continue;
    const uint64_t* row = s.frozen.rows + uint64_t{kWords} * group;
    const uint64_t* query = s.block.rows + uint64_t{kWords} * s.waiting.query[slot];
    const int bits = distance(row, query);
    if (bits <= s.plan.radius && reporting_chunk(s.plan, row, query) == s.waiting.chunk[slot])
      s.out.take_group(s.waiting.query[slot], group, bits);
  }
}

// One table with the queries' values of its chunk and of the next one.
struct Table {
  int chunk;
  const uint32_t* offsets;
  const uint32_t* groups;
  const uint16_t* sketches;
  const uint16_t* values;
  const uint16_t* next_values;
  const uint32_t* numbers;  // which query stands at each place, null when they stand in their order
};

inline Table open_table(const Search& s, int chunk) {
  const Frozen& f = s.frozen;
  return {chunk,
          f.offsets + uint64_t{kOffsetStride} * chunk,
          f.table_groups + chunk * f.groups,
          f.sketches + chunk * f.groups,
          s.block.values(chunk),
          s.block.next_values(chunk),
          s.block.numbers(chunk)};
}

KERNEL __attribute__((noinline)) void keep(Search& s, const Table& table, uint32_t query, uint32_t at, uint32_t near) {
  Survivors& w = s.waiting;
  const uint32_t number = table.numbers == nullptr ? query : table.numbers[query];
  for (; near != 0; near &= near - 1) {
    if (w.found - w.settled == Survivors::kCapacity) settle(s, w.settled + Survivors::kCapacity / 2);
    const uint32_t slot = w.found++ % Survivors::kCapacity;
    w.query[slot] = number;
    w.chunk[slot] = static_cast<uint8_t>(table.chunk);
    w.group[slot] = table.groups + at + __builtin_ctz(near);
    request(w.group[slot]);
  }
  request_rows(s, w.found - Survivors::kLag);
}

KERNEL __attribute__((noinline)) void scan_long_bucket(Search& s, const Table& table, uint32_t query, uint32_t at,
                                                       uint32_t end, needle_t needle, most_t most) {
  for (; at < end; at += 32) {
    uint32_t near = near_sketches(table.sketches + at, needle, most);
    if (end - at < 32) near &= (uint32_t{1} << (end - at)) - 1;
    if (near != 0) keep(s, table, query, at, near);
  }
}

KERNEL inline void scan_bucket(Search& s, const Table& table, uint32_t query, uint32_t value, needle_t needle, most_t most) {
  const uint32_t at = table.offsets[value], end = table.offsets[value + 1];
  if (__builtin_expect(end - at > 32, 0)) return scan_long_bucket(s, table, query, at, end, needle, most);
  // The bits of the bucket's own sketches; what was read beyond them belongs to its neighbour.
  const uint32_t own = static_cast<uint32_t>((uint64_t{1} << (end - at)) - 1);
  const uint32_t near = near_sketches(table.sketches + at, needle, most) & own;
  if (__builtin_expect(near != 0, 0)) keep(s, table, query, at, near);
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
#pragma GCC unroll 16
  for (int bit = 4; bit < 16; ++bit) request(offsets + (value ^ (1u << bit)));
  if (__builtin_expect((value & 15) == 15, 0))
    for (int bit = 4; bit < 16; ++bit) request(offsets + (value ^ (1u << bit)) + 1);
}

KERNEL inline void request_buckets(const Cursor& c, bool buckets_are_long) {
  const uint32_t value = c.table.values[c.query];
  request_bucket(c.table, value, buckets_are_long);
  if (!c.has_neighbours) return;
#pragma GCC unroll 16
  for (int bit = 0; bit < 16; ++bit) request_bucket(c.table, value ^ (1u << bit), buckets_are_long);
}

KERNEL inline void scan_buckets(Search& s, const Cursor& c) {
  const uint32_t value = c.table.values[c.query];
  const needle_t needle = make_needle(c.table.next_values[c.query]);
  const int bound = s.plan.bound[c.table.chunk];
  scan_bucket(s, c.table, c.query, value, needle, make_most(bound));
  if (!c.has_neighbours) return;
  const most_t most = make_most(bound - 1);
#pragma GCC unroll 16
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
      request_rows(s, found_before);  // their group numbers were asked for a pair ago and have arrived by now
      found_before = s.waiting.found;
      scan_buckets(s, scan);
      advance(s, steps, scan);
    }
  }
}

// ---- thresholds 2 to 4: a pipeline over (region of the table, query) pairs, region by region ----

// What a query's probes of one table found: where a bucket begins, and which of its first 32 sketches are near.
struct Finds {
  uint32_t count = 0;
  uint32_t at[kProbes[kMaxThreshold] + 1];
  uint32_t near[kProbes[kMaxThreshold] + 1];
  Finds() {}  // leaves the arrays as they are
};

// One table in regions of chunk values with the same highest bits: what one query fetched is near for the next.
struct Regions {
  Table table;
  const MaskList& list;
  int bits;
  uint32_t queries;
  const most_t* most;  // by the distance of the probed value
};

// The probes of one query that fall into one region.
struct FarCursor {
  uint32_t region = 0, query = 0;

  void advance(const Regions& r) {
    if (++query < r.queries) return;
    query = 0;
    ++region;
  }
  uint32_t value(const Regions& r) const { return r.table.values[query]; }
  const ProbeMask* begin(const Regions& r) const {
    return r.list.region_begin(region ^ (value(r) >> (16 - r.bits)), r.bits);
  }
  const ProbeMask* end(const Regions& r) const {
    return r.list.region_begin((region ^ (value(r) >> (16 - r.bits))) + 1, r.bits);
  }
};

KERNEL inline void scan_region(Search& s, const Regions& r, const FarCursor& c, Finds& finds) {
  const needle_t needle = make_needle(r.table.next_values[c.query]);
  const ProbeMask* end_of_region = c.end(r);
  finds.count = 0;
  for (const ProbeMask* mask = c.begin(r); mask < end_of_region; ++mask) {
    const uint32_t value = c.value(r) ^ mask->mask;
    const uint32_t at = r.table.offsets[value], end = r.table.offsets[value + 1];
    const most_t most = r.most[mask->distance];
    if (__builtin_expect(end - at > 32, 0)) {
      scan_long_bucket(s, r.table, c.query, at, end, needle, most);
      continue;
    }
    // A third of the buckets has something near, which no processor foresees: note it without a branch.
    const uint32_t own = static_cast<uint32_t>((uint64_t{1} << (end - at)) - 1);
    const uint32_t near = near_sketches(r.table.sketches + at, needle, most) & own;
    finds.at[finds.count] = at;
    finds.near[finds.count] = near;
    finds.count += near != 0;
  }
  for (uint32_t i = 0; i < finds.count; ++i) keep(s, r.table, c.query, finds.at[i], finds.near[i]);
}

KERNEL inline void search_far(Search& s, int chunk) {
  most_t most[kMaxThreshold + 1];
  for (int d = 0; d <= kMaxThreshold; ++d) most[d] = make_most(s.plan.bound[chunk] - d);
  int bits = 3;
  while (bits < kRegionBits && (s.frozen.groups >> bits) > (1 << 17)) ++bits;
  const int threshold = s.plan.threshold[chunk];
  const Regions regions{open_table(s, chunk), masks_for(threshold), bits, s.block.count, most};
  // Where the queries visit each bucket many times, asking for its lines each time would only cost time.
  constexpr uint64_t kManyVisits = 4;
  const bool asks = uint64_t{s.block.count} * kProbes[threshold] < kManyVisits * kChunkValues;
  const uint32_t units = s.block.count << bits;
  FarCursor ask, fetch, scan;
  Finds finds;
  for (uint32_t unit = 0; unit < units + 2; ++unit) {
    if (asks && unit < units) {
      for (const ProbeMask* mask = ask.begin(regions); mask < ask.end(regions); ++mask)
        request(regions.table.offsets + (ask.value(regions) ^ mask->mask));
      ask.advance(regions);
    }
    if (asks && unit >= 1 && unit <= units) {
      for (const ProbeMask* mask = fetch.begin(regions); mask < fetch.end(regions); ++mask)
        request_bucket(regions.table, fetch.value(regions) ^ mask->mask, false);
      fetch.advance(regions);
    }
    if (unit >= 2) {
      scan_region(s, regions, scan, finds);
      scan.advance(regions);
    }
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
  settle(s, s.waiting.found);
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
