#include <nanobind/nanobind.h>

NB_MODULE(_pdq, m) { m.doc() = "native kernel"; }
