// Python's door to exact search: checks shapes, lets go of the interpreter lock, hands over results.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "hamming_build.h"
#include "hamming_kernels.h"
#include "hamming_searcher.h"

namespace nb = nanobind;

namespace {

using rempart::kChunks;
using rempart::kWords;
constexpr int64_t kMostEntries = INT64_C(1) << 31;  // their numbers are 32 bits wide

template <typename T, typename... Extra>
using Array = nb::ndarray<T, nb::c_contig, nb::device::cpu, Extra...>;
using Hashes = Array<const uint8_t, nb::shape<-1, 32>>;
using Rows = Array<const uint64_t, nb::shape<-1, 4>>;
using Offsets = Array<const uint32_t, nb::shape<kChunks, rempart::kOffsetStride>>;
using TableGroups = Array<const uint32_t, nb::shape<kChunks, -1>>;
using WordColumns = Array<const uint64_t, nb::shape<4, -1>>;
template <typename T>
using Flat = Array<const T, nb::ndim<1>>;

void require(bool holds, const char* what) {
  if (!holds) throw std::invalid_argument(std::string("shapes do not fit together: ") + what);
}

// The arrays as they came. Keeping them keeps alive what the kernels read.
struct Arrays {
  int64_t groups;
  Flat<int64_t> ids;
  Flat<uint8_t> dead;
  std::optional<WordColumns> columns;
  std::optional<Rows> rows;
  std::optional<Offsets> offsets;
  std::optional<TableGroups> table_groups;
  std::optional<Flat<uint16_t>> sketches;
  std::optional<Flat<uint32_t>> group_starts;
  std::optional<Flat<uint32_t>> members;
  WordColumns tail_words;
  Flat<int64_t> tail_ids;
  Flat<uint8_t> tail_dead;
  Flat<int64_t> tail_count;
};

void view_tables(const Arrays& a, rempart::Frozen& f) {
  require(a.offsets && a.table_groups && a.sketches, "rows without tables");
  require(static_cast<int64_t>(a.rows->shape(0)) == f.groups, "rows");
  require(static_cast<int64_t>(a.table_groups->shape(1)) == f.groups, "table_groups");
  require(static_cast<int64_t>(a.sketches->shape(0)) == kChunks * f.groups + rempart::kSketchSlack, "sketches");
  f.rows = a.rows->data();
  f.offsets = a.offsets->data();
  f.table_groups = a.table_groups->data();
  f.sketches = a.sketches->data();
}

rempart::Frozen view_frozen(const Arrays& a) {
  rempart::Frozen f;
  f.groups = a.groups;
  f.entries = static_cast<int64_t>(a.ids.shape(0));
  require(f.groups >= 0 && f.groups <= f.entries && f.entries < kMostEntries, "groups, ids");
  require(static_cast<int64_t>(a.dead.shape(0)) * 8 >= f.entries, "dead");
  f.ids = a.ids.data();
  f.dead = a.dead.data();
  require(a.columns || a.rows, "columns or rows");
  if (a.columns) {
    f.columns = {a.columns->data(), static_cast<int64_t>(a.columns->shape(1))};
    require(f.columns.stride >= f.groups && f.columns.stride % rempart::kColumnBlock == 0, "columns");
  }
  if (a.rows) view_tables(a, f);
  require(a.group_starts.has_value() == a.members.has_value(), "group_starts and members");
  if (a.members) {
    require(static_cast<int64_t>(a.group_starts->shape(0)) == f.groups + 1, "group_starts");
    require(static_cast<int64_t>(a.members->shape(0)) == f.entries, "members");
    f.group_starts = a.group_starts->data();
    f.members = a.members->data();
  }
  return f;
}

rempart::Tail view_tail(const Arrays& a) {
  const auto stride = static_cast<int64_t>(a.tail_words.shape(1));
  require(stride % rempart::kColumnBlock == 0 && static_cast<int64_t>(a.tail_ids.shape(0)) == stride, "tail");
  require(static_cast<int64_t>(a.tail_dead.shape(0)) * 8 >= stride && a.tail_count.shape(0) == 1, "tail");
  return {{a.tail_words.data(), stride}, a.tail_ids.data(), a.tail_dead.data(), a.tail_count.data()};
}

nb::list as_pairs(const std::vector<rempart::Hit>& hits) {
  PyObject* list = PyList_New(static_cast<Py_ssize_t>(hits.size()));
  if (list == nullptr) nb::raise_python_error();
  nb::list result = nb::steal<nb::list>(list);
  for (size_t i = 0; i < hits.size(); ++i) {
    PyObject* pair = PyTuple_Pack(2, nb::int_(hits[i].id).ptr(), nb::int_(hits[i].distance).ptr());
    if (pair == nullptr) nb::raise_python_error();
    PyList_SET_ITEM(list, static_cast<Py_ssize_t>(i), pair);
  }
  return result;
}

using Numbers = nb::ndarray<nb::numpy, int64_t, nb::ndim<1>>;

Numbers as_array(std::unique_ptr<int64_t[]> values, size_t count) {
  int64_t* data = values.get();
  nb::capsule owner(values.release(), [](void* p) noexcept { delete[] static_cast<int64_t*>(p); });
  return Numbers(data, {count}, owner);
}

class Searcher {
 public:
  Searcher(Arrays arrays, std::string kernel, rempart::Look look)
      : arrays_(std::move(arrays)), kernel_(std::move(kernel)), search_(view_frozen(arrays_), view_tail(arrays_), kernel_, look) {}

  // The same frozen part, which is not looked through again, with other marks and another tail.
  Searcher with_changes(Flat<uint8_t> dead, WordColumns tail_words, Flat<int64_t> tail_ids, Flat<uint8_t> tail_dead,
                        Flat<int64_t> tail_count) const {
    Arrays changed = arrays_;
    changed.dead = std::move(dead);
    changed.tail_words = std::move(tail_words);
    changed.tail_ids = std::move(tail_ids);
    changed.tail_dead = std::move(tail_dead);
    changed.tail_count = std::move(tail_count);
    return Searcher(std::move(changed), kernel_, rempart::Look::kNowhere);
  }

  nb::list query(const nb::bytes& hash, int64_t radius) const {
    rempart::Search::check_radius(radius);
    if (hash.size() != 32) throw nb::value_error("a PDQ hash has 32 bytes");
    const auto* bytes = reinterpret_cast<const uint8_t*>(hash.c_str());
    const int bits = static_cast<int>(radius);
    // Taking the interpreter lock back can cost more than a short search: let go of it only for a long one.
    if (search_.expected_ns(rempart::plan_for(bits)) < 50e3) return as_pairs(search_.run_one(bytes, bits));
    std::vector<rempart::Hit> hits;
    {
      nb::gil_scoped_release free;
      hits = search_.run_one(bytes, bits);
    }
    return as_pairs(hits);
  }

  nb::tuple query_many(const Hashes& hashes, int64_t radius) const {
    rempart::Search::check_radius(radius);
    std::unique_ptr<int64_t[]> columns[3];
    size_t count = 0;
    {
      nb::gil_scoped_release free;
      const auto hits = search_.run(hashes.data(), static_cast<int64_t>(hashes.shape(0)), static_cast<int>(radius));
      count = hits.size();
      for (auto& column : columns) column.reset(new int64_t[count]);
      for (size_t i = 0; i < count; ++i) {
        columns[0][i] = hits[i].query;
        columns[1][i] = hits[i].id;
        columns[2][i] = hits[i].distance;
      }
    }
    return nb::make_tuple(as_array(std::move(columns[0]), count), as_array(std::move(columns[1]), count),
                          as_array(std::move(columns[2]), count));
  }

 private:
  Arrays arrays_;
  std::string kernel_;
  rempart::Search search_;
};

Searcher make_searcher(
    int64_t groups, Flat<int64_t> ids, Flat<uint8_t> dead, std::optional<WordColumns> columns, std::optional<Rows> rows,
    std::optional<Offsets> offsets, std::optional<TableGroups> table_groups, std::optional<Flat<uint16_t>> sketches,
    std::optional<Flat<uint32_t>> group_starts, std::optional<Flat<uint32_t>> members, WordColumns tail_words,
    Flat<int64_t> tail_ids, Flat<uint8_t> tail_dead, Flat<int64_t> tail_count, const std::string& kernel,
    bool was_checked) {
  return Searcher(Arrays{groups, ids, dead, columns, rows, offsets, table_groups, sketches, group_starts,
                         members, tail_words, tail_ids, tail_dead, tail_count},
                  kernel, was_checked ? rempart::Look::kWhereNeeded : rempart::Look::kEverywhere);
}

std::vector<std::string> available_kernels() {
  std::vector<std::string> names;
  for (const auto& kernel : rempart::kernels())
    if (kernel.can_run()) names.emplace_back(kernel.name);
  return names;
}

void permute(const Hashes& hashes, const Array<uint64_t, nb::shape<-1, 4>>& rows) {
  require(hashes.shape(0) == rows.shape(0), "hashes, rows");
  nb::gil_scoped_release free;
  for (size_t i = 0; i < hashes.shape(0); ++i) rempart::permute(hashes.data() + 32 * i, rows.data() + kWords * i);
}

int64_t find_groups(const Rows& rows, const Array<uint32_t, nb::ndim<1>>& group_of_row) {
  require(rows.shape(0) == group_of_row.shape(0) && static_cast<int64_t>(rows.shape(0)) < kMostEntries, "rows, group_of_row");
  nb::gil_scoped_release free;
  return rempart::find_groups(rows.data(), static_cast<int64_t>(rows.shape(0)), group_of_row.data());
}

void fill_tables(const Rows& rows, const Array<uint32_t, nb::shape<kChunks, rempart::kOffsetStride>>& offsets,
                 const Array<uint32_t, nb::shape<kChunks, -1>>& table_groups,
                 const Array<uint16_t, nb::ndim<1>>& sketches) {
  const auto groups = static_cast<int64_t>(rows.shape(0));
  require(groups < kMostEntries && static_cast<int64_t>(table_groups.shape(1)) == groups, "rows, table_groups");
  require(static_cast<int64_t>(sketches.shape(0)) == kChunks * groups + rempart::kSketchSlack, "sketches");
  nb::gil_scoped_release free;
  rempart::fill_tables(rows.data(), groups, offsets.data(), table_groups.data(), sketches.data());
}

// The machine's limit for this kind of work: cache lines of `memory` read at random, prefetched 64 ahead.
uint64_t read_random_lines(const Flat<uint8_t>& memory, int64_t count) {
  const uint64_t lines = memory.shape(0) / 64;
  require(lines > 0, "memory");
  nb::gil_scoped_release free;
  const char* base = reinterpret_cast<const char*>(memory.data());
  uint64_t ahead[64] = {}, state = 88172645463325252, sum = 0;
  for (int64_t i = 0; i < count; ++i) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    uint64_t& slot = ahead[i & 63];
    sum += static_cast<unsigned char>(base[slot]);
    slot = static_cast<uint64_t>((static_cast<unsigned __int128>(state) * lines) >> 64) * 64;
    __builtin_prefetch(base + slot);
  }
  return sum;
}

}  // namespace

NB_MODULE(_hamming, m) {
  m.doc() = "Exact Hamming search over PDQ hashes: the compiled kernels. Twin: hamming_numpy.";
  m.def("available_kernels", &available_kernels);
  m.def("permute", &permute, nb::arg("hashes").noconvert(), nb::arg("rows").noconvert());
  m.def("find_groups", &find_groups, nb::arg("rows").noconvert(), nb::arg("group_of_row").noconvert());
  m.def("fill_tables", &fill_tables, nb::arg("rows").noconvert(), nb::arg("offsets").noconvert(), nb::arg("table_groups").noconvert(), nb::arg("sketches").noconvert());
  m.def("read_random_lines", &read_random_lines, nb::arg("memory").noconvert(), nb::arg("count"));
  nb::class_<Searcher>(m, "Searcher")
      .def("query", &Searcher::query, nb::arg("hash"), nb::arg("radius"))
      .def("query_many", &Searcher::query_many, nb::arg("hashes").noconvert(), nb::arg("radius"))
      .def("with_changes", &Searcher::with_changes, nb::kw_only(), nb::arg("dead").noconvert(), nb::arg("tail_words").noconvert(),
           nb::arg("tail_ids").noconvert(), nb::arg("tail_dead").noconvert(), nb::arg("tail_count").noconvert());
  m.def("make_searcher", &make_searcher, nb::kw_only(), nb::arg("groups"), nb::arg("ids").noconvert(), nb::arg("dead").noconvert(),
        nb::arg("columns").none().noconvert(), nb::arg("rows").none().noconvert(), nb::arg("offsets").none().noconvert(), nb::arg("table_groups").none().noconvert(),
        nb::arg("sketches").none().noconvert(), nb::arg("group_starts").none().noconvert(), nb::arg("members").none(), nb::arg("tail_words").noconvert(),
        nb::arg("tail_ids").noconvert(), nb::arg("tail_dead").noconvert(), nb::arg("tail_count").noconvert(), nb::arg("kernel"), nb::arg("was_checked") = false);
}
