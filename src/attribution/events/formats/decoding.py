"""Bytes to text: by the byte order mark, as UTF-8, as Windows-1252 where that can be, and never by a wild guess."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from attribution.events.text_table import stop, undecodable

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""UTF-32 before UTF-16: its mark begins with the other's."""
WINDOWS = "cp1252"
_FOREIGN = re.compile(rb"[\xc0-\xff]{4}")
"""Four accented letters in a row: a script of its own, no language that Windows-1252 is for."""
_HIGH = re.compile(rb"[\x80-\xff]")
WAY_OUT = (
    "Pass encoding=: 'cp1256' for Arabic, 'cp1251' for Cyrillic, 'cp1254' for Turkish, 'cp1250' for Central Europe, "
    "'mac_roman' for a file of an older Mac; or save the file as UTF-8."
)
C1 = {
    code: bytes([code]).decode(WINDOWS)
    for code in range(0x80, 0xA0)
    if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
"""Characters of Windows-1252 that another reader took for Latin-1: no control characters, but quotes and dashes."""


@dataclass(frozen=True)
class Decoded:
    """Text, the encoding it was read in, and the lines that are not UTF-8."""

    text: str
    encoding: str
    lines: int = 0


def decode(name: str, data: bytes, encoding: str | None) -> Decoded:
    """The text of a file; raises `DataError` for bytes that cannot be told."""
    marked = next((codec for mark, codec in MARKS if data.startswith(mark)), None)
    if marked is not None:
        return _in(name, data, marked)
    if encoding is not None:
        return _in(name, data, encoding)
    wide = _wide(data)
    if wide:
        return _in(name, data, wide)
    bad = undecodable(data, "utf-8")
    if not bad:
        return Decoded(data.decode("utf-8"), "utf-8")
    lines = data.split(b"\n")
    other = {row for row, _ in bad}
    if any(_HIGH.search(line) for row, line in enumerate(lines) if row not in other):
        rule = "The file is in two encodings: some lines are UTF-8, these are not."
        stop(name, rule, "Save the whole file as UTF-8, or pass encoding= of all of it.", "(line)", bad)
    foreign = [(row, said) for row, said in bad if _FOREIGN.search(lines[row])]
    if foreign:
        rule = "The text is in no encoding that can be told from its bytes: neither UTF-8 nor Windows-1252."
        stop(name, rule, WAY_OUT, "(line)", foreign)
    return Decoded(_in(name, data, WINDOWS).text, WINDOWS, len(bad))


def _wide(data: bytes) -> str:
    """UTF-16 without a mark, by the zero bytes between the letters of its beginning."""
    start = data[:200]
    if len(start) < 4 or b"\0" not in start:
        return ""
    even, odd = start[::2].count(0), start[1::2].count(0)
    if 5 * odd > 2 * len(start) and not even:
        return "utf-16-le"
    return "utf-16-be" if 5 * even > 2 * len(start) and not odd else ""


def _in(name: str, data: bytes, encoding: str) -> Decoded:
    codec = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        lines = not codec.startswith(("utf-16", "utf-32")) and undecodable(data, encoding)
        stop(
            name, f"Every line must be {encoding} text.", WAY_OUT, "(line)", lines or [(0, str(error.reason))]
        )
    except LookupError:
        stop(name, f"{encoding!r} is no encoding.", WAY_OUT, "encoding")
    return Decoded(text, encoding.removesuffix("-sig"))
