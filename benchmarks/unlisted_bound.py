"""How well can the share of an actor whom nobody names be known at all? Least standard errors, without a fit.

    python benchmarks/unlisted_bound.py

Four named actors and `unlisted`, as in `nobody_names_them` of worlds.py: monitor, paper, and the claims of one actor;
nobody is identified. What they say of one killing has 50 outcomes, so the Fisher information is a sum over these, and
its inverse bounds the variance of any unbiased estimate of the share. Setting (area, rank, time) is left out, and that
how often a source speaks may depend on who did it. Printed for each true share and number of killings: with nothing
known, with the default priors added to the information, and with all but the shares known.
"""

from collections.abc import Callable

import numpy as np
from scipy.special import expit, logit, softmax

ACTORS, SPEAKS, RIGHT = 4, (0.75, 0.30), (0.75, 0.65)
NAMED = np.array([0.22, 0.33, 0.17, 0.28])
CLAIMS, FALSE = 0.45, 0.02
SHARES, SOURCES = slice(0, ACTORS), slice(ACTORS, ACTORS + 2)
PRIOR_SD = np.array([2**0.5 * 1.5] * ACTORS + [2**0.5] * 8 + [1.5, 1.0])
"""Of each coordinate of `truth`: roughly those of `Baseline`, `Statements` and `Claim`."""


def truth(unlisted: float) -> np.ndarray:
    """Log-odds of shares against `unlisted`, of knowing, of habits against the last actor, of true and false claims."""
    knows = (np.array(RIGHT) - 1 / ACTORS) / (1 - 1 / ACTORS)  # who does not know is right by luck
    shares = np.log(NAMED * (1 - unlisted) / unlisted)
    return np.concatenate([shares, logit(knows), np.zeros(2 * (ACTORS - 1)), logit([CLAIMS, FALSE])])


def share(at: np.ndarray) -> np.ndarray:
    """That of `unlisted`."""
    return softmax(np.append(at[SHARES], 0.0))[-1:]


def outcomes(at: np.ndarray) -> np.ndarray:
    """Probability of each combination of monitor, paper and claim, ``(50,)``."""
    said = []
    for v in range(2):
        first = SOURCES.stop + v * (ACTORS - 1)
        habit = softmax(np.append(at[first : first + ACTORS - 1], 0.0))
        knows = np.append(np.full(ACTORS, expit(at[SOURCES][v])), 0.0)  # of `unlisted` nobody does
        names = knows[:, None] * np.eye(ACTORS + 1, ACTORS) + (1 - knows)[:, None] * habit
        said.append(np.column_stack([np.full(ACTORS + 1, 1 - SPEAKS[v]), SPEAKS[v] * names]))
    claimed = expit(np.array([at[-2], *[at[-1]] * ACTORS]))
    shares = softmax(np.append(at[SHARES], 0.0))
    return np.einsum("k,ki,kj,kl->ijl", shares, *said, np.column_stack([1 - claimed, claimed])).reshape(-1)


def slope(function: Callable[[np.ndarray], np.ndarray], at: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """Jacobian by central differences."""
    ways = step * np.eye(len(at))
    return np.column_stack([(function(at + way) - function(at - way)) / (2 * step) for way in ways])


def bounds(unlisted: float, killings: int) -> tuple[float, float, float]:
    """Least standard error with nothing known, with the priors, and with all but the shares known."""
    at = truth(unlisted)
    jacobian, way = slope(outcomes, at), slope(share, at)[0]
    information = killings * (jacobian.T / outcomes(at)) @ jacobian
    prior, shares = np.diag(PRIOR_SD**-2), slice(0, ACTORS)
    return (
        float(np.sqrt(way @ np.linalg.solve(information, way))),
        float(np.sqrt(way @ np.linalg.solve(information + prior, way))),
        float(np.sqrt(way[shares] @ np.linalg.solve(information[shares, shares], way[shares]))),
    )


def main() -> None:
    print("killings  share  nothing known  with priors  all but shares known")
    for killings in (400, 4_000):
        for unlisted in (0.05, 0.1, 0.3):
            print(
                f"{killings:8}  {unlisted:5.2f}  "
                + "  ".join(f"{sd:12.3f}" for sd in bounds(unlisted, killings))
            )


if __name__ == "__main__":
    main()
