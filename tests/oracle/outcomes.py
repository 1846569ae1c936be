"""Outcomes around killings: dense matrices, one day, one killing, one window at a time."""

import numpy as np


def moving_average_thrice(days, sd):
    """The kernel of the baseline as a matrix: a moving average of an odd number of days, three times."""
    half = round((np.sqrt(4 * sd**2 + 1) - 1) / 2)
    near = np.abs(np.subtract.outer(np.arange(days), np.arange(days))) <= half
    return np.linalg.matrix_power(near / (2 * half + 1), 3)


def outcome_means(outcomes, area, day, chance, log_ratio, windows, sd):
    """Expected outcomes by area and day, and the design: d log mean / d log ratio ``(area, day, window, group)``."""
    kernel = moving_average_thrice(outcomes.shape[1], sd)
    ratio = np.ones(outcomes.shape)
    slope = np.zeros((*outcomes.shape, *log_ratio.shape))
    for e in range(len(area)):
        for w, (first, last) in enumerate(windows):
            parts = chance[e] * np.exp(log_ratio[w])
            for t in range(outcomes.shape[1]):
                if first <= t - day[e] <= last:
                    ratio[area[e], t] *= parts.sum()
                    slope[area[e], t, w] += parts / parts.sum()
    mean = ratio * (outcomes @ kernel) / (ratio @ kernel)
    return mean, ratio, slope


def outcome_scores(outcomes, mean, slope):
    """Sum over areas and days of the residual times the design, ``(window, group)``."""
    return np.einsum("at,atwg->wg", outcomes - mean, slope)


def outcome_curvature(mean, ratio, slope, sd):
    """How scores fall with the log ratios if means are right, and their variance if counts are Poisson: dense."""
    kernel = moving_average_thrice(mean.shape[1], sd)
    flat = slope.reshape(*mean.shape, -1)
    base = ratio @ kernel
    # d mean / d log ratio: the design, less what the baseline gives way.
    moved = flat - np.einsum("st,as,asj->atj", kernel, ratio, flat) / base[..., None]
    # The score is a sum over outcomes y_s of weights: own design, less that of the days whose baseline y_s is part of.
    weight = flat - np.einsum("st,at,atj->asj", kernel, ratio / base, flat)
    return np.einsum("at,ati,atj->ij", mean, flat, moved), np.einsum("at,ati,atj->ij", mean, weight, weight)
