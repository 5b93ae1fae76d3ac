"""The service model's patterns are Java regular expressions; these are the same ones for Python."""

from __future__ import annotations

import re

# \p{L} and \p{N} only ever stand together, beside an underscore, and then \w says the same.
_UNICODE_CLASSES = {
    r"\p{L}": r"\w",
    r"\p{N}": r"\d",
    r"\p{Z}": r" \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
}
_ESCAPE_OR_CLASS_OR_DOT = re.compile(r"(\\.|\[(?:\\.|[^\]\\])*\])|\.")
_JAVA_DOT = r"[^\n\r\x85\u2028\u2029]"


def compile_java(pattern: str) -> re.Pattern[str]:
    r"""Compile for `fullmatch`, which is what Java's `matches` does.

    In Java `\d`, `\w` and `\s` are ASCII, and the dot leaves out five line ends, not one.
    """
    flags = re.UNICODE if r"\p{" in pattern else re.ASCII
    for java, python in _UNICODE_CLASSES.items():
        pattern = pattern.replace(java, python)
    return re.compile(_ESCAPE_OR_CLASS_OR_DOT.sub(_python_dot, pattern), flags)


def _python_dot(match: re.Match[str]) -> str:
    return match[1] or _JAVA_DOT
