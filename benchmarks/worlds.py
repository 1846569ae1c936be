"""Worlds that break the laws: sources, claimants and compilers as they may be, drawn in plain NumPy.

    python benchmarks/worlds.py NAME [REPLICATIONS] [--labels SHARE] [--silence full] [--copies A B]
        [--false-claims none] [--since DATE] [--without SOURCE] [--lookalikes] [--json OUT]
    python benchmarks/worlds.py list

Nothing here comes from the library's own simulator, which can only show that the library agrees with itself. Each
world is fitted with the default laws. Printed: true and estimated shares, how often intervals of 95 % hold, their
width, the log score of the open killings beside a vote of sources and claims, how many of the attributions given 0.9
or more are right, failed checks.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import attribution as at

NAMED = ("IS", "regime", "cells", "factions")
EVERYBODY = np.array([*NAMED, "unlisted"])
RANKS = ("civilian", "fighter", "officer", "senior")
SIDES = np.array(["army", "reconciled", "civilian", "suspect"])
NONE = 1e-9
CONVERGENCE = ("R-hat", "bulk", "tail", "divergences", "E-BFMI")


@dataclass
class World:
    """What an analyst has, and the truth, positions in `EVERYBODY`, that nobody has."""

    events: pd.DataFrame
    truth: np.ndarray
    statements: list[tuple[str, str, str, str]]
    closed: bool = True
    coverage: pd.DataFrame | None = None


@dataclass
class Ground:
    """Killings without anything said of them."""

    rng: np.random.Generator
    events: pd.DataFrame
    truth: np.ndarray
    year: np.ndarray
    area: np.ndarray

    def says(self, source, looks, right, seen=None, names=4):
        """Statements of a source that names what it sees with a probability, and else another of those it can name."""
        seen, rows = self.truth if seen is None else seen, []
        for event in np.flatnonzero(self.rng.random(len(self.truth)) < looks):
            others = [k for k in range(names) if k != seen[event]]
            knows = self.rng.random() < right and seen[event] < names
            rows.append((event, seen[event] if knows else self.rng.choice(others)))
        return said(rows, source)

    def claim(self, true, false):
        """Claims of IS: each a probability by who did it, or one for all."""
        chance = np.where(self.truth == 0, true, np.asarray(false)[self.truth] if np.ndim(false) else false)
        self.events["claimed_by"] = np.where(self.rng.random(len(self.truth)) < chance, NAMED[0], "")

    def world(self, statements, labels, closed=True):
        """The world with some perpetrators established at random."""
        known = self.rng.random(len(self.truth)) < labels
        self.events["perpetrator"] = np.where(known, EVERYBODY[self.truth], "")
        return World(self.events, self.truth, statements, closed)


def said(rows, source):
    return [(f"w{event:04}", source, "accusation", EVERYBODY[k]) for event, k in rows]


def ground(seed, shares, count=400):
    """Two years of killings whose perpetrator depends on area, rank and side, with these shares on average."""
    rng = np.random.default_rng([seed, 2026])
    area, rank, side = (rng.integers(0, size, count) for size in (5, 4, 4))
    day = np.sort(rng.integers(0, 730, count))
    effect = [scale * rng.standard_normal((size, 5)) for scale, size in ((0.7, 5), (0.35, 4), (0.7, 4))]
    odds = effect[0][area] + effect[1][rank] + effect[2][side] + np.log(shares)
    for _ in range(100):
        chance = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
        odds += np.log(shares) - np.log(chance.mean(axis=0))
    truth = (chance.cumsum(axis=1) < rng.random(count)[:, None]).sum(axis=1).clip(max=4)
    events = pd.DataFrame(
        {
            "event_id": [f"w{i:04}" for i in range(count)],
            "date": (np.datetime64("2020-01-01") + day).astype(str),
            "area": np.array(list("ABCDE"))[area],
            "target_rank": np.array(RANKS)[rank],
            "target_affiliation": SIDES[side],
            "perpetrator": "",
            "claimed_by": "",
        }
    )
    return Ground(rng, events, truth, day // 365, area)


def control(seed, labels=0.1):
    """The law's own assumptions hold: nobody unlisted, independent sources."""
    g = ground(seed, (0.2, 0.35, 0.2, 0.25, NONE))
    g.claim(0.45, 0.01)
    return g.world([*g.says("monitor", 0.75, 0.75), *g.says("paper", 0.3, 0.65)], labels)


def nobody_names_them(seed, labels=0.0, unlisted=0.3):
    """Somebody unlisted did three in ten; no source ever says so."""
    named = np.array([0.22, 0.33, 0.17, 0.28]) * (1 - unlisted)
    g = ground(seed, (*named, unlisted))
    g.claim(0.45, 0.02)
    return g.world([*g.says("monitor", 0.75, 0.75), *g.says("paper", 0.3, 0.65)], labels, closed=False)


def nobody_unlisted(seed, labels=0.0):
    """The same sources, and nobody unlisted did anything: what an open model costs."""
    return nobody_names_them(seed, labels, NONE)


def others_named(seed, labels=0.0):
    """Somebody unlisted did three in ten, and sources say so as often as they are right of anybody."""
    g = ground(seed, (0.16, 0.23, 0.12, 0.19, 0.3))
    g.claim(0.45, 0.02)
    return g.world(
        [*g.says("monitor", 0.75, 0.75, names=5), *g.says("paper", 0.3, 0.65, names=5)], labels, closed=False
    )


def nobody_of_ten_names_them(seed, labels=0.0):
    """Ten sources that speak seldom, none of which has a name for the somebody unlisted who did three in ten."""
    g = ground(seed, (0.16, 0.23, 0.12, 0.19, 0.3))
    g.claim(0.45, 0.02)
    words = [row for i in range(10) for row in g.says(f"source {i}", 0.2, 0.7)]
    return g.world(words, labels, closed=False)


def scapegoat(seed, labels=0.0):
    """State media name IS in 85 % of what they say and guess in the rest."""
    g = ground(seed, (0.2, 0.35, 0.2, 0.25, NONE))
    g.claim(0.45, 0.02)
    speaks, fixed = g.rng.random((2, len(g.truth))) < [[0.5], [0.85]]
    named = np.where(fixed, 0, g.rng.integers(0, 4, len(g.truth)))
    media = said([(i, named[i]) for i in np.flatnonzero(speaks)], "state media")
    return g.world([*g.says("monitor", 0.75, 0.75), *g.says("paper", 0.3, 0.65), *media], labels)


def echo(seed, labels=0.0):
    """A paper names whoever claimed; more than a third of the claims are false."""
    g = ground(seed, (0.2, 0.35, 0.2, 0.25, NONE))
    g.claim(0.45, [0, 0.15, 0.01, 0.01, 0])
    claimed = (g.events["claimed_by"] != "").to_numpy()
    speaks = g.rng.random(len(g.truth)) < np.where(claimed, 0.9, 0.04)
    named = np.where(claimed, 0, g.rng.integers(0, 4, len(g.truth)))
    paper = said([(i, named[i]) for i in np.flatnonzero(speaks)], "paper")
    return g.world([*g.says("monitor", 0.5, 0.75), *g.says("radio", 0.3, 0.65), *paper], labels)


def same_error(seed, labels=0.1):
    """A third of the regime's killings look like those of IS to every source."""
    g = ground(seed, (0.2, 0.35, 0.2, 0.25, NONE))
    seen = np.where((g.truth == 1) & (g.rng.random(len(g.truth)) < 0.35), 0, g.truth)
    sources = (("monitor", 0.75, 0.8), ("paper", 0.4, 0.75), ("radio", 0.4, 0.7))
    words = [row for name, looks, right in sources for row in g.says(name, looks, right, seen)]
    return g.world(words, labels)


def three_sources(seed, labels=0.1):
    """Three independent sources and claims: nothing breaks the law."""
    g = ground(seed, (0.2, 0.35, 0.2, 0.25, NONE))
    g.claim(0.45, 0.01)
    sources = (("monitor", 0.75, 0.7), ("paper", 0.5, 0.65), ("radio", 0.4, 0.65))
    return g.world([row for own in sources for row in g.says(*own)], labels)


def copier(seed, labels=0.1):
    """The same, but that the paper repeats the monitor in six of ten cases in which that spoke; nobody says so."""
    g = ground(seed, (0.2, 0.35, 0.2, 0.25, NONE))
    g.claim(0.45, 0.01)
    monitor = g.says("monitor", 0.75, 0.7)
    copied = {row[0]: row[3] for row in monitor if g.rng.random() < 0.6}
    paper = {row[0]: row[3] for row in g.says("paper", 0.25, 0.65)} | copied
    words = [(event, "paper", "accusation", name) for event, name in sorted(paper.items())]
    return g.world([*monitor, *words, *g.says("radio", 0.4, 0.65)], labels)


def watches_two_areas(seed, labels=0.1):
    """A monitor that watches two of five areas, in which the regime does more; its coverage is stated."""
    g = ground(seed, (0.2, 0.35, 0.2, 0.25, NONE))
    there = g.area < 2
    g.truth = np.where(there & (g.rng.random(len(g.truth)) < 0.4), 1, g.truth)
    g.claim(0.45, 0.01)
    watched = {f"w{event:04}" for event in np.flatnonzero(there)}
    monitor = [row for row in g.says("monitor", 0.9, 0.75) if row[0] in watched]
    world = g.world([*monitor, *g.says("paper", 0.3, 0.65)], labels)
    rows = [("monitor", "2020-01-01", "2021-12-31", area) for area in "AB"]
    world.coverage = pd.DataFrame(rows, columns=["source", "start", "end", "area"])
    return world


def watches_two_areas_unsaid(seed, labels=0.1):
    """The same without a table of coverage."""
    world = watches_two_areas(seed, labels)
    world.coverage = None
    return world


def right_in_two_areas(seed, labels=0.0):
    """A monitor that is right in two areas and names the regime in most of the others."""
    g = ground(seed, (0.2, 0.35, 0.2, 0.25, NONE))
    there = g.area < 2
    usual = np.where(g.rng.random(len(g.truth)) < 0.8, 1, g.rng.integers(0, 4, len(g.truth)))
    named = np.where(there & (g.rng.random(len(g.truth)) < 0.9), g.truth, usual)
    monitor = said([(i, named[i]) for i in np.flatnonzero(g.rng.random(len(g.truth)) < 0.75)], "monitor")
    return g.world([*monitor, *g.says("paper", 0.4, 0.65), *g.says("radio", 0.3, 0.65)], labels)


def emerges(seed, labels=0.1):
    """A group nobody lists appears in the second year and does three in ten of its killings."""
    g = ground(seed, (0.25, 0.35, 0.15, 0.25, NONE), count=500)
    new = (g.year > 0) & (g.rng.random(len(g.truth)) < np.where(g.area < 2, 0.5, 0.15))
    g.truth = np.where(new, 4, g.truth)
    g.claim(0.45, 0.02)
    world = g.world([*g.says("monitor", 0.75, 0.75), *g.says("paper", 0.3, 0.65)], labels, closed=False)
    seldom = (g.truth == 4) & (g.rng.random(len(g.truth)) < 2 / 3)
    world.events.loc[seldom, "perpetrator"] = ""
    return world


def solved_campaigns(seed, labels=0.15, told=False, size=7):
    """Killings come in campaigns of one actor, and whoever is caught explains a whole campaign."""
    rng = np.random.default_rng([seed, 2027])
    effect = 0.7 * rng.standard_normal((5, 4)) + np.log([0.25, 0.35, 0.15, 0.25])
    rows = []
    while sum(length for *_, length, _ in rows) < 400:
        area = rng.integers(0, 5)
        actor = rng.choice(4, p=np.exp(effect[area]) / np.exp(effect[area]).sum())
        rows.append((area, actor, rng.integers(0, 709), 1 + rng.poisson(size - 1), rng.random() < labels))
    area, actor, first, length, solved = (np.array(column) for column in zip(*rows, strict=True))
    campaign = np.repeat(np.arange(len(rows)), length)[:400]
    day = first[campaign] + rng.integers(0, 21, 400)
    order = np.argsort(day, kind="stable")
    campaign, day = campaign[order], day[order]
    known = solved[campaign]
    events = pd.DataFrame(
        {
            "event_id": [f"w{i:04}" for i in range(400)],
            "date": (np.datetime64("2020-01-01") + day).astype(str),
            "area": np.array(list("ABCDE"))[area[campaign]],
            "target_rank": np.array(RANKS)[rng.integers(0, 4, 400)],
            "target_affiliation": SIDES[rng.integers(0, 4, 400)],
            "perpetrator": np.where(known, EVERYBODY[actor[campaign]], ""),
            "claimed_by": "",
        }
    )
    if told:
        events["incident"] = np.where(known, campaign.astype(str), "")
    return World(events, actor[campaign], [])


def solved_campaigns_told(seed, labels=0.15):
    """The same, and the analyst gives the killings that one arrest explained one `incident`."""
    return solved_campaigns(seed, labels, told=True)


def rank_withheld(seed, labels=0.15, told=False):
    """The rank of most of the regime's victims is not recorded, and nobody is identified where it is not."""
    g = ground(seed, (0.25, 0.35, 0.15, 0.25, NONE))
    missing = g.rng.random(len(g.truth)) < np.where(g.truth == 1, 0.6, 0.1)
    world = g.world([], labels)
    world.events.loc[missing, ["target_rank", "perpetrator"]] = ""
    if told:
        world.events, world.truth = world.events[~missing].reset_index(drop=True), world.truth[~missing]
    return world


def rank_withheld_told(seed, labels=0.15):
    """The same, and the killings whose rank is not recorded are left out."""
    return rank_withheld(seed, labels, told=True)


def claimed_under_pressure(seed, labels=0.1, false=0.35):
    """IS claims killings by the regime in three windows of seven weeks, and hardly any elsewhere."""
    g = ground(seed, (0.2, 0.35, 0.2, 0.25, NONE))
    day = (pd.to_datetime(g.events["date"]) - pd.Timestamp("2020-01-01")).dt.days.to_numpy()
    inside = np.any([(start <= day) & (day < start + 50) for start in (90, 275, 485)], axis=0)
    g.claim(0.45, 0.005)
    tempted = inside & (g.truth == 1) & (g.rng.random(len(day)) < false)
    g.events.loc[tempted, "claimed_by"] = NAMED[0]
    return g.world([*g.says("monitor", 0.75, 0.75), *g.says("paper", 0.3, 0.65)], labels)


WORLDS = {
    own.__name__: own
    for own in (
        *(control, nobody_names_them, nobody_unlisted, others_named, nobody_of_ten_names_them),
        *(
            scapegoat,
            echo,
            same_error,
            three_sources,
            copier,
            watches_two_areas,
            watches_two_areas_unsaid,
            right_in_two_areas,
            emerges,
        ),
        *(solved_campaigns, solved_campaigns_told, rank_withheld, rank_withheld_told, claimed_under_pressure),
    )
}


FALSE_CLAIMS = {"default": {}, "vague": {"false_mean": -3.0, "false_mean_sd": 1.5, "false_sd": 1.0}}
"""Priors of false claims; the second has 0.1 % to 63 % of the killings by others claimed, typically 5 %."""


def fitted(world, seed, silence="conditional", since=None, false_claims="default", **told):
    """The default laws on what the analyst has; without the law of claims where ``false_claims`` is "none".

    ``told`` is what the law of statements is told."""
    statements = pd.DataFrame(world.statements, columns=["event_id", "source", "kind", "actor"])
    statements = statements if world.statements else None
    events = at.read_events(world.events, statements=statements, ranks=RANKS, coverage=world.coverage)
    claims = []
    if (world.events["claimed_by"] != "").any() and false_claims != "none":
        claims = [at.Claim(silence=silence, time_sd=0, rank_sd=0, **FALSE_CLAIMS[false_claims])]
    activity = [at.Baseline(), at.Location(), at.TargetRank(), at.Category("target_affiliation")]
    activity += [at.ActivePeriod({"unlisted": (since, None)})] if since else []
    laws = [*claims, at.Statements(**told)] if world.statements else claims
    model = at.Model(NAMED, activity, laws, closed=world.closed)
    return at.fit(model, events, seed=seed, draws=400, tune=400, chains=2)


def vote(world):
    """Log score of a vote: half a vote for everybody, one for each statement and claim."""
    known = 4 if world.closed else 5
    votes = np.full((len(world.truth), known), 0.5)
    place = {event: i for i, event in enumerate(world.events["event_id"])}
    for event, _, _, name in world.statements:
        votes[place[event], EVERYBODY.tolist().index(name)] += 1
    votes[(world.events["claimed_by"] != "").to_numpy(), 0] += 1
    votes /= votes.sum(axis=1, keepdims=True)
    open_ = (world.events["perpetrator"] == "").to_numpy()
    return float(-np.log(votes[open_, world.truth[open_]]).mean())


def judged(world, posterior):
    """One replication: shares, intervals, scores and checks."""
    group = posterior["attribution"].to_dataset()
    actors = group["actor"].values.astype(str).tolist()
    drawn = group["perpetrator"].values.reshape(-1, len(world.truth))
    share = np.stack([(drawn == k).mean(axis=1) for k in range(len(actors))], axis=1)
    true = np.bincount(world.truth, minlength=5)[: len(actors)] / len(world.truth)
    low, high = np.quantile(share, [0.025, 0.975], axis=0)
    open_ = ~group["known"].values
    chance, truth = group["mean"].values[open_], world.truth[open_]
    sure = chance.max(axis=1) >= 0.9
    checks = [check.name for check in at.diagnose(posterior) if not check.passed]
    return {
        "actors": actors,
        "true": true.tolist(),
        "mean": share.mean(axis=0).tolist(),
        "held": ((low <= true + 1e-9) & (true - 1e-9 <= high)).astype(float).tolist(),
        "width": (high - low).tolist(),
        "log_score": float(-np.log(np.clip(chance[np.arange(len(truth)), truth], 1e-6, 1)).mean()),
        "vote": vote(world),
        "sure": int(sure.sum()),
        "sure_right": int((chance.argmax(axis=1) == truth)[sure].sum()),
        "backend": posterior.attrs["backend"],
        "failed": [name for name in checks if not name.startswith(CONVERGENCE)],
    }


def shown(name, results):
    """The table of a world."""
    keys = ("true", "mean", "held", "width")
    table = pd.DataFrame({key: np.mean([own[key] for own in results], axis=0) for key in keys})
    sure, right = (sum(own[key] for own in results) for key in ("sure", "sure_right"))
    score, votes = (np.mean([own[key] for own in results]) for key in ("log_score", "vote"))
    failed = Counter(check for own in results for check in own["failed"]).most_common()
    return (
        f"{name}, {len(results)} replications ({results[0]['backend']})\n"
        f"{table.set_index(pd.Index(results[0]['actors'])).round(3).to_string()}\n"
        f"log score {score:.3f} (vote {votes:.3f}); given 0.9 or more: {sure}, "
        f"of which right {right / max(sure, 1):.2f}\n"
        f"failed checks: {', '.join(f'{check} {times}' for check, times in failed) or 'none'}\n"
    )


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=["list", *WORLDS])
    parser.add_argument("replications", type=int, nargs="?", default=4)
    parser.add_argument("--labels", type=float)
    parser.add_argument("--silence", choices=["conditional", "full"], default="conditional")
    parser.add_argument("--copies", nargs=2, metavar=("COPIER", "ORIGINAL"))
    parser.add_argument("--since", metavar="DATE", help="nobody unlisted acted before")
    parser.add_argument(
        "--false-claims", choices=["none", *FALSE_CLAIMS], default="default", help="none: no law of claims"
    )
    parser.add_argument("--without", metavar="SOURCE", help="leave a source out")
    parser.add_argument("--lookalikes", action="store_true", help="actors may look like each other")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if given.name == "list":
        print("\n".join(f"{name}: {own.__doc__}" for name, own in WORLDS.items()))
        return
    settings = {} if given.labels is None else {"labels": given.labels}
    results = []
    for seed in range(given.replications):
        world = WORLDS[given.name](seed, **settings)
        world.statements = [row for row in world.statements if row[1] != given.without]
        told = {"copies": [given.copies] if given.copies else [], "lookalikes": given.lookalikes}
        posterior = fitted(world, seed, given.silence, given.since, given.false_claims, **told)
        results.append(judged(world, posterior))
    print(shown(given.name, results))
    if given.json:
        given.json.write_text(json.dumps(results), encoding="utf-8")


if __name__ == "__main__":
    main()
