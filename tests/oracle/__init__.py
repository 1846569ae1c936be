"""The model a second time, apart from the library: loops, NumPy and SciPy, and nothing of ours.

Written from the formulas in the components' docstrings. It takes the model as the dictionary of its JSON
specification, events and statements as lists of dictionaries of text (as a CSV file would give them), and parameters
as a dictionary of arrays by full name. Slow on purpose: one event, one actor, one outcome at a time, nothing merged.
"""

from oracle.activity import time_weight as time_weight
from oracle.assumptions import assumed as assumed
from oracle.assumptions import factor as factor
from oracle.bases import distance as distance
from oracle.bases import distance_basis as distance_basis
from oracle.bases import matern_covariance as matern_covariance
from oracle.bases import walk_basis as walk_basis
from oracle.bases import walk_covariance as walk_covariance
from oracle.bases import weighted_walk_basis as weighted_walk_basis
from oracle.bases import weighted_walk_covariance as weighted_walk_covariance
from oracle.bundles import with_bundles as with_bundles
from oracle.claim import all_claims as all_claims
from oracle.claim import any_claim as any_claim
from oracle.claim import claim as claim
from oracle.claim import claim_odds as claim_odds
from oracle.claim import delay_chances as delay_chances
from oracle.claim import flag_chance as flag_chance
from oracle.claim import share_inside as share_inside
from oracle.identification import word as word
from oracle.likelihood import attribution as attribution
from oracle.likelihood import enumerated_likelihood as enumerated_likelihood
from oracle.likelihood import joint as joint
from oracle.likelihood import labelled as labelled
from oracle.likelihood import law_probability as law_probability
from oracle.likelihood import log_likelihood as log_likelihood
from oracle.likelihood import tables as tables
from oracle.likelihood import weight as weight
from oracle.outcomes import moving_average_thrice as moving_average_thrice
from oracle.outcomes import outcome_curvature as outcome_curvature
from oracle.outcomes import outcome_means as outcome_means
from oracle.outcomes import outcome_scores as outcome_scores
from oracle.priors import half_normal as half_normal
from oracle.priors import log_posterior as log_posterior
from oracle.priors import log_prior as log_prior
from oracle.priors import normal as normal
from oracle.priors import zero_sum as zero_sum
from oracle.scene import checkpoint as checkpoint
from oracle.scene import scene as scene
from oracle.sponsorship import sponsor_chance as sponsor_chance
from oracle.sponsorship import sponsor_joint as sponsor_joint
from oracle.sponsorship import sponsor_labels as sponsor_labels
from oracle.sponsorship import sponsor_statement as sponsor_statement
from oracle.sponsorship import sponsor_voices as sponsor_voices
from oracle.statements import accuracy as accuracy
from oracle.statements import copiers as copiers
from oracle.statements import looks_like as looks_like
from oracle.statements import raw_accuracy as raw_accuracy
from oracle.statements import statement as statement
from oracle.statements import statements_given as statements_given
from oracle.statements import voices as voices
from oracle.world import World as World
from oracle.world import candidates as candidates
