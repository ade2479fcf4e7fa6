"""bin/_check_templates.py: long lines, and block elements that share one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "bin" / "_check_templates.py"


def check(path: Path, text: str) -> tuple[int, list[str]]:
    """Its exit code and what it printed."""
    path.write_text(text)
    ended = subprocess.run([sys.executable, SCRIPT, path], capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout.splitlines()


@pytest.mark.parametrize(
    "text",
    [
        "<ul>\n  <li>one <a href='x'>link</a></li>\n</ul>\n",
        "{% if a %}<p>text</p>{% endif %}\n",
        "{% for a in b %}{% if c %}<tr>{% endif %}{% endfor %}\n",
        "{% comment %} Stands in <div><p>, of {% endcomment %}\n{# <ul><li> #}\n<p>text</p>\n",
        "<div\n  class='a'\n>text</div><span>b</span>\n",
        "a" * 120 + "\n",
    ],
)
def test_it_is_silent(tmp_path: Path, text: str) -> None:
    assert check(tmp_path / "page.html", text) == (0, [])


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("<p>\n" + "a" * 121 + "\n</p>\n", "2: 121 columns, at most 120 allowed"),
        ("<ul><li>one</li></ul>\n", "1: <li> must begin its line"),
        ("text\n<span>a</span><div>b</div>\n", "2: <div> must begin its line"),
        (
            "{% comment %}\n<p>\n{% endcomment %}\n<dt>a</dt><dd{% if b %} id='c'{% endif %}>",
            "4: <dd> must begin its line",
        ),
    ],
)
def test_it_names_the_line(tmp_path: Path, text: str, wrong: str) -> None:
    page = tmp_path / "page.html"
    assert check(page, text) == (1, [f"{page}:{wrong}"])
