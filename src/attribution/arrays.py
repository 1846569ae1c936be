"""Names of the kinds of array that pass between rooms."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Array = NDArray[Any]
Arrays = dict[str, Array]
