"""What a component of your own builds on: a public door to `components/base.py` and what stands beside it."""

from attribution.arrays import Array as Array
from attribution.arrays import Arrays as Arrays
from attribution.components.base import NEVER as NEVER
from attribution.components.base import UNOBSERVED as UNOBSERVED
from attribution.components.base import ActivityTerm as ActivityTerm
from attribution.components.base import Component as Component
from attribution.components.base import CouplingLaw as CouplingLaw
from attribution.components.base import EvidenceLaw as EvidenceLaw
from attribution.components.base import Levels as Levels
from attribution.components.base import Readiness as Readiness
from attribution.components.base import Tensor as Tensor
from attribution.components.base import Tensors as Tensors
from attribution.components.base import distinct as distinct
from attribution.components.base import heard as heard
from attribution.compute.random_numbers import categorical as categorical
from attribution.compute.random_numbers import pick as pick
from attribution.events.coding import MISSING as MISSING
from attribution.events.coding import codes as codes
from attribution.events.coding import texts as texts
