"""Where the command line prints for people."""

from __future__ import annotations

from rich.console import Console


def terminal(*, stderr: bool = False, soft_wrap: bool = False, highlight: bool = True) -> Console:
    """What is printed stands there as it is: a name that somebody chose, of a file, a group or a
    key's holder, is no markup of rich's, which would swallow it or end the command."""
    return Console(stderr=stderr, soft_wrap=soft_wrap, highlight=highlight, markup=False)
