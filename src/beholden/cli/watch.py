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
WORDS = {"PERSON": "people", "PET": "pets"}
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
    """What is watched. Where nobody is identified there may be no notice, and no place."""
    place = told["Place"] and f" ({told['Place']})"
    return f"{told['Name']} looks at {told['Camera']}{place} for the purpose {told['Purpose']}."


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody there: how similar at the last look, since when and when last (seconds since
    1970)."""

    sure: str
    since: float
    last: float


@dataclass(slots=True)
class Seen:
    """Whoever is there, or how many, by the records so far."""

    _people: dict[str, Person] = field(default_factory=dict)
    _before: object = None

    def line(self, record: Mapping[str, Any]) -> str | None:
        """What a record changes: when its frame came, how long ago that is, who is there; or what
        happened."""
        if "eventNamespace" in record:
            return happened(record)
        came = came_at(record)
        now, there = self._there(record, came)
        if now == self._before:
            return None
        self._before = now
        late_ms = 1000 * (datetime.now(UTC).timestamp() - came)
        return f"{clock(came)}  {late_ms:5.0f} ms late   {there}"

    def _there(self, record: Mapping[str, Any], came: float) -> tuple[object, str]:
        """What is worth a line when it changes, and the line."""
        if "CountResponse" in record:
            counted = said(record["CountResponse"])
            return counted, counted
        self._note(found(record), came)
        names = sorted(self._people)
        there = (_told(name, self._people[name], came) for name in names)
        return names, ", ".join(there) or "nobody"

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


def said(counted: Mapping[str, Any]) -> str:
    """`3 people in view (2, 1 by region), 17 came`."""
    return "; ".join(
        f"{number} {WORDS[kind]} in view{_by_region(counted['Regions'][kind])}, "
        f"{counted['Entries'][kind]} came"
        for kind, number in counted["InView"].items()
    )


def _by_region(numbers: list[int]) -> str:
    return f" ({', '.join(map(str, numbers))} by region)" if numbers else ""


def happened(event: Mapping[str, Any]) -> str:
    """What a label processor tells its topic: `PERSON 83.1 %`, or that it is done."""
    labels = (f"{one['name']} {one['confidence']:.1f} %" for one in event.get("labels", ()))
    return ", ".join(labels) or str(event["streamProcessingResults"]["message"])


def came_at(record: Mapping[str, Any]) -> float:
    """When its frame came, in seconds since 1970."""
    stands = record["InputInformation"]["KinesisVideo"]
    return float(stands["ServerTimestamp"] + stands["FrameOffsetInSeconds"])


def clock(seconds: float) -> str:
    """Seconds since 1970 as the time of day here."""
    return f"{datetime.fromtimestamp(seconds).astimezone():%H:%M:%S}"
