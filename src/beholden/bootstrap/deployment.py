"""Opening a whole deployment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import beholden.operations  # noqa: F401 (fills the registry)
from beholden.bootstrap.jobs import compute_of, jobs_of
from beholden.bootstrap.models import Models
from beholden.bootstrap.oversight import USUAL, alerts_outbox, oversight_of, oversight_terms
from beholden.bootstrap.rules import judge_of, policy_of, request_digest, witnesses_of
from beholden.bootstrap.services import services_of
from beholden.bootstrap.streams import Streams
from beholden.config import Settings
from beholden.domain.errors import AuditUnavailable, OperatorError
from beholden.domain.job import JobStatus
from beholden.domain.profile import Profile
from beholden.engines.audit.records import decode
from beholden.engines.audit.tlog import TileLog
from beholden.engines.audit.trail import FolderTrail
from beholden.engines.audit.witnesses import Witnesses
from beholden.engines.clock import SteadyClock, SystemClock
from beholden.engines.gallery.embedded import EmbeddedGallery
from beholden.engines.gallery.snapshot import Snapshots
from beholden.engines.models.manifest import read_manifest
from beholden.engines.records.database import sqlite_url
from beholden.engines.records.engine import SqlRecords
from beholden.engines.records.sealing import data_key
from beholden.engines.vault.local import LocalVault
from beholden.first_start import FirstStart
from beholden.gate.decide import Judge
from beholden.gate.gate import Gate
from beholden.gate.registry import REGISTRY
from beholden.gate.sweeps import Sweep, sweeper
from beholden.jobs.loop import JobLoop
from beholden.loop import Loop
from beholden.operations._names import new_id
from beholden.operations._services import Services
from beholden.operations.jobs import KEPT_FOR as JOBS_KEPT_FOR
from beholden.operations.retention import overdue
from beholden.oversight.oversight import Oversight
from beholden.ports.audit import Audit
from beholden.ports.clock import Clock
from beholden.ports.compute import Compute
from beholden.ports.log import ServedLog
from beholden.ports.records import Keys
from beholden.ports.vault import Vault


@dataclass(frozen=True, slots=True)
class Deployment:
    """An open deployment: the gate and what authentication needs, and what it does by itself once
    sweeper and oversight's loop are started. Close it when done."""

    gate: Gate
    sweeper: Loop
    oversight: Oversight
    keys: Keys
    clock: Clock
    profile: Profile
    log: ServedLog
    witnesses: Witnesses
    jobs: JobLoop
    streams: Streams
    tally_jobs: Callable[[], Mapping[JobStatus, int]]
    close: Callable[[], None]


def open_deployment(
    settings: Settings,
    clock: Clock | None = None,
    models: Models | None = None,
    compute: Compute | None = None,
) -> Deployment:
    """Open or make the deployment in `settings.data_dir`; time is the system's unless another
    clock is given, models are loaded unless they are, and work is done in processes of its own
    unless it is told where.

    Raises OperatorError, with the remedy, if something on this machine is missing or broken.
    """
    with ExitStack() as opened:
        _make_folder(settings)
        audit = opened.enter_context(closing(_log(settings)))
        wall = clock or SystemClock()
        clock = clock or SteadyClock(wall, _last_logged(settings))
        vault = LocalVault(settings.data_dir)
        start = FirstStart(settings.data_dir, audit, clock)
        trail = FolderTrail(settings.data_dir / "log", audit.publish)
        url = sqlite_url(settings.data_dir / "records.db")
        trust = partial(start.trust, trail)
        records = opened.enter_context(closing(SqlRecords(url, vault, clock, trust)))
        gallery = opened.enter_context(closing(_gallery(settings, records, vault)))
        witnesses = opened.enter_context(closing(witnesses_of(settings, audit, wall)))
        profile, judge = _rules(settings, start, records, witnesses, clock)
        rules = (profile, judge, models or Models(settings))
        services = services_of(settings, records, gallery, vault, rules, audit=audit)
        gate = _gate(services, judge, audit, clock, vault)
        start.purpose(profile, records.purposes)
        start.rules(profile, records.purposes, trail, vault.derive("start: rules in force"))
        start.credentials(records.keys, profile)
        housekeeping = opened.enter_context(closing(sweeper(gate, clock, _sweeps(records))))
        compute = compute or compute_of(settings)
        jobs = opened.enter_context(closing(jobs_of(settings, records, gate, services, compute)))
        alerts = opened.enter_context(closing(alerts_outbox(settings)))
        streams = Streams(settings, records, gate, services, alerts, compute=compute)
        opened.callback(streams.supervisor.close)
        oversight = opened.enter_context(
            closing(oversight_of(settings, vault, records, audit, (clock, alerts)))
        )
        witnesses.start()
        return Deployment(
            gate=gate,
            sweeper=housekeeping,
            oversight=oversight,
            keys=records.keys,
            clock=wall,
            profile=profile,
            log=services.log,
            witnesses=witnesses,
            jobs=jobs,
            streams=streams,
            tally_jobs=records.jobs.tally,
            close=opened.pop_all().close,
        )


def _rules(
    settings: Settings,
    start: FirstStart,
    records: SqlRecords,
    witnesses: Witnesses,
    clock: Clock,
) -> tuple[Profile, Judge]:
    """The profile and who judges by it; the log is told of rules that are not as at the last
    start."""
    start.witnesses(witnesses.stated(), none=not settings.witnesses)
    start.oversight(oversight_terms(settings), USUAL)
    profile = start.profile(records.profiles, settings.profile)
    policy = policy_of(profile)
    start.policy(records.profiles, policy.digest)
    return profile, judge_of(
        policy, records, witnesses, (clock, profile.approvers), _cards(settings)
    )


def _log(settings: Settings) -> TileLog:
    folder = settings.data_dir
    return TileLog(folder / "log", folder / "log.key", settings.log_origin)


def _cards(settings: Settings) -> dict[str, str]:
    """What results of each model are bound to."""
    return {name: spec.card for name, spec in read_manifest(settings.models_manifest).items()}


def _gallery(settings: Settings, records: SqlRecords, vault: Vault) -> EmbeddedGallery:
    return EmbeddedGallery(
        records.changes,
        Snapshots(settings.data_dir / "gallery", vault, data_key),
        memory_bytes=settings.gallery_memory_mb * 2**20,
    )


def _gate(services: Services, judge: Judge, audit: Audit, clock: Clock, vault: Vault) -> Gate:
    return Gate(
        REGISTRY,
        services,
        judge.policy,
        audit,
        clock,
        new_id,
        request_digest(vault),
        restrictions=judge.restrictions,
        facts=judge.facts,
    )


def _sweeps(records: SqlRecords) -> Sequence[Sweep]:
    """What the deployment does by itself, in this order."""

    def authorizations_due(now: datetime) -> bool:
        return any(one.due(now) for one in records.authorizations.open())

    terms = partial(
        overdue, records.purposes, records.retention, records.recordings, records.authorizations
    )
    return (
        Sweep("beholden:SweepAuthorizations", authorizations_due),
        Sweep("beholden:SweepRetention", terms),
        Sweep("beholden:SweepJobs", lambda now: records.jobs.expired(now - JOBS_KEPT_FOR)),
    )


def _last_logged(settings: Settings) -> datetime | None:
    """The time of the newest record; None in a new deployment. What the log is worth is for the log
    itself to say."""
    trail = FolderTrail(settings.data_dir / "log")
    try:
        size = trail.size()
        entries = [entry for _, entry in trail.entries(size - 1)] if size else []
    except AuditUnavailable:
        return None
    return max((datetime.fromisoformat(decode(entry)["at"]) for entry in entries), default=None)


def _make_folder(settings: Settings) -> None:
    """For whoever runs the server, and nobody else: the log names who searched, alerts whom."""
    folder = settings.data_dir
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
        for private in ("alerts", "buckets", "recordings"):
            (folder / private).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise OperatorError(
            f"{settings.data_dir} cannot be used: {error.strerror}. Choose another --data-dir."
        ) from error
