"""What one gradient of a model laid over events takes; the other benchmarks call it."""

import ctypes
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from inside.compiling import Design, NativeModel, compile_design


def seconds(design: Design, repeats: int = 15, spell: float = 0.02) -> float:
    """Processor time of one gradient as `fit` computes it: the least over some spells of so many seconds."""
    compiled = compile_design(design, "native")
    x = np.random.default_rng(0).normal(scale=0.3, size=compiled.n_dim)
    call = machine_call(compiled, x) if isinstance(compiled, NativeModel) else python_call(compiled, x)
    start = time.process_time()
    call()
    calls = max(3, int(spell / max(time.process_time() - start, 1e-6)))
    found = []
    for _ in range(repeats):
        start = time.process_time()
        for _ in range(calls):
            call()
        found.append((time.process_time() - start) / calls)
    return min(found)


def machine_call(compiled, x):
    """A call of machine code, as nutpie makes it."""
    kinds = [ctypes.c_uint64, *[ctypes.c_void_p] * 4]
    function = ctypes.CFUNCTYPE(ctypes.c_int64, *kinds)(compiled.compiled_logp_func.address)
    gradient, value = np.empty_like(x), np.empty(1)
    arguments = (len(x), *(own.ctypes.data for own in (x, gradient, value, compiled.user_data)))

    def call(kept=(x, gradient, value, compiled)) -> None:
        assert function(*arguments) == 0, kept

    return call


def python_call(compiled, x):
    """A call of what JAX compiled."""
    function = compiled._make_logp_func()
    return lambda: function(x)
