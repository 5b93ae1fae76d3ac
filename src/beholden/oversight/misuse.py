"""Rule 9: four patterns of misuse, looked for in the audit log's records.

The log holds no templates, so two probes count as one if they are the same picture (equal salted
hashes) or the same enrolled subject, or if all that was found by them are the same people. Two
pictures of one person whom no gallery knows count as two: see docs/accountability/misuse.md.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from statistics import median
from typing import Any

from beholden.domain.alert import Alert, Pattern
from beholden.oversight.sightings import SEARCHES, Sighting, sightings

Json = Mapping[str, Any]
State = dict[str, Any]

VERSION = 2
HOUR_S, DAY_S = 3_600, 86_400
# A typical day is the median of the active ones among these; with fewer there is no past.
PAST_DAYS, FEWEST_DAYS = 28, 3
# Somebody without a past may do this many times `volume_min`.
NO_PAST = 5
# An alert names this many of the latest entries.
NAMED_ENTRIES = 20
# A subject that is known is told of again once it has doubled.
AGAIN = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that goes without an alert. `window_days` is how long a case is looked back on."""

    probes_per_case: int = 10
    cases_per_probe: int = 2
    window_days: int = 30
    volume_factor: float = 4.0
    volume_min: int = 20
    sample_pct: float = 1.0


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A pattern as far as it was seen. `seen` are the latest searches that make it up, each as
    [people found, second, index, principal]."""

    pattern: Pattern
    subject: str
    count: int
    limit: int
    seen: Json
    text: str


def new_state() -> State:
    """Cases map to the probes searched for under each, probes to their cases, and each of these to
    [people found, second, index, principal] of the latest search. `people` map to their calls by
    hour and by day, `raised` to the count at the last alert, and when."""
    maps: State = {name: {} for name in ("cases", "probes", "people", "raised")}
    return {"version": VERSION, "position": 0, "pruned": 0, **maps}


class Detector:
    """Sees records in the log's order. `state` is JSON: kept, it goes on where it stopped.
    `secret` draws the random sample, so that nobody can tell which search will be in it."""

    def __init__(self, limits: Limits, secret: bytes, state: State) -> None:
        self._limits = limits
        self._secret = secret
        self.state = state

    def see(self, index: int, record: Json) -> Iterator[Alert]:
        self.state["position"] = index + 1
        for seen in sightings(index, record):
            yield from self._alerts(seen)

    def _alerts(self, seen: Sighting) -> Iterator[Alert]:
        self._prune(seen.second)
        for suspicion in self._suspicions(seen):
            if suspicion.count > suspicion.limit and self._is_new(suspicion, seen.second):
                yield _alert(suspicion, seen)
        if seen.action in SEARCHES and self._drawn(seen.call):
            yield _alert(_sample(seen), seen)

    def _suspicions(self, seen: Sighting) -> Iterator[Suspicion]:
        if seen.case is not None and seen.probe is not None:
            yield self._case(seen, seen.case, seen.probe)
            yield self._probe(seen, seen.case, f"probe {seen.probe}")
            if seen.person is not None:
                # The same person under other pictures: a matter of one searcher, since many may
                # have reason to look for somebody who is often looked for.
                yield self._probe(seen, seen.case, f"person {seen.person}, by {seen.principal}")
        yield self._volume(seen)

    def _case(self, seen: Sighting, case: str, probe: str) -> Suspicion:
        """One case over many unrelated probes. Whom another search finds joins those whom the
        probe is known to be, and replaces nobody; somebody of whom the log does not say for sure
        who it is, is the probe itself."""
        probes = self._recent("cases", case, seen.second)
        known = set(probes.pop(probe, [[]])[0])
        if seen.found:
            known.add(seen.person or probe)
        probes[probe] = [sorted(known), seen.second, seen.index, seen.principal]
        people = {tuple(found) or name for name, (found, *_) in probes.items()}
        most, days = self._limits.probes_per_case, self._limits.window_days
        text = f"Case {case}: {len(people)} unrelated probes in {days} days"
        return Suspicion(Pattern.CASE_MANY_PROBES, case, len(people), most, probes, text)

    def _probe(self, seen: Sighting, case: str, subject: str) -> Suspicion:
        """One probe over many cases."""
        cases = self._recent("probes", subject, seen.second)
        cases.pop(case, None)
        cases[case] = [None, seen.second, seen.index, seen.principal]
        most, days = self._limits.cases_per_probe, self._limits.window_days
        what, *_ = subject.split()
        text = f"One {what} searched for under {len(cases)} cases in {days} days"
        return Suspicion(Pattern.PROBE_MANY_CASES, subject, len(cases), most, cases, text)

    def _volume(self, seen: Sighting) -> Suspicion:
        """Many more calls within 24 hours than on this principal's own typical day."""
        person = self.state["people"].setdefault(
            seen.principal, {"hours": {}, "days": {}, "limit": [None, 0], "latest": {}}
        )
        hour, day = seen.second // HOUR_S, seen.second // DAY_S
        _add(person["days"], day)
        _add(person["hours"], hour)
        person["hours"] = {h: n for h, n in person["hours"].items() if int(h) > hour - 24}
        if person["limit"][0] != day:
            person["limit"] = [day, self._most(person["days"], day)]
        person["latest"][seen.call] = [None, seen.second, seen.index, seen.principal]
        if len(person["latest"]) > NAMED_ENTRIES:
            del person["latest"][next(iter(person["latest"]))]
        count, subject = sum(person["hours"].values()), f"{seen.principal}, {seen.at:%Y-%m-%d}"
        text = f"{seen.principal}: {count} searches and comparisons within 24 hours"
        limit = person["limit"][1]
        return Suspicion(Pattern.VOLUME, subject, count, limit, person["latest"], text)

    def _most(self, days: Json, today: int) -> int:
        """Yesterday is left out: the last 24 hours may reach into it."""
        past = [n for day, n in days.items() if today - PAST_DAYS <= int(day) < today - 1]
        if len(past) < FEWEST_DAYS:
            return NO_PAST * self._limits.volume_min
        typical: float = self._limits.volume_factor * median(past)
        return max(self._limits.volume_min, math.ceil(typical))

    def _drawn(self, call: str) -> bool:
        """Each search has the same chance, whoever made it."""
        drawn = hmac.digest(self._secret, call.encode(), "sha256")
        return int.from_bytes(drawn[:8], "big") < self._limits.sample_pct / 100 * 2**64

    def _is_new(self, suspicion: Suspicion, second: int) -> bool:
        """The first time that a subject is over its limit, and whenever it has doubled."""
        key = f"{suspicion.pattern} {suspicion.subject}"
        if suspicion.count < AGAIN * self.state["raised"].get(key, [0, 0])[0]:
            return False
        self.state["raised"][key] = [suspicion.count, second]
        return True

    def _recent(self, name: str, key: str, now: int) -> dict[str, Any]:
        """What was seen with a case or probe within the window, the latest last. Keys stand in the
        order of their last use, too, so that what is old is found at the front."""
        seen: dict[str, Any] = self.state[name].pop(key, {})
        for old in _before(seen, self._since(now)):
            del seen[old]
        self.state[name][key] = seen
        return seen

    def _since(self, now: int) -> int:
        return now - self._limits.window_days * DAY_S

    def _prune(self, now: int) -> None:
        """Once a day, let go of what is older than the window."""
        if now - self.state["pruned"] < DAY_S:
            return
        self.state["pruned"], since = now, self._since(now)
        for name in ("cases", "probes"):
            latest = (
                (key, next(reversed(seen.values()))) for key, seen in self.state[name].items()
            )
            for key in [key for key, _ in takewhile(lambda last: last[1][1] < since, latest)]:
                del self.state[name][key]
        raised = self.state["raised"].items()
        self.state["raised"] = {key: last for key, last in raised if last[1] >= since}
        first = now // DAY_S - PAST_DAYS
        for name, person in list(self.state["people"].items()):
            person["days"] = {day: n for day, n in person["days"].items() if int(day) >= first}
            if not person["days"]:
                del self.state["people"][name]


def _before(seen: Json, second: int) -> list[str]:
    """The keys of searches before a second, in a map with the latest last."""
    return [key for key, _ in takewhile(lambda item: item[1][1] < second, seen.items())]


def _add(counts: dict[str, int], number: int) -> None:
    counts[str(number)] = counts.get(str(number), 0) + 1


def _sample(seen: Sighting) -> Suspicion:
    text = "Drawn at random: was this search for its purpose and its case?"
    search = {seen.call: [None, seen.second, seen.index, seen.principal]}
    return Suspicion(Pattern.SAMPLE, seen.call, 1, 0, search, text)


def _alert(suspicion: Suspicion, seen: Sighting) -> Alert:
    """Its id follows from the pattern, the subject and the entry that was one too many: the same
    log never raises it twice."""
    told = f"{suspicion.pattern}\n{suspicion.subject}\n{seen.index}"
    searches = suspicion.seen.values()
    return Alert(
        alert_id=hashlib.sha256(told.encode()).hexdigest()[:32],
        pattern=suspicion.pattern,
        at=seen.at,
        subject=suspicion.subject,
        principals=tuple(sorted({who for _, _, _, who in searches})),
        count=suspicion.count,
        limit=suspicion.limit,
        entries=tuple(sorted(index for _, _, index, _ in searches)[-NAMED_ENTRIES:]),
        text=suspicion.text,
    )
