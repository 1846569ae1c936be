"""A figure for each component: what it says of actor A before any data, in nats, drawn from its priors."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import attribution as at
from attribution.model.design import lay
from attribution.model.prior import prior_draws
from attribution.model.tables import tables

BASE = {
    "date": "2020-07-01",
    "area": "west",
    "place": "p1",
    "method": "gun",
    "killed": 1,
    "target_rank": "1 low",
}
CASES = {
    "baseline": {"any killing": {}},
    "target_rank": {rank: {"target_rank": rank} for rank in ("1 low", "2 middle", "3 high")},
    "location": {
        f"{a}, {p}": {"area": a, "place": p} for a, p in (("west", "p1"), ("west", "p2"), ("east", "p3"))
    },
    "timing": {year: {"date": f"{year}-07-01"} for year in ("2018", "2020", "2022")},
    "category_method": {m or "not recorded": {"method": m} for m in ("gun", "bomb", "")},
    "covariate_killed": {f"{n} killed": {"killed": n} for n in (0, 2, 4)},
    "claim": {
        "nobody claims": {},
        "A claims": {"claimed_by": "A"},
        "B claims": {"claimed_by": "B"},
        "A and B claim": {"claimed_by": "A|B"},
    },
    "statements": {
        "two sources silent": {},
        "a monitor accuses A": {"said": [("monitor", "accusation", "A")]},
        "both accuse A": {"said": [("monitor", "accusation", "A"), ("paper", "accusation", "A")]},
        "one A, one B": {"said": [("monitor", "accusation", "A"), ("paper", "accusation", "B")]},
    },
    "sponsorship": {
        "nothing known": {},
        "paid by a state": {"sponsor": "a state"},
        "on its own account": {"sponsor": "none"},
    },
    "identification": {
        "not identified": {},
        "A or B, nobody knows which": {"candidates": "A|B"},
    },
    "scene": {
        "black clothes": {"clothes": "black"},
        "camouflage": {"clothes": "camouflage"},
        "nothing seen": {},
    },
    "checkpoint": {
        f"{'passed' if way == 'yes' else 'stopped at'} a post of {holder}": {
            "checkpoint_held_by": holder,
            "unhindered": way,
        }
        for holder in "AB"
        for way in ("yes", "no")
    },
}
MODEL = at.Model(
    actors=["A", "B", "C"],
    activity=[
        *(at.Baseline(), at.TargetRank(), at.Location(), at.Timing(), at.Category("method")),
        at.Covariate("killed"),
    ],
    evidence=[
        *(at.Claim(), at.Statements(), at.Identification(), at.Scene(["clothes"]), at.Checkpoint()),
        at.Sponsorship(links={"A": {"a state": 3.0}, "B": {"a state": 1.0}, "C": {"a state": 1.0}}),
    ],
)


def table() -> tuple[pd.DataFrame, pd.DataFrame]:
    """One event a case, and the statements on them."""
    rows, said = [], []
    empty = dict.fromkeys(
        ("claimed_by", "candidates", "sponsor", "clothes", "checkpoint_held_by", "unhindered"), ""
    )
    for name, cases in CASES.items():
        for label, own in cases.items():
            event = f"{name}: {label}"
            base = BASE | {"killed": len(rows) % 4}
            rows.append({"event_id": event} | base | empty | {k: v for k, v in own.items() if k != "said"})
            said += [(event, *statement) for statement in own.get("said", ())]
    return pd.DataFrame(rows), pd.DataFrame(said, columns=["event_id", "source", "kind", "actor"])


def nats(draws: int = 2000) -> dict[str, np.ndarray]:
    """What each component adds to A's log-odds against the average actor in each of its cases, ``(draw, case)``."""
    frame, statements = table()
    design = lay(MODEL, at.read_events(frame, statements=statements))
    values = tables(design)(prior_draws(design, draws, seed=1))
    found = {}
    for part, own in zip(design.parts, values, strict=True):
        name = part.component.name
        mine = frame["event_id"].str.startswith(f"{name}: ").to_numpy()
        log = own[:, part.index[mine]]
        found[name] = log[..., 0] - log.mean(axis=-1)
    return found


def drawn(cases: list[str], draws: np.ndarray) -> Figure:
    """The prior of each case: bars hold half of it, lines 89 %."""
    height = 0.9 + 0.32 * len(cases)
    figure = Figure(figsize=(6.4, height))
    axes = figure.add_axes((0.4, 0.6 / height, 0.58, 1 - 0.7 / height))
    for row, own in enumerate(draws.T):
        for width, (low, high) in ((1.5, (0.055, 0.945)), (5, (0.25, 0.75))):
            axes.plot(np.quantile(own, [low, high]), [row, row], color="#0072B2", linewidth=width)
        axes.plot(np.median(own), row, "o", color="white", markeredgecolor="#0072B2")
    axes.axvline(0, color="#888888", linewidth=0.8)
    axes.set_yticks(range(len(cases)), cases)
    axes.set_ylim(len(cases) - 0.5, -0.5)
    axes.set_xlim(-6, 8)
    axes.set_xlabel("nats for A (bar 50 %, line 89 % of the prior)")
    return figure


def draw(folder: Path) -> None:
    """Save every figure as SVG."""
    folder.mkdir(exist_ok=True)
    with mpl.rc_context({"svg.hashsalt": "priors"}):
        for name, draws in nats().items():
            drawn(list(CASES[name]), draws).savefig(folder / f"{name}.svg", metadata={"Date": None})


if __name__ == "__main__":
    draw(Path(__file__).parent / "components" / "priors")
