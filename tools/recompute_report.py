#!/usr/bin/env python3
"""Count a Beholden transparency report again, from the published log, without Beholden.

    python recompute_report.py LOG [--year 2026] [--key NAME+ID+KEY]
                                   [--audit LOG] [--audit-key NAME+ID+KEY]

LOG is a folder or an http(s) address: the published log, `https://SITE/published`. Prints the JSON
that the site shows under /transparency.json; compare the two. Needs Python 3.11, the package
`cryptography`, and verify_log.py beside this file, which reads logs and checks signatures. What is
counted is what the log's key signed: the entries must hash to the signed root.

--audit also compares with the audit log that the published log is made from (`https://SITE/log`):
each published entry holds the hash of an entry there. Its signed root must be the root over these
hashes (and over its own hashes of entries that are not published yet), so that nothing was left out
of the published log, put into it, or moved. That each published entry says the same as the
entry it was made from, only somebody who may read both can tell.

A published entry is JSON: day, kind (outcome, refusal, failure, ...), action, role, purpose, call
(an opaque id), leaf (the hash of the audit entry) and facts.
"""

import argparse
import json
import sys
from collections import Counter

import verify_log
from verify_log import LogError

CALLS = [
    "searches",
    "matched",
    "unmatched",
    "withheld",
    "videos",
    "videos_matched",
    "live",
    "live_matched",
    "live_recordings",
    "comparisons",
    "enrolments",
    "raised",
    "refused",
    "failed",
]
KINDS_OF_CALLS = {
    "RecognizeCelebrities": "searches",
    "SearchFaces": "searches",
    "SearchFacesByImage": "searches",
    "SearchUsers": "searches",
    "SearchUsersByImage": "searches",
    "StartFaceSearch": "videos",
    "StartStreamProcessor": "live",
    "CompareFaces": "comparisons",
    "IndexFaces": "enrolments",
    "beholden:AddCelebrity": "enrolments",
}
AUTHORIZING = {
    "beholden:RequestAuthorization": "requested",
    "beholden:StartEmergency": "emergencies",
    "beholden:ApproveAuthorization": "approvals",
    "beholden:RevokeAuthorization": "revoked",
}


# --- Reading and checking. ---


def signed_head(log, key_line):
    """What the log's key signed: how many entries there are, and the root over them."""
    key = verify_log.parse_key(
        key_line or verify_log.read(log, "log.vkey").decode(), verify_log.LOG
    )
    return verify_log.open_checkpoint(verify_log.read(log, "checkpoint").decode(), key)


def published(log, key_line):
    """The entries of the published log. What is counted is what was checked: each is read once."""
    size, root = signed_head(log, key_line)
    leaves, entries = [], []
    for number in range(-(-size // 256)):
        bundle = verify_log.read_entries(log, number, min(256, size - 256 * number))
        leaves += [verify_log.leaf_hash(entry) for entry in bundle]
        entries += [json.loads(entry) for entry in bundle]
    if verify_log.root_of(leaves) != root:
        raise LogError("the published entries are not those that the checkpoint signs")
    return entries


def compare_with_audit(log, key_line, entries):
    """The hashes that the entries name must lead to the audit log's root. Returns its size."""
    size, root = signed_head(log, key_line)
    if len(entries) > size:
        raise LogError(f"{len(entries)} entries are published, and the audit log has {size}")
    leaves = [bytes.fromhex(entry["leaf"]) for entry in entries]
    first = len(leaves)
    for number in range(first // 256, -(-size // 256)):
        width = min(256, size - 256 * number)
        tile, _ = verify_log.read_tile(log, 0, number, width)
        hashes = [tile[i : i + 32] for i in range(0, 32 * width, 32)]
        leaves += hashes[max(0, first - 256 * number) :]
    if verify_log.root_of(leaves) != root:
        raise LogError("the published log was not made from this audit log, or not from all of it")
    return size


# --- Counting. ---


def recount(entries, year=None):
    """The report, as JSON."""
    ours = [e for e in entries if year is None or e["day"].startswith(f"{year:04}-")]
    days = [entry["day"] for entry in entries]
    rows = calls_by_month_and_purpose(ours)
    totals = Counter()
    for row in rows.values():
        totals.update(row)
    named = [{"month": m, "purpose": p, **only(rows[m, p])} for m, p in sorted(rows)]
    return {
        "schema": "beholden/transparency/1",
        "year": year,
        "entries": len(entries),
        "first_day": days[0] if days else None,
        "last_day": max(days, default=None),
        "profiles": changes(entries, "profile"),
        "policies": changes(entries, "digest"),
        "purposes": purposes(entries),
        "totals": only(totals),
        "months": named,
        "thresholds": thresholds(ours),
        "refusals": ordered(Counter(rule for e in ours for rule in refused_by(e))),
        "authorizations": authorizations(ours),
        "reviews": reviews(ours),
        "alerts": ordered(Counter(e["facts"]["pattern"] for e in ours if is_alert(e))),
        "settled": ordered(Counter(e["facts"]["settled"] for e in ours if "settled" in e["facts"])),
        "evaluations": evaluations(entries, year),
        "cameras": cameras(entries),
    }


def only(row):
    return {name: row.get(name, 0) for name in CALLS}


def ordered(counter):
    return dict(sorted(counter.items()))


def identifies(entry):
    return entry["action"] in KINDS_OF_CALLS


def decided(entry):
    """Whether a threshold decided this call."""
    facts = entry["facts"]
    done = identifies(entry) and entry["kind"] == "outcome" and not only_starts(entry)
    return (
        done
        and not found_live(entry)
        and entry["action"] != "IndexFaces"
        and facts.get("threshold_pct") is not None
    )


def only_starts(entry):
    """A job on a video leaves an entry when it starts and one, with its result, when it is done."""
    return entry["action"] == "StartFaceSearch" and "matched" not in entry["facts"]


def found_live(entry):
    """A stream processor leaves an entry when it is started, and one for each of its finds."""
    return entry["action"] == "StartStreamProcessor" and "matched" in entry["facts"]


def refused_by(entry):
    if identifies(entry) and entry["kind"] == "refusal":
        return entry["facts"]["refused_by"] or ["no policy allows it"]
    return []


def is_alert(entry):
    return "pattern" in entry["facts"] and "settled" not in entry["facts"]


def calls_by_month_and_purpose(entries):
    rows = {}
    for entry in entries:
        if not identifies(entry) and "recordings" not in entry["facts"]:
            continue
        row = rows.setdefault((entry["day"][:7], entry["purpose"]), Counter())
        row.update(what_it_counts_as(entry))
        if not row:
            del rows[entry["day"][:7], entry["purpose"]]
    return rows


def what_it_counts_as(entry):
    facts = entry["facts"]
    if "recordings" in facts:
        yield from ["live_recordings"] * facts["recordings"]
    elif entry["kind"] == "refusal":
        yield "refused"
    elif entry["kind"] == "failure":
        yield "failed"
    elif entry["kind"] == "outcome" and not only_starts(entry):
        name = KINDS_OF_CALLS[entry["action"]]
        if found_live(entry):
            if facts["matched"]:
                yield "live_matched"
            return
        yield name
        if name == "searches" and facts.get("withheld"):
            yield "withheld"
        elif name == "searches":
            yield "matched" if facts.get("matched") else "unmatched"
        elif name == "videos" and facts["matched"]:
            yield "videos_matched"
        asked = facts.get("asked_pct")
        if decided(entry) and asked is not None and asked < facts["threshold_pct"]:
            yield "raised"


def thresholds(entries):
    used = Counter(
        (e["purpose"], float(e["facts"]["threshold_pct"])) for e in filter(decided, entries)
    )
    return [{"purpose": p, "threshold_pct": t, "calls": n} for (p, t), n in sorted(used.items())]


def authorizations(entries):
    made = Counter()
    for entry in entries:
        if entry["kind"] == "outcome" and entry["action"] in AUTHORIZING:
            made[AUTHORIZING[entry["action"]]] += 1
        if entry["facts"].get("undone"):
            made["undone"] += entry["facts"]["undone"]
    return ordered(made)


def reviews(entries):
    states = {}
    for entry in entries:
        if "review" in entry["facts"]:
            per_purpose = states.setdefault(entry["purpose"], Counter())
            per_purpose[entry["facts"]["review"]] += 1
    return [{"purpose": p, "states": ordered(states[p])} for p in sorted(states)]


def changes(entries, fact):
    """Each value that was new when it was logged, with its day."""
    made = []
    for entry in entries:
        value = entry["facts"].get(fact)
        if fact in entry["facts"] and (not made or made[-1]["value"] != value):
            made.append({"since": entry["day"], "value": value})
    return made


def purposes(entries):
    """The terms declared last, the day of the first declaration, and that of the last change."""
    known = {}
    for entry in entries:
        terms = dict(entry["facts"].get("purpose") or {})
        name = terms.pop("Name", None)
        if name and (name not in known or known[name]["terms"] != terms):
            since = known[name]["since"] if name in known else entry["day"]
            known[name] = {"name": name, "since": since, "changed": entry["day"], "terms": terms}
    return [known[name] for name in sorted(known)]


def cameras(entries):
    """What stands beside each camera, by the last notice; since when, and until when."""
    known = {}
    for entry in entries:
        notice, gone = entry["facts"].get("notice"), entry["facts"].get("removed_camera")
        if notice:
            name, day = notice["Camera"], entry["day"]
            goes_on = name in known and known[name]["removed"] is None
            known[name] = {
                "name": name,
                "place": notice["Place"],
                "purposes": notice["Purposes"],
                "operator": notice["Operator"],
                "since": known[name]["since"] if goes_on else day,
                "changed": day,
                "removed": None,
            }
        elif gone in known:
            known[gone]["removed"] = entry["day"]
    return [known[name] for name in sorted(known)]


def evaluations(entries, year):
    """The newest of each kind. Groups too many for one entry come ahead of it, by call."""
    ahead, newest = {}, {}
    for entry in entries:
        facts = entry["facts"]
        if "of" in facts:
            ahead.setdefault(entry["call"], []).extend(facts.get("groups", []))
        elif "list_sha256" in facts:
            whole = isinstance(facts.get("groups"), list)
            groups = facts["groups"] if whole else ahead.pop(entry["call"], [])
            made = {"day": entry["day"], **facts, "groups": groups}
            newest[entry["day"][:4], facts["kind"]] = made
    asked = (kept for kept in sorted(newest) if year is None or kept[0] == f"{year:04}")
    last = {kind: newest[filed, kind] for filed, kind in asked}
    return [last[kind] for kind in sorted(last)]


def main():
    parser = argparse.ArgumentParser(description="Count a transparency report again.")
    parser.add_argument("log", metavar="LOG", help="folder or address of the published log")
    parser.add_argument("--year", type=int, help="one calendar year")
    parser.add_argument("--key", help="the published log's key (default: LOG/log.vkey)")
    parser.add_argument("--audit", metavar="LOG", help="folder or address of the audit log")
    parser.add_argument("--audit-key", help="the audit log's key (default: the one there)")
    options = parser.parse_args()
    try:
        entries = published(options.log, options.key)
        if options.audit:
            size = compare_with_audit(options.audit, options.audit_key, entries)
            sys.stderr.write(f"{len(entries)} of {size} entries of the audit log, all there\n")
    except (LogError, OSError, ValueError, KeyError) as error:
        sys.exit(f"NOT SOUND: {error}")
    sys.stdout.write(json.dumps(recount(entries, options.year), indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
