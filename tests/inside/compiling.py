"""From a model and events to what a sampler runs."""

from attribution.compute.native.sampler import NativeModel as NativeModel
from attribution.fitting.backends import compile_design as compile_design
from attribution.model.design import Design as Design
from attribution.model.design import lay as lay
