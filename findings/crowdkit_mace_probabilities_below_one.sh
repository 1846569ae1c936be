#!/usr/bin/env bash
# crowd-kit 1.4.1, MACE: what it calls a worker's probabilities of spamming does not add up to one.
#
# Guess before running: `spamming_` has a row a worker (source) with the posterior probability that it spams and that
# it does not, and `thetas_` a row with the probabilities of the labels it gives when it spams; rows sum to one. The
# documentation calls them posterior distributions, and a researcher would cite the first column as "probability that
# the monitor names somebody by habit".
# Seen, with the default method ("vb"), eight statements of three sources on four killings, seed 0: rows of `spamming_`
# sum to 0.84 to 0.87, rows of `thetas_` to 0.97 to 0.98. They are exponentials of expected logarithms (the weights of the
# variational step), which lie below the means of the posterior. With method "em" rows sum to one. The fewer the
# statements of a source, the more is missing, so that sources cannot be compared by the column.
# Probabilities of the labels themselves (`fit_predict_proba`) sum to one.
# Fails when that changes. Needs a network for pip; not run in CI.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q crowd-kit==1.4.1 numpy==2.4.6 pandas==3.1.1 scikit-learn==1.9.1
"$folder/venv/bin/python" - <<'PY'
import numpy as np
import pandas as pd
from crowdkit.aggregation import MACE

said = """k1 monitor IS, k1 paper regime, k2 monitor IS, k2 paper IS,
          k3 monitor regime, k3 paper regime, k3 radio regime, k4 radio IS"""
table = pd.DataFrame([row.split() for row in said.split(",")], columns=["task", "worker", "label"])

sums = {}
for method in ("vb", "em"):
    fitted = MACE(method=method, random_state=0, n_iter=20, n_restarts=3).fit(table)
    sums[method] = [np.asarray(rows).sum(axis=1) for rows in (fitted.spamming_, fitted.thetas_)]
    print(method, "spamming_", sums[method][0].round(3), "thetas_", sums[method][1].round(3))
labels = MACE(random_state=0, n_iter=20, n_restarts=3).fit_predict_proba(table)
print("labels", labels.sum(axis=1).round(6).tolist())

assert (sums["vb"][0] < 0.9).all() and (sums["vb"][0] > 0.8).all()
assert (sums["vb"][1] < 0.99).all()
assert all(np.allclose(rows, 1) for rows in sums["em"])
assert np.allclose(labels.sum(axis=1), 1)
PY
echo "as described"
