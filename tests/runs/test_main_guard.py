"""Scripts whose work stands under no guard, and others."""

import pytest

from attribution.runs.main_guard import stands_free

GUARDED = 'import attribution\nif __name__ == "__main__":\n    work()\n'


@pytest.mark.parametrize(
    ("text", "line", "free"),
    [
        ("import attribution\nwork()\n", 2, True),
        (GUARDED, 3, False),
        ("work()\n" + GUARDED, 1, True),
        ("if '__main__' == __name__ and True:\n    pass\nelse:\n    work()\n", 4, False),
        ("for i in range(3):\n    work(i)\n", 2, True),
        ("not python at all(\n", 1, False),
    ],
)
def test_what_stands_under_a_guard(tmp_path, text, line, free):
    path = tmp_path / "script.py"
    path.write_text(text)
    assert stands_free(path, line) is free


def test_a_script_that_is_not_there(tmp_path):
    assert not stands_free(tmp_path / "none.py", 1)
