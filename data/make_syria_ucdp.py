"""Cuts `syria_ucdp_ged.csv` out of a file of UCDP GED for Syria, 2016 to 2019: real events, not simulated ones.

    python data/make_syria_ucdp.py PATH [OUT]

Keeps every event of one-sided violence, and of the fighting in the governorate of Daraa those events in which only
civilians died. Nothing is recoded but numbers: a whole number is written as one ("1", not "1.0"). Two columns are
added, so that no copy of a row goes without them: `licence` and `citation`.
"""

import sys
from pathlib import Path

import pandas as pd

COLUMNS = [
    *("id", "type_of_violence", "side_a", "side_b", "number_of_sources", "event_clarity"),
    *("where_prec", "where_coordinates", "adm_1", "adm_2", "latitude", "longitude", "country"),
    *("date_prec", "date_start", "date_end", "deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown"),
    *("low", "best", "high"),
]
COUNTS = [name for name in COLUMNS if name.startswith("deaths") or name in ("low", "best", "high")]
LICENCE = "CC BY 4.0"
CITATION = "Sundberg and Melander 2013, doi:10.1177/0022343313484347; UCDP GED, Uppsala University"
OUT = Path(__file__).parent / "syria_ucdp_ged.csv"


def cut(table: pd.DataFrame) -> pd.DataFrame:
    """The rows and columns that are kept, of a table of text."""
    table = table[COLUMNS].apply(lambda cells: cells.str.removesuffix(".0"))
    dead = table[COUNTS].astype(int)
    others = dead["deaths_a"] + dead["deaths_b"] + dead["deaths_unknown"]
    civilians_only = (dead["deaths_civilians"] > 0) & (others == 0)
    one_sided = table["type_of_violence"] == "3"
    kept = table[one_sided | (civilians_only & (table["adm_1"] == "Daraa Governorate"))]
    return kept.assign(licence=LICENCE, citation=CITATION)


if __name__ == "__main__":
    source = pd.read_csv(sys.argv[1], dtype=str, keep_default_na=False)
    out = Path(sys.argv[2]) if len(sys.argv) > 2 else OUT
    cut(source).to_csv(out, index=False, lineterminator="\n")
    print(f"{out.name}: {len(cut(source))} of {len(source)} events")
