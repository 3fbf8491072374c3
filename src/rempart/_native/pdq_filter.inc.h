// The filter of one kernel path: one pass over the picture, in the reference's order of operations.
// Included once for each path, inside its namespace and target options, after the path has defined
//   Lanes (a float vector), kLanes, transpose(Lanes[kLanes]), broadcast(float), divide<bool>(...),
//   load_rgb(const uint8_t*), load_grey(const uint8_t*), kReadsBeyond (bytes read past a block's pixels).
// No include guard, and no templates of the standard library: their code would be shared between paths.

// Memory that one picture needs: proportional to width times window, never to the whole picture.
struct Filter {
  const Axis& x;
  const Axis& y;
  int ring_columns;    // columns of a row group kept for the row passes: a power of two
  int ring_rows;       // rows kept for the column passes: a multiple of kLanes
  Lanes* first_rows;   // [ring_columns] input of pass 1, lanes are rows
  Lanes* third_rows;   // [ring_columns] input of pass 3, lanes are rows
  Lanes* column_sums;  // [x.steps / kLanes] running sums of pass 2, lanes are columns
  Lanes* column_rows;  // [x.steps / kLanes][ring_rows] input of pass 2
  Lanes* samples;      // [kSamples] output of pass 3 at the sampled columns, lanes are rows
  float* sample_sums;  // [kSamples] running sums of pass 4
  float* sample_rows;  // [ring_rows][kSamples] input of pass 4
};

static inline Lanes load_block(const Pixels& pixels, const uint8_t* row, int column) {
  const int left = pixels.width - column;
  const uint8_t* at = row + static_cast<ptrdiff_t>(column) * pixels.channels;
  if (left * pixels.channels >= kLanes * pixels.channels + kReadsBeyond)
    return pixels.channels == 3 ? load_rgb(at) : load_grey(at);
  if (left <= 0) return broadcast(0.0f);
  uint8_t padded[kLanes * 3 + kReadsBeyond] = {0};
  const int count = left < kLanes ? left : kLanes;
  __builtin_memcpy(padded, at, static_cast<size_t>(count) * pixels.channels);
  return pixels.channels == 3 ? load_rgb(padded) : load_grey(padded);
}

// Pass 1 over one block: kLanes columns of kLanes rows; `block` holds rows and receives rows.
template <bool kReciprocal>
static inline void first_pass(const Filter& f, int step, Lanes& sum, Lanes block[kLanes]) {
  transpose(block);
  const int mask = f.ring_columns - 1;
  Lanes* incoming = f.first_rows + (step & mask);
  for (int i = 0; i < kLanes; i++) incoming[i] = block[i];
  for (int i = 0; i < kLanes; i++) {
    sum += block[i];
    sum -= f.first_rows[(step + i - f.x.window) & mask];
    block[i] = divide<kReciprocal>(sum, f.x, step + i);
  }
  transpose(block);
}

// Pass 2 over one block: down the columns.
template <bool kReciprocal>
static inline void second_pass(const Filter& f, int step_x, int step_y, const int old_row[kLanes], Lanes block[kLanes]) {
  Lanes* rows = f.column_rows + static_cast<ptrdiff_t>(step_x / kLanes) * f.ring_rows;
  Lanes* incoming = rows + step_y % f.ring_rows;
  for (int i = 0; i < kLanes; i++) incoming[i] = block[i];
  Lanes sum = f.column_sums[step_x / kLanes];
  for (int i = 0; i < kLanes; i++) {
    sum += block[i];
    sum -= rows[old_row[i]];
    block[i] = divide<kReciprocal>(sum, f.y, step_y + i);
  }
  f.column_sums[step_x / kLanes] = sum;
}

// Pass 3 over one block: along the rows again, kept only at the sampled columns of both readings.
static inline void third_pass(const Filter& f, int step, Lanes& sum, int next_sample[kReadings], Lanes block[kLanes]) {
  transpose(block);
  const int mask = f.ring_columns - 1;
  Lanes* incoming = f.third_rows + (step & mask);
  for (int i = 0; i < kLanes; i++) incoming[i] = block[i];
  for (int i = 0; i < kLanes; i++) {
    sum += block[i];
    sum -= f.third_rows[(step + i - f.x.window) & mask];
    block[i] = sum;
  }
  for (int reading = 0; reading < kReadings; reading++) {
    int& k = next_sample[reading];
    for (; k < kSide && f.x.sample_step[reading][k] < step + kLanes; k++)
      f.samples[reading * kSide + k] =
          block[f.x.sample_step[reading][k] - step] / broadcast(f.x.sample_count[reading][k]);
  }
}

// Pass 4 over one group of rows: down the sampled columns, kept only at the sampled rows of both readings.
static inline void fourth_pass(const Filter& f, int step, const int old_row[kLanes], int next_sample[kReadings],
                               Decimated& out) {
  const float* samples = reinterpret_cast<const float*>(f.samples);
  for (int i = 0; i < kLanes; i++) {
    float* incoming = f.sample_rows + (step % f.ring_rows + i) * kSamples;
    const float* old = f.sample_rows + old_row[i] * kSamples;
    for (int k = 0; k < kSamples; k++) incoming[k] = samples[k * kLanes + i];
    for (int k = 0; k < kSamples; k++) f.sample_sums[k] += incoming[k];
    for (int k = 0; k < kSamples; k++) f.sample_sums[k] -= old[k];
    for (int reading = 0; reading < kReadings; reading++) {
      int& row = next_sample[reading];
      for (; row < kSide && f.y.sample_step[reading][row] == step + i; row++) {
        float* to = out.value[reading][row][0];
        for (int k = 0; k < kSamples; k++) to[k] = f.sample_sums[k] / f.y.sample_count[reading][row];
      }
    }
  }
}

template <bool kReciprocal>
static void run_filter(const Filter& f, const Pixels& pixels, Decimated& out) {
  const size_t ring_bytes = sizeof(Lanes) * static_cast<size_t>(f.ring_columns);
  int next_sample_row[kReadings] = {0, 0};
  for (int step_y = 0; step_y < f.y.steps && next_sample_row[0] < kSide; step_y += kLanes) { // [1] is never behind
    int old_row[kLanes];
    for (int i = 0; i < kLanes; i++)
      old_row[i] = (step_y + i - f.y.window + f.ring_rows * 2) % f.ring_rows;
    __builtin_memset(f.first_rows, 0, ring_bytes);
    __builtin_memset(f.third_rows, 0, ring_bytes);
    Lanes first_sum = broadcast(0.0f), third_sum = broadcast(0.0f);
    int next_sample[kReadings] = {0, 0};
    for (int step_x = 0; step_x < f.x.steps; step_x += kLanes) {
      Lanes block[kLanes];
      for (int i = 0; i < kLanes; i++)
        block[i] = step_y + i < pixels.height
                       ? load_block(pixels, pixels.first + (step_y + i) * pixels.row_stride, step_x)
                       : broadcast(0.0f);
      first_pass<kReciprocal>(f, step_x, first_sum, block);
      second_pass<kReciprocal>(f, step_x, step_y, old_row, block);
      third_pass(f, step_x, third_sum, next_sample, block);
    }
    fourth_pass(f, step_y, old_row, next_sample_row, out);
  }
}

static int power_of_two_from(int least) {
  int power = kLanes;
  while (power < least) power *= 2;
  return power;
}

static Lanes* take(uint8_t*& from, size_t count) {
  Lanes* taken = reinterpret_cast<Lanes*>(from);
  from += count * sizeof(Lanes);
  return taken;
}

// Fill the four 64x64 pictures of `pixels` by filtering once. Throws std::bad_alloc.
void filter(const Pixels& pixels, Decimated& out) {
  const Axis x(pixels.width, kLanes), y(pixels.height, kLanes);
  const int ring_columns = power_of_two_from(x.window + kLanes);
  const int ring_rows = (y.window + 2 * kLanes - 1) / kLanes * kLanes;
  const size_t blocks = static_cast<size_t>(x.steps) / kLanes;
  const size_t floats_in_lanes = kSamples / kLanes;
  const size_t count = 2 * static_cast<size_t>(ring_columns) + blocks * (1 + ring_rows) + kSamples +
                       floats_in_lanes * (1 + ring_rows);
  Memory memory(count * sizeof(Lanes), sizeof(Lanes));
  uint8_t* from = memory.bytes;
  Lanes* first_rows = take(from, ring_columns);
  Lanes* third_rows = take(from, ring_columns);
  Lanes* column_sums = take(from, blocks);
  Lanes* column_rows = take(from, blocks * ring_rows);
  Lanes* samples = take(from, kSamples);
  float* sample_sums = reinterpret_cast<float*>(take(from, floats_in_lanes));
  float* sample_rows = reinterpret_cast<float*>(take(from, floats_in_lanes * ring_rows));
  const Filter f{x,           y,           ring_columns, ring_rows,   first_rows, third_rows,
                 column_sums, column_rows, samples,      sample_sums, sample_rows};
  if (x.window <= kLargestReciprocalWindow && y.window <= kLargestReciprocalWindow)
    run_filter<true>(f, pixels, out);
  else
    run_filter<false>(f, pixels, out);
}

// Tell whether every float in [1, 2), divided by `count` as the filter does, is exactly rounded. Scaling by powers of
// two changes nothing in it, so that these floats stand for all that neither overflow nor vanish.
bool division_is_exact(int count) {
  const Lanes counts = broadcast(static_cast<float>(count));
  const Lanes reciprocals = broadcast(1.0f / static_cast<float>(count));
  for (uint32_t bits = 0x3F800000u; bits < 0x40000000u; bits += kLanes) {
    union {
      uint32_t integer[kLanes];
      Lanes lanes;
    } dividend;
    for (int i = 0; i < kLanes; i++) dividend.integer[i] = bits + static_cast<uint32_t>(i);
    const Lanes found = quotient(dividend.lanes, counts, reciprocals);
    const Lanes wanted = dividend.lanes / counts;
    if (__builtin_memcmp(&found, &wanted, sizeof found) != 0) return false;
  }
  return true;
}

// Write the luma of `count` pixels of a row, a multiple of kLanes.
void luma(const uint8_t* rgb, size_t count, float* out) {
  const Pixels pixels{rgb, 0, 1, static_cast<int>(count), 3};
  for (size_t i = 0; i < count; i += kLanes) {
    const Lanes block = load_block(pixels, rgb, static_cast<int>(i));
    __builtin_memcpy(out + i, &block, sizeof block);
  }
}
