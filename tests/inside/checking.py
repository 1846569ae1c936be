"""What checks of the library are made of: folds and scores, ranks among draws, matching, the law of outcomes."""

from attribution.events.candidates import candidate_mask as candidate_mask
from attribution.events.candidates import incidents as incidents
from attribution.events.matching.pairs import one_to_one as one_to_one
from attribution.fitting.diagnostics import to_json as checks_json  # noqa: F401
from attribution.fitting.label_checks import together as together
from attribution.fitting.label_checks import withheld as withheld
from attribution.fitting.refits import trouble as trouble
from attribution.model.prior import prior_draws as prior_draws
from attribution.outcomes.response import Course as Course
from attribution.outcomes.response import Law as Law
from attribution.outcomes.response import respond as respond
from attribution.outcomes.response import smoothed as smoothed
from attribution.validation.folds import cut as cut
from attribution.validation.folds import deal as deal
from attribution.validation.folds import middle as middle
from attribution.validation.folds import split as split
from attribution.validation.sbc import TOP as TOP
from attribution.validation.sbc import ranked as ranked
from attribution.validation.sbc import reliability as reliability
from attribution.validation.sbc import verdicts as verdicts
from attribution.validation.scorecard import scorecard as scorecard
from attribution.validation.uniformity import p_value as p_value
