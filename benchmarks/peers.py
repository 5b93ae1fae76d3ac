"""The environment that the peers run in: `.bench-venv`, made by pip on first use.

Each peer is installed by itself, so that one that cannot be had costs its own row and no other.
"""

from __future__ import annotations

import subprocess
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".bench-venv"
INSTALL_S = 900


def python(folder: Path = FOLDER) -> Path:
    if not (folder / "bin/python").exists():
        venv.create(folder, with_pip=True)
    return folder / "bin/python"


def install(
    packages: Sequence[str],
    folder: Path = FOLDER,
    options: Sequence[str] = (),
    timeout_s: float = INSTALL_S,
) -> str:
    """Empty, or the reason why they are not there."""
    command = [python(folder), "-m", "pip", "install", "--quiet", *options, *packages]
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=timeout_s
        )
    except subprocess.TimeoutExpired:
        return f"not installed within {timeout_s:.0f} s"
    return last_line(done.stderr) if done.returncode else ""


def asked(script: Path, *arguments: str | Path) -> Callable[[str], str]:
    """A peer's own process, started now, which answers a line with a line."""
    command = [python(), script, *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin
    assert process.stdout
    source, answers = process.stdin, process.stdout

    def ask(line: str) -> str:
        print(line, file=source, flush=True)
        return answers.readline()

    return ask


def last_line(text: str) -> str:
    """What went wrong: the last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["no message"])[-1]
