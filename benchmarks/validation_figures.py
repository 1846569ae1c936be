"""The figures of docs/validation.md, from what `peers.py` wrote.

    python benchmarks/validation_figures.py --scores DIR --results DIR --out docs

`--scores` holds a folder for each set, as `peers.py --scores DIR/SET` makes it: reliability, and scores by block.
`--results` holds the JSON files of runs with fewer and fewer labels in training: scores as labels get scarce.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import matplotlib as mpl
import xarray as xr
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from attribution.scores import calibration, calibration_error

mpl.use("agg")
import matplotlib.pyplot as plt

TITLES = {
    "northern_ireland": "Northern Ireland, 10 actors",
    "colombia_sides": "Colombia, 5 sides",
    "colombia_groups": "Colombia, 11 groups",
    "suicide_attacks_iraq": "Iraq, 7 groups",
    "suicide_attacks_pakistan": "Pakistan, 4 groups",
}
METHODS = {
    "attribution": {"label": "attribution", "color": "#0072B2", "marker": "o"},
    "logit": {"label": "multinomial logit", "color": "#D55E00", "marker": "s"},
    "lightgbm": {"label": "LightGBM", "color": "#009E73", "marker": "^"},
    "base rate": {"label": "base rate", "color": "#888888", "marker": "v"},
}
NOTE = "Labels are attributions by compilers, hidden block by block in time. Lower log scores are better."


def line(axes: Axes, name: str, across: ArrayLike, up: ArrayLike, **other: str) -> None:
    """A method's line, in its own colour and marks."""
    axes.plot(across, up, markersize=4, linewidth=1.2, **(METHODS[name] | other))


def reliability(axes: Axes, found: dict[str, xr.Dataset]) -> None:
    """How often an actor given a probability did it: all pairs of event and actor, in ten bins."""
    axes.plot([0, 1], [0, 1], color="#AAAAAA", linewidth=0.8)
    for name, result in found.items():
        table = calibration(result["probability"], result["truth"])
        error = calibration_error(result["probability"], result["truth"])
        label = f"{METHODS[name]['label']} ({error:.3f})"
        line(axes, name, table["predicted"], table["observed"], label=label)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="probability given to an actor", ylabel="how often it did it")
    axes.legend(title="calibration error", fontsize=7, title_fontsize=7, loc="upper left", frameon=False)


def by_block(axes: Axes, found: dict[str, xr.Dataset]) -> None:
    """Mean log score of each hidden block."""
    for name, result in found.items():
        means = result["log_score"].groupby(result["fold"]).mean()
        line(axes, name, means["fold"] + 1, means)
    axes.set(xlabel="hidden block, in order of time", ylabel="log score, nats a killing")
    axes.set_xticks(range(1, 11))
    axes.set_ylim(0, None)


def scarcity(axes: Axes, found: dict[str, dict[float, float]]) -> None:
    """Log score against the share of the training labels that is kept."""
    for name, scores in found.items():
        share = sorted(scores)
        line(axes, name, [100 * own for own in share], [scores[own] for own in share])
    axes.set(xscale="log", xlabel="labels kept in training, %", ylabel="log score, nats a killing")
    axes.set_xticks([5, 10, 20, 50, 100], ["5", "10", "20", "50", "100"])
    axes.minorticks_off()


def blocks_figure(scores: Path, out: Path) -> None:
    """Reliability above, scores by block below, a column a set."""
    sets = [name for name in TITLES if (scores / name / "attribution.nc").is_file()]
    figure, rows = plt.subplots(
        2, len(sets), figsize=(3.4 * len(sets), 6.6), layout="constrained", squeeze=False
    )
    for column, name in enumerate(sets):
        found = {
            method: xr.load_dataset(scores / name / f"{method}.nc")
            for method in METHODS
            if (scores / name / f"{method}.nc").is_file()
        }
        reliability(rows[0, column], found)
        by_block(rows[1, column], found)
        rows[0, column].set_title(TITLES[name], loc="left", fontsize=10)
    figure.suptitle("Are probabilities right as often as they say, and in which years?", x=0.01, ha="left")
    figure.supxlabel(NOTE, fontsize=8, color="#555555")
    figure.savefig(out / "validation_blocks.png", dpi=110)


def scarcity_figure(results: Path, out: Path) -> None:
    """A panel a set."""
    found: dict[str, dict[str, dict[float, float]]] = defaultdict(lambda: defaultdict(dict))
    for file in sorted(results.glob("*.json")):
        run = json.loads(file.read_text(encoding="utf-8"))
        if run["about"]["blocks"] != "time":
            continue
        for method in METHODS:
            if method in run["methods"]:
                name, share = Path(run["about"]["mapping"]).stem, run["about"]["label_fraction"]
                found[name][method][share] = run["methods"][method]["log_score"]
    sets = [name for name in TITLES if len(found[name]["attribution"]) > 2]
    figure, columns = plt.subplots(
        1, len(sets), figsize=(3.0 * len(sets), 3.4), layout="constrained", squeeze=False
    )
    for axes, name in zip(columns[0], sets, strict=True):
        scarcity(axes, found[name])
        axes.set_title(TITLES[name], loc="left", fontsize=10)
    figure.legend(
        *columns[0, 0].get_legend_handles_labels(),
        ncols=4,
        fontsize=8,
        frameon=False,
        loc="outside upper right",
    )
    figure.suptitle("What is left as labels get scarce", x=0.01, ha="left")
    figure.supxlabel(NOTE, fontsize=8, color="#555555")
    figure.savefig(out / "validation_labels.png", dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scores", type=Path, required=True)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    blocks_figure(options.scores, options.out)
    scarcity_figure(options.results, options.out)


if __name__ == "__main__":
    main()
