"""The main job: from a table of killings to who was probably behind each, on simulated events for Daraa.

    python examples/daraa.py
    python examples/daraa.py --refit     every assumption by a fit of its own

Prints the checks, shares and one attribution, and saves figures, the posterior and a report for an editor in
`examples/output/`.
"""

import argparse
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

import attribution as at

mpl.use("agg")
HERE = Path(__file__).parent
DATA = HERE.parent / "data"
OUTPUT = HERE / "output"
RANKS = ("civilian", "local official", "rank and file", "officer or commander", "senior figure")

MODEL = at.Model(
    actors=["IS", "regime security", "Iran-backed cells", "local factions", "criminal"],
    activity=[
        at.Baseline(),
        at.TargetRank(),
        at.Location(),
        at.Timing(),
        at.Category("target_affiliation"),
    ],
    evidence=[at.Claim(), at.Statements()],
)


def main(refit: bool) -> None:
    """Read, fit, check, print, draw."""
    OUTPUT.mkdir(exist_ok=True)
    pd.set_option("display.width", 150, "display.max_columns", 20, "display.float_format", "{:.3f}".format)
    events = at.read_events(DATA / "daraa_synthetic.csv", ranks=RANKS)
    posterior = at.fit(MODEL, events, seed=2022)

    print(
        f"\n{events.sizes['event']} SIMULATED killings, {events.sizes['statement']} statements; nothing here happened."
    )
    checks = at.diagnose(posterior)
    print(
        f"\nCan it be trusted? {sum(bool(check.passed) for check in checks)} of {len(checks)} checks passed."
    )
    for check in checks:
        if not check.passed or check.name in (
            "R-hat of attributions",
            "bulk ESS of attributions",
            "divergences",
        ):
            print(f"  {'ok  ' if check.passed else 'FAIL'} {check.sentence} {check.remedy}")

    examined = {"draws": 500, "refit": "all" if refit else "doubtful"}
    moved = at.sensitivity(posterior, **examined)
    print(
        "\nShare of documented killings: 89 % interval given the model (low, high), range over the assumptions examined"
        "\n(assumed_...), bounds that assume nothing (bound_...):"
    )
    print(at.shares(posterior, sensitivity=moved).to_string(index=False))
    print("\nThe same by area:")
    print(at.shares(posterior, by="area").to_string(index=False))

    table = at.attributions(posterior)
    open_ = unclaimed(table, events)
    event = pick(open_)
    print(f"\nA killing nobody claimed, {event}: how probable is each actor, how sure is the model?")
    print(open_[open_["event"] == event].to_string(index=False))
    print("\nWhich component said so (nats; the larger total is the more probable actor):")
    print(at.contributions(posterior, event=event).to_string(index=False))
    best = open_.groupby("event").head(1)
    print(
        f"\nOf {len(best)} open unclaimed killings, most probable actor 'likely' or better throughout its interval:",
        end=" ",
    )
    print(int((best["low"] > 0.55).sum()), "; the others stay open.")
    recovered(best)

    draw(at.plot_shares(posterior, by="year"), "daraa_shares_by_year.png")
    draw(at.plot_shares(posterior, by="area"), "daraa_shares_by_area.png")
    draw(at.plot_attribution(posterior, event=event), "daraa_event.png")
    at.to_csv(table, OUTPUT / "daraa_attributions.csv")
    at.save(posterior, OUTPUT / "daraa_posterior.nc")
    at.report(
        posterior,
        OUTPUT / "daraa_report.html",
        title="SIMULATED killings in Daraa: who is behind them, where few are claimed?",
        question="Of the documented killings in Daraa, 2018 to 2023, what share is each actor's, and how sure can one "
        "be of it? The events are simulated: nothing here happened.",
        script=f"examples/daraa.py{' --refit' * refit}",
        author="the example of attribution",
        source="simulated: data/daraa_synthetic.csv",
        licence="Apache-2.0",
        sensitivity=moved,
        comparisons={("IS", "criminal"): at.compare_actors(posterior, "IS", "criminal", **examined)},
    )
    print(f"\nSaved: {', '.join(sorted(path.name for path in OUTPUT.glob('daraa*')))} in examples/output/")


def draw(figure: Figure, name: str) -> None:
    """Save a figure, marked for what it is."""
    figure.text(0.995, 0.99, "SIMULATED DATA", ha="right", va="top", color="#B00000", fontsize=8)
    figure.savefig(OUTPUT / name, dpi=150)


def unclaimed(table: pd.DataFrame, events: xr.Dataset) -> pd.DataFrame:
    """Attributions of events that nobody claimed and whose perpetrator is not known."""
    silent = events["event"].values[events["claimed_by"].values == ""]
    return table[table["event"].isin(silent) & ~table["known"]]


def pick(table: pd.DataFrame) -> str:
    """The unclaimed event whose most probable actor is nearest to 75 %: neither obvious nor hopeless."""
    best = table.groupby("event").head(1)
    return str(best.loc[(best["mean"] - 0.75).abs().idxmin(), "event"])


def recovered(best: pd.DataFrame) -> None:
    """How often the most probable actor is the simulated one: only a simulation can tell."""
    truth = pd.read_csv(DATA / "daraa_synthetic_truth.csv").set_index("event_id")["true_actor"]
    right = best["actor"].to_numpy() == truth.loc[best["event"]].to_numpy()
    print(
        f"Against the simulation's truth: right in {right.mean():.0%}, expected by the model {best['mean'].mean():.0%}."
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--refit", action="store_true", help="fit again under every assumption")
    main(parser.parse_args().refit)
