"""Which columns may name persons or hold free text: these never enter."""

from __future__ import annotations

import re

import numpy as np

from attribution.arrays import Array
from attribution.events.checks import names_victims

LONG_CELL = 200
"""Characters beyond which a cell is taken for prose."""
MOSTLY_DISTINCT = 20
"""Filled cells from which a column with blanks inside most of its distinct cells is taken for names or prose."""

_NAME = re.compile(r"name|alias|kunya|surname|اسم|لقب|كنية")
_OF_A_GROUP = re.compile(
    r"actor|group|organi[sz]ation|faction|side|dyad|conflict|place|location|area|town|city|village|district"
    r"|province|region|country|admin|adm|source|agency|unit|file|event|column|المكان|المدينة|القرية|الجهة"
)
_PERSON = re.compile(
    r"victims?|martyrs?|deceased|casualt|detainee|witness|phone|mobile|e?mail|passport|national_?id|birth|dob|father"
    r"|mother|family|ضحية|الضحية|الشهيد|شهيد|القتيل|المتوفى|الأب|الأم|هاتف|رقم_?وطني"
)
_COUNTED = re.compile(r"count|number|num|total|type|sex|gender|age_?group|rank|status|affiliation|عدد|نوع")
_PROSE = re.compile(
    r"notes?|summary|comments?|remarks?|descriptions?|details?|narrative|text|story|motive|title|headline|article"
    r"|url|link|citation|scite|quotes?|ملاحظات|وصف|تفاصيل|رابط"
)


def may_name_persons(column: str) -> bool:
    """Whether a column, by its name, may hold names or other identities of persons."""
    plain = re.sub(r"[\s_-]+", "_", column.casefold()).strip("_")
    if names_victims(column):
        return True
    if _NAME.search(plain) and not _OF_A_GROUP.search(plain):
        return True
    return bool(_PERSON.search(plain)) and not _COUNTED.search(plain)


def is_prose(column: str, cells: Array) -> bool:
    """Whether a column, by its name or its cells, is free text, in which persons may be named."""
    parts = re.split(r"[\s_-]+", column.casefold())
    if any(_PROSE.fullmatch(part) for part in parts):
        return True
    filled = cells[cells != ""]
    distinct = np.unique(filled.astype(str)) if len(filled) else filled
    if any(len(cell) > LONG_CELL for cell in distinct):
        return True
    blank = sum(" " in cell.strip() and not cell[0].isdigit() for cell in distinct)
    return len(filled) >= MOSTLY_DISTINCT and 2 * len(distinct) > len(filled) and 2 * blank > len(distinct)
