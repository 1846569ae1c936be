"""numba's machine code, kept where ours is kept: in a folder of the user's that nobody else may write to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numba

from attribution.compute.native.cache import folder, private

OWN = "numba"
"""Its folder within ours."""


def njit(function: Any = None, /, **options: Any) -> Any:
    """`numba.njit` whose code is kept on disk as far as ``ATTRIBUTION_CACHE`` lets it."""

    def decorate(plain: Any) -> Any:
        with code_kept() as keep:
            return numba.njit(cache=keep, **options)(plain)

    return decorate if function is None else decorate(function)


def cfunc(signature: Any) -> Callable[[Any], Any]:
    """`numba.cfunc`, likewise."""

    def decorate(plain: Any) -> Any:
        with code_kept() as keep:
            return numba.cfunc(signature, cache=keep)(plain)

    return decorate


@contextmanager
def code_kept() -> Iterator[bool]:
    """Whether numba may keep what is decorated meanwhile; its folder is then ours.

    numba asks for its folder when a function is decorated. Others' functions keep theirs: the setting is put back.
    Where the user has set ``NUMBA_CACHE_DIR``, that stands. numba's files are pickles, which are run as they are read:
    a folder that others may write to is not used.
    """
    here = home()
    settings: Any = numba.config
    before = settings.CACHE_DIR
    if here is not None and not os.environ.get("NUMBA_CACHE_DIR"):
        settings.CACHE_DIR = str(here)
    try:
        yield here is not None
    finally:
        settings.CACHE_DIR = before


def home() -> Path | None:
    """The folder, made where it is not there; None where nothing may be kept."""
    base = folder()
    if base is None:
        return None
    here = base / OWN
    try:
        for own in (base, here):
            own.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not private(own):
                return None
    except OSError:
        return None
    return here
