#include <nanobind/nanobind.h>

NB_MODULE(_hamming, m) { m.doc() = "native kernel"; }
