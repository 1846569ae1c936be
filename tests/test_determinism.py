"""The same seed, the same versions, the same machine: the same numbers."""

import numpy as np
import nutpie
import pandas as pd

import attribution as at


def test_draws_do_not_depend_on_how_many_chains_run_at_once(monkeypatch):
    """The same seed gives the same draws, one chain after the other or side by side, and again."""
    frame = pd.DataFrame({"event_id": list("abcd"), "date": "2021", "perpetrator": ["IS", "army", "", "IS"]})
    events, real = at.read_events(frame), nutpie.sample
    found = []
    for cores in (1, 2, 2):
        monkeypatch.setattr(nutpie, "sample", lambda *a, cores=cores, **k: real(*a, **(k | {"cores": cores})))
        found.append(at.fit(at.Model(["IS", "army"]), events, seed=5, draws=40, tune=60, chains=2))
    for again in found[1:]:
        for group in ("posterior", "attribution", "log_likelihood", "posterior_predictive"):
            for name, values in found[0][group].data_vars.items():
                np.testing.assert_array_equal(
                    again[group][name].values, values.values, err_msg=f"{group} {name}"
                )
        assert again.attrs == found[0].attrs
    other = at.fit(at.Model(["IS", "army"]), events, seed=6, draws=40, tune=60, chains=2)
    assert not np.array_equal(other["posterior"]["baseline_effect"], found[0]["posterior"]["baseline_effect"])
