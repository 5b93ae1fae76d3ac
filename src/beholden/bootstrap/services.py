"""What operations are handed."""

from __future__ import annotations

from functools import partial

from beholden.analysis.calibration import Calibration
from beholden.analysis.image import ImageDecoder
from beholden.bootstrap.blobs import blobs_of
from beholden.bootstrap.models import Models
from beholden.bootstrap.rules import request_digest
from beholden.config import Settings
from beholden.domain.profile import Profile
from beholden.engines.audit.excerpts import LogExcerpts
from beholden.engines.audit.served import ServedFolder
from beholden.engines.audit.tlog import TileLog
from beholden.engines.audit.trail import FolderTrail
from beholden.engines.blobs.reports import ReportFolder
from beholden.engines.models.manifest import read_manifest
from beholden.engines.records.engine import SqlRecords
from beholden.gate import stored
from beholden.gate.decide import Judge
from beholden.gate.tickets import Tickets
from beholden.operations._names import Account, SaltedHash
from beholden.operations._paging import PageTokens
from beholden.operations._recordings import RecordingResults
from beholden.operations._results import JobResults, LeadResults
from beholden.operations._services import Services
from beholden.ports.authorizations import ResultsOf
from beholden.ports.blobs import Blobs
from beholden.ports.gallery import Gallery
from beholden.ports.vault import Vault


def services_of(
    settings: Settings,
    records: SqlRecords,
    gallery: Gallery,
    vault: Vault,
    rules: tuple[Profile, Judge, Models],
    *,
    audit: TileLog,
) -> Services:
    profile, judge, models = rules
    blobs = blobs_of(settings)
    log = settings.data_dir / "log"
    return Services(
        account=Account(settings.account_id, settings.region),
        hashes=SaltedHash(vault.derive("operations: probes and people in the log")),
        pages=PageTokens(vault.derive("operations: page tokens")),
        collections=records.collections,
        faces=records.faces,
        users=records.users,
        tags=records.tags,
        answers=records.answers,
        keys=records.keys,
        purposes=records.purposes,
        consents=records.consents,
        jobs=records.jobs,
        cameras=records.cameras,
        stream_processors=records.stream_processors,
        publishes=settings.sns_endpoint is not None,
        store_grant=partial(stored.store, digest=request_digest(vault)),
        tickets=Tickets(),
        leads=records.leads,
        pictures=records.pictures,
        retention=records.retention,
        recordings=records.recordings,
        traces=records.traces,
        alerts=records.alerts,
        authorizations=records.authorizations,
        results=_results(records, blobs),
        profile=profile,
        profiles=records.profiles,
        proposals=records.proposals,
        reports=ReportFolder(settings.data_dir / "reports"),
        judge=judge,
        log=ServedFolder(log, audit.publish),
        excerpts=_excerpts(settings, audit),
        cards={name: spec.said for name, spec in read_manifest(settings.models_manifest).items()},
        gallery=gallery,
        blobs=blobs,
        decoder=ImageDecoder(),
        analysis=models.analysis(),
        describer=models.describer(),
        text=models.text(),
        labels=models.labels(),
        moderation=models.moderation(),
        equipment=models.equipment(),
        calibration=Calibration.load(models.face_model_version),
        celebrity_threshold_pct=settings.celebrity_threshold,
        model_version=models.face_model_version,
    )


def _results(records: SqlRecords, blobs: Blobs) -> tuple[ResultsOf, ...]:
    """What was found under an authorization, and is undone with it."""
    return (
        LeadResults(records.leads),
        JobResults(records.jobs),
        RecordingResults(records.recordings, blobs),
    )


def _excerpts(settings: Settings, audit: TileLog) -> LogExcerpts:
    folder = settings.data_dir
    trail = FolderTrail(folder / "log", audit.publish)
    return LogExcerpts(trail, folder / "log.key", settings.log_origin)
