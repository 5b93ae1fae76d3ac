"""beholden streams watch and view: who is seen, where, since when, and how late we know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from beholden.cli.options import DataDir
from beholden.cli.server import Url, server_at
from beholden.cli.terminal import terminal

Name = Annotated[str, typer.Argument(help="The stream processor's.", metavar="NAME")]
# Somebody who is out of sight for no longer than that has not gone.
AWAY_S = 1.0


def watch(name: Name, url: Url = None, data_dir: DataDir = None) -> None:
    """Follow a running stream processor until it ends, a line for each change."""
    console, seen = terminal(soft_wrap=True, highlight=False), Seen()
    for event, data in server_at(url, data_dir).events(f"/streams/{name}/events"):
        if event == "end":
            console.print(f"Ended: {data}")
            return
        told = json.loads(data)
        if event == "about":
            console.print(about(told))
        elif (line := seen.line(told)) is not None:
            console.print(line)


def view(
    name: Name,
    url: Url = None,
    browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open it in this machine's browser.")
    ] = True,
    data_dir: DataDir = None,
) -> None:
    """See what a running stream processor sees, in a browser. The address opens the page once,
    within a minute."""
    server = server_at(url, data_dir)
    page = server.url + server.call("Beholden.ViewStream", {"Name": name})["Path"]
    print(page)
    if browser:
        typer.launch(page)


def about(told: Mapping[str, str]) -> str:
    """What is watched."""
    return (
        f"{told['Name']} looks at {told['Camera']} ({told['Place']}) for the purpose "
        f"{told['Purpose']}."
    )


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody there: how similar at the last look, since when and when last (seconds since
    1970)."""

    sure: str
    since: float
    last: float


@dataclass(slots=True)
class Seen:
    """Whoever is there, by the records so far."""

    _people: dict[str, Person] = field(default_factory=dict)
    _before: list[str] | None = None

    def line(self, record: Mapping[str, Any]) -> str | None:
        """What a record changes: when its frame came, how long ago that is, who is there."""
        came = came_at(record)
        self._note(found(record), came)
        if sorted(self._people) == self._before:
            return None
        self._before = sorted(self._people)
        late_ms = 1000 * (datetime.now(UTC).timestamp() - came)
        there = (_told(name, self._people[name], came) for name in self._before)
        return f"{clock(came)}  {late_ms:5.0f} ms late   {', '.join(there) or 'nobody'}"

    def _note(self, people: Mapping[str, str], came: float) -> None:
        for name, sure in people.items():
            before = self._people.get(name, Person(sure, came, came))
            self._people[name] = Person(sure, before.since, came)
        self._people = {
            name: one for name, one in self._people.items() if came - one.last <= AWAY_S
        }


def _told(name: str, one: Person, now: float) -> str:
    since = f" since {clock(one.since)}" if one.since < now else ""
    return f"{name}{one.sure}{since}"


def found(record: Mapping[str, Any]) -> dict[str, str]:
    """Everybody in a record, by name, as a lead, or as somebody unknown, and how similar."""
    people = {}
    for face in record["FaceSearchResponse"]:
        for match in face["MatchedFaces"][:1]:
            enrolled, similarity = match["Face"], match["Similarity"]
            if similarity:
                name = enrolled.get("ExternalImageId", enrolled["FaceId"])
                people[name] = f" {similarity:.1f} %"
            else:
                people["a lead"] = f" {enrolled['FaceId']}"
        if not face["MatchedFaces"]:
            people["somebody"] = ""
    return people


def came_at(record: Mapping[str, Any]) -> float:
    """When its frame came, in seconds since 1970."""
    stands = record["InputInformation"]["KinesisVideo"]
    return float(stands["ServerTimestamp"] + stands["FrameOffsetInSeconds"])


def clock(seconds: float) -> str:
    """Seconds since 1970 as the time of day here."""
    return f"{datetime.fromtimestamp(seconds).astimezone():%H:%M:%S}"
