"""Lists lines of templates that are too long, or have a block element behind something else.

_check_templates.py FILE...     Exit status 1 when it lists a line. It changes nothing: a formatter that moves white
space between words and links changes the text (djangofmt 1.1 puts "done{% if n %}, {{ n }} left" on two lines).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

COLUMNS = 120

# Elements that browsers lay out as a block, a row or a cell, and those of a page's head.
_BLOCK = re.compile(
    r"<(?:address|article|aside|blockquote|body|caption|datalist|dd|details|dialog|div|dl|dt|fieldset|figcaption"
    r"|figure|footer|form|h[1-6]|head|header|hr|html|legend|li|link|main|meta|nav|ol|optgroup|option|p|pre|script"
    r"|section|style|summary|table|tbody|td|template|tfoot|th|thead|title|tr|ul)(?=[\s>/{])"
)
_COMMENT = re.compile(r"{% comment\b.*?%}.*?{% endcomment %}|{#.*?#}", re.DOTALL)
_TEMPLATE_TAG = re.compile(r"{%.*?%}")


def problems(text: str) -> Iterator[tuple[int, str]]:
    """The number of each wrong line, from 1, and what is wrong with it."""
    without_comments = _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text)
    for number, (line, shown) in enumerate(zip(text.split("\n"), without_comments.split("\n"), strict=True), 1):
        if len(line) > COLUMNS:
            yield number, f"{len(line)} columns, at most {COLUMNS} allowed"
        inner = [tag[0] for tag in _BLOCK.finditer(shown) if _TEMPLATE_TAG.sub("", shown[: tag.start()]).strip()]
        if inner:
            yield number, f"{inner[0]}> must begin its line"


def main(paths: list[str]) -> int:
    """Print `file:line: what is wrong` for each. Returns the exit status, 1 if there is any."""
    lines = [
        f"{path}:{number}: {problem}"
        for path in paths
        for number, problem in problems(Path(path).read_text(encoding="utf-8"))
    ]
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
