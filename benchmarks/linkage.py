"""Match two lists of the same simulated killings, with this library and with Splink where it is installed.

    python benchmarks/linkage.py

The worlds are those of tests/events/test_matching.py: two monitors that each miss 30 % of the killings, with errors in
date, place, number killed and rank. Splink gets the same levels, chance agreement by its random sampling, the rest by
EM, and the same one-to-one matching afterwards.
"""

import importlib.util
import sys
from pathlib import Path

import numpy as np

import attribution as at

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "events")]
from test_matching import same, world

from inside.checking import one_to_one


def scores(pairs, both):
    """Precision and recall of matched pairs."""
    right = sum(a[1:] == b[1:] for a, b in pairs)
    return right / max(len(pairs), 1), right / both


def by_splink(first, second):
    import pandas as pd
    import splink.comparison_level_library as levels
    import splink.comparison_library as library
    from splink import Linker, SettingsCreator
    from splink.backends.duckdb import DuckDBAPI

    frames = []
    for events in (first, second):
        frame = at.to_frame(events).rename(columns={"event_id": "unique_id"})
        frame["day"] = (frame["date"].astype("datetime64[s]").astype("int64") // 86400).astype(int)
        names = ("place", "target_rank")
        texts = {name: frame[name].astype(object).where(frame[name] != "", None) for name in names}
        frames.append(frame[["unique_id", "day", "killed"]].assign(**texts))
    day = [levels.CustomLevel(f"abs(day_l - day_r) <= {n}", label_for_charts=str(n)) for n in (0, 1, 3)]
    killed = [levels.CustomLevel(f"abs(killed_l - killed_r) <= {n}", label_for_charts=str(n)) for n in (0, 1)]
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[
            library.CustomComparison(output_column_name="day", comparison_levels=[*day, levels.ElseLevel()]),
            library.CustomComparison(
                output_column_name="killed", comparison_levels=[*killed, levels.ElseLevel()]
            ),
            library.ExactMatch("place"),
            library.ExactMatch("target_rank"),
        ],
        blocking_rules_to_generate_predictions=["abs(l.day - r.day) <= 3"],
        probability_two_random_records_match=0.7 / len(frames[0]),
    )
    api = DuckDBAPI()
    tables = [
        api.register(frame, dataset_display_name=name) for frame, name in zip(frames, "ab", strict=True)
    ]
    linker = Linker(tables, settings, log_level=40)
    learn = linker.training.estimate_parameters_using_expectation_maximisation
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    learn("abs(l.day - r.day) <= 3", estimate_without_term_frequencies=True)
    learn("l.place = r.place and abs(l.killed - r.killed) <= 1")
    return pd.DataFrame(linker.inference.predict().as_pandas_dataframe())


if __name__ == "__main__":
    has_splink = importlib.util.find_spec("splink") is not None
    for seed in range(1, 7):
        first, second = world(500, seed)
        seen = [{str(event)[1:] for event in events["event"].values} for events in (first, second)]
        both = len(seen[0] & seen[1])
        table = at.match_events(first, second, review=0.01)
        matched = table[table["matched"]]
        own = scores(list(zip(matched["first"], matched["second"], strict=True)), both)
        chance, truth = table["probability"].to_numpy(), same(table)
        brier = np.mean((chance - truth) ** 2)
        print(f"world {seed}: precision {own[0]:.2f}, recall {own[1]:.2f}, Brier score of pairs {brier:.3f}")
        if has_splink:
            pairs = by_splink(first, second)
            codes = [
                np.unique(pairs[name], return_inverse=True)[1] for name in ("unique_id_l", "unique_id_r")
            ]
            chosen = pairs[one_to_one((codes[0], codes[1]), pairs["match_weight"].to_numpy())]
            other = scores(list(zip(chosen["unique_id_l"], chosen["unique_id_r"], strict=True)), both)
            print(f"         Splink: precision {other[0]:.2f}, recall {other[1]:.2f}")
