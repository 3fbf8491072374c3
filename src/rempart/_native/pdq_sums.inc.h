// The sums of one kernel path that take most of the time beside the filter: the cosine transform, and the tents of a
// reduced plane. Included once for each path, behind the filter, whose loads it uses. The order of the sums is the same
// on every path.

static inline Lanes load_floats(const float* from) {
  Lanes lanes;
  __builtin_memcpy(&lanes, from, sizeof lanes);
  return lanes;
}

// Both products sum over k from 0 upwards, one rounding per step; lanes run over the columns.
void cosine_transform(const float picture[kSide][kReadings][kSide], const CosineTable& table,
                      Coefficients out[kReadings]) {
  constexpr int kChains = 4; // sums that go on at once
  constexpr int kParts = kFrequencies / kLanes;
  for (int i = 0; i < kFrequencies; i++) {
    float row[kSamples];
    for (int start = 0; start < kSamples; start += kChains * kLanes) {
      Lanes sum[kChains] = {};
      for (int k = 0; k < kSide; k++) {
        const Lanes cosine = broadcast(table.row[i][k]);
        for (int chain = 0; chain < kChains; chain++)
          sum[chain] += cosine * load_floats(picture[k][0] + start + chain * kLanes);
      }
      __builtin_memcpy(row + start, sum, sizeof sum);
    }
    Lanes sum[kReadings][kParts] = {};
    for (int k = 0; k < kSide; k++)
      for (int part = 0; part < kParts; part++) {
        const Lanes cosines = load_floats(table.column[k] + part * kLanes);
        for (int reading = 0; reading < kReadings; reading++)
          sum[reading][part] += broadcast(row[reading * kSide + k]) * cosines;
      }
    for (int reading = 0; reading < kReadings; reading++) __builtin_memcpy(out[reading][i], sum[reading], sizeof sum[0]);
  }
}

// The weighted sums of the rows of some samples over kLanes columns: one line for each sample and reading.
static inline void sum_rows(const Pixels& plane, const Tents& rows, int first_sample, int column, Lanes lines[kLanes]) {
  for (int line = 0; line < kLanes; line += kReadings) {
    const int sample = first_sample + line / kReadings;
    const uint8_t* row = plane.first + rows.first[sample] * plane.row_stride;
    Lanes forwards = broadcast(0.0f), backwards = broadcast(0.0f);
    for (int r = 0; r < rows.count[sample]; r++, row += plane.row_stride) {
      const Lanes pixels = load_block(plane, row, column);
      forwards += broadcast(rows.weight[sample][0][r]) * pixels;
      backwards += broadcast(rows.weight[sample][1][r]) * pixels;
    }
    lines[line] = forwards;
    lines[line + 1] = backwards;
  }
}

// Fill the four 64x64 pictures of a reduced plane. Throws std::bad_alloc.
void sum_reduced(const Pixels& plane, const Tents& rows, const Tents& columns, Decimated& out) {
  const size_t width = (static_cast<size_t>(plane.width) + kLanes - 1) / kLanes * kLanes;
  Memory memory(width * sizeof(Lanes), sizeof(Lanes));
  Lanes* summed = reinterpret_cast<Lanes*>(memory.bytes); // [width], lanes are lines
  for (int first_sample = 0; first_sample < kSide; first_sample += kLanes / kReadings) {
    for (int column = 0; column < plane.width; column += kLanes) {
      sum_rows(plane, rows, first_sample, column, summed + column);
      transpose(summed + column);
    }
    for (int k = 0; k < kSide; k++) {
      Lanes forwards = broadcast(0.0f), backwards = broadcast(0.0f);
      for (int j = 0; j < columns.count[k]; j++) {
        const Lanes pixels = summed[columns.first[k] + j];
        forwards += broadcast(columns.weight[k][0][j]) * pixels;
        backwards += broadcast(columns.weight[k][1][j]) * pixels;
      }
      for (int line = 0; line < kLanes; line++) {
        float(*to)[kSide] = out.value[line % kReadings][first_sample + line / kReadings];
        to[0][k] = forwards[line];
        to[1][k] = backwards[line];
      }
    }
  }
}
