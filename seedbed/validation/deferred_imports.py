"""Imports a package without the modules that only a few of its functions use; those are imported at their first use."""

import gc
import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any


@contextmanager
def deferred(names: Sequence[str]) -> Iterator[None]:
    """Within this block, `import NAME` of a module that is not loaded yet gives a stand-in that loads it at its first use."""
    stand_ins = {name: _stand_in(name) for name in names if name not in sys.modules}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name, module in stand_ins.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


def _stand_in(name: str) -> ModuleType:
    module = ModuleType(name, f"Loads {name} at its first use.")

    def load(attribute: str) -> Any:
        if attribute.startswith("__"):  # the import system asks for these; they are no use of the module
            raise AttributeError(attribute)
        if sys.modules.get(name) is module:
            del sys.modules[name]
        return getattr(importlib.import_module(name), attribute)

    module.__dict__["__getattr__"] = load
    return module


@contextmanager
def collector_paused() -> Iterator[None]:
    """Within this block, no garbage is collected; what was made in it is not searched for garbage later either."""
    # An import makes a million objects that stay: every full collection would look at all of them.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
