"""Names of a package that are imported when they are first asked for, so that who needs one does not pay for all.

Most of what a short command costs, and a service before its first answer, is imports that it does not need.
"""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def late_names(package: str, places: Mapping[str, str]) -> Callable[[str], object]:
    """Return a package's `__getattr__`; a name is looked up once, then it stands in the package like any other.

    No name may be that of a module of the package which others import by itself: the module would take its place.

    Args:
        package: name of the package.
        places: names, divided by spaces, by the module that holds them. A name of a module itself stands under the
            package.

    Raises:
        ValueError: a name stands under two modules.
    """
    module_of = {name: module for module, names in places.items() for name in names.split()}
    if len(module_of) != sum(len(names.split()) for names in places.values()):
        message = f"a name of {package} has two places"
        raise ValueError(message)

    def find(name: str) -> object:
        module = module_of.get(name)
        if module is None:
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(message)
        if module == package:
            return import_module(f"{package}.{name}")
        found: object = getattr(import_module(module), name)
        setattr(sys.modules[package], name, found)
        return found

    return find
