"""Print the margins of the synthetic Daraa tables beside the published totals they aim at.

python data/margins.py
"""

from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent


def margins() -> pd.DataFrame:
    """One row a fact: its published value and the value in the synthetic table."""
    events = pd.read_csv(HERE / "daraa_synthetic.csv", keep_default_na=False)
    month, killed = events["date"].str[:7], events["killed"] > 0
    of_2021 = events[month.str.startswith("2021")]
    rows = [
        ("dmdo_2018_2021_attempts", month.between("2018-07", "2021-09").sum()),
        ("dmdo_2018_2021_killed", events.loc[month.between("2018-07", "2021-09"), "killed"].sum()),
        (
            "hfl_2022_killed_civilian",
            (month.str[:4].eq("2022") & killed & events["target_affiliation"].eq("civilian")).sum(),
        ),
    ]
    for year, source in (("2020", "dmdo"), ("2021", "dmdo"), ("2022", "hfl")):
        own = events[month.str[:4] == year]
        rows.append((f"{source}_{year}_operations", len(own)))
        rows.append((f"{source}_{year}_killed", own["killed"].sum()))
        if source == "dmdo":
            rows.append((f"{source}_{year}_injured", own["injured"].sum()))
    areas = ("west", "east", "city")
    rows += [(f"dmdo_2021_area_{area}", round(100 * of_2021["area"].eq(area).mean(), 1)) for area in areas]
    for method in ("direct fire", "explosive device", "grenade"):
        fact = f"dmdo_2021_method_{method.replace(' ', '_')}"
        rows += [(fact, of_2021["method"].eq(method).sum())]
    for when in ("2020-11", "2021-11"):
        own = month.eq(when) & killed
        name = f"dmdo_{when.replace('-', '_')}_killed"
        rows.append((name, own.sum()))
        rows.append(
            (f"{name}_ex_opposition", (own & events["target_affiliation"].eq("ex-opposition fighter")).sum())
        )
    table = pd.DataFrame(rows, columns=["fact_id", "synthetic"]).set_index("fact_id")
    published = pd.read_csv(HERE / "daraa_published.csv").set_index("fact_id")["value"]
    return table.join(published.rename("published"), how="left").sort_index()


if __name__ == "__main__":
    print(margins().to_string())
    events = pd.read_csv(HERE / "daraa_synthetic.csv", keep_default_na=False)
    claimed = events["claimed_by"] != ""
    by_year = 100 * claimed.groupby(events["date"].str[:4]).mean()
    print(f"\nclaimed: {100 * claimed.mean():.1f} %; by year {by_year.round(1).to_dict()}")
    print(
        "known perpetrators:",
        (events["perpetrator"] != "").sum(),
        "; candidate sets:",
        (events["candidates"] != "").sum(),
    )
    days = pd.to_datetime(
        events.loc[(events["claimed_by"] == "IS") & (events["date"].str.len() == 10), "date"]
    )
    print("longest silence of IS:", days.sort_values().diff().max().days, "days")
