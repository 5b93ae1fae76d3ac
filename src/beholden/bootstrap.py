"""The composition root: the only file that chooses engines and reads settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from importlib.resources import as_file, files
from threading import Lock
from typing import Any

from numpy.typing import NDArray

import beholden.operations  # noqa: F401 (fills the registry)
from beholden.analysis.calibration import Calibration
from beholden.analysis.details import FaceDescriber, FaceNetworks
from beholden.analysis.faces import FaceAnalysis
from beholden.analysis.image import ImageDecoder
from beholden.analysis.labels import LabelAnalysis
from beholden.analysis.moderation import ModerationAnalysis, read_moderation_taxonomy
from beholden.analysis.taxonomy import read_taxonomy
from beholden.analysis.text import TextAnalysis
from beholden.config import Settings
from beholden.domain.errors import AuditUnavailable, OperatorError
from beholden.domain.model import ModelSpec
from beholden.domain.profile import Profile
from beholden.engines.audit.excerpts import LogExcerpts
from beholden.engines.audit.published import PublishedFolder
from beholden.engines.audit.records import decode
from beholden.engines.audit.served import ServedFolder
from beholden.engines.audit.tlog import TileLog
from beholden.engines.audit.trail import FolderTrail
from beholden.engines.audit.witnesses import Terms, Witnesses
from beholden.engines.blobs.reports import ReportFolder
from beholden.engines.blobs.store import CloudBlobs, LocalBlobs
from beholden.engines.clock import SteadyClock, SystemClock
from beholden.engines.compute.local import LocalCompute
from beholden.engines.frames.pyav import PyAvFrames
from beholden.engines.gallery.embedded import EmbeddedGallery
from beholden.engines.gallery.snapshot import Snapshots
from beholden.engines.inference.openvino import OpenVino
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore
from beholden.engines.notifier.lines import Lines
from beholden.engines.notifier.outbox import Outbox
from beholden.engines.notifier.webhook import Webhook, secret_of
from beholden.engines.policy.cedar import CedarPolicy
from beholden.engines.records.database import sqlite_url
from beholden.engines.records.engine import SqlRecords
from beholden.engines.records.sealing import data_key
from beholden.engines.states.folder import StateFolder
from beholden.engines.vault.local import LocalVault
from beholden.first_start import FirstStart
from beholden.gate import stored
from beholden.gate.authorizations import AuthorizationFacts, EverybodyConsented
from beholden.gate.credentials import CredentialFacts
from beholden.gate.decide import Judge
from beholden.gate.evidence import RequestDigest
from beholden.gate.facts import LeadFacts, PurposeFacts
from beholden.gate.gate import Gate
from beholden.gate.jobs import JobFacts
from beholden.gate.registry import REGISTRY
from beholden.gate.restrictions.authorized_people import AuthorizedPeople
from beholden.gate.restrictions.enrolment_basis import EnrolmentBasis
from beholden.gate.restrictions.match_record import MatchRecord
from beholden.gate.restrictions.model_cards import ModelCards
from beholden.gate.restrictions.sensitive_attributes import SensitiveAttributes
from beholden.gate.restrictions.threshold_floor import ThresholdFloor
from beholden.gate.restrictions.two_person_review import TwoPersonReview
from beholden.gate.sessions import SessionFacts
from beholden.gate.sweeps import Sweep, Sweeper
from beholden.gate.witnessed import WitnessFacts
from beholden.jobs.loop import JobLoop
from beholden.jobs.runner import JobRunner
from beholden.operations._names import Account, SaltedHash, new_id
from beholden.operations._paging import PageTokens
from beholden.operations._results import JobResults, LeadResults
from beholden.operations._services import Services
from beholden.operations.jobs import KEPT_FOR as JOBS_KEPT_FOR
from beholden.operations.retention import overdue
from beholden.operations.video._kinds import KINDS, VideoTools
from beholden.operations.video.work import VideoTasks, VideoWork, tidy
from beholden.oversight.follow import Counter, Feed, Publisher
from beholden.oversight.loop import Loop
from beholden.oversight.misuse import Limits
from beholden.oversight.oversight import Oversight
from beholden.oversight.watch import Desk, Watcher
from beholden.ports.audit import Audit
from beholden.ports.blobs import Blobs
from beholden.ports.clock import Clock
from beholden.ports.compute import Task
from beholden.ports.gallery import Gallery
from beholden.ports.inference import Network
from beholden.ports.log import ServedLog
from beholden.ports.records import Keys
from beholden.ports.vault import Vault
from beholden.ports.witness import Cosigned
from beholden.vision.adult import AdultClassifier
from beholden.vision.calibration import read_calibration
from beholden.vision.calibration.pictures import read_picture_calibration
from beholden.vision.calibration.text import TextScale
from beholden.vision.detectors import FaceDetector
from beholden.vision.embedders import FaceEmbedder
from beholden.vision.landmarks import FaceMesh
from beholden.vision.objects import ObjectDetector
from beholden.vision.ocr.detector import TextDetector
from beholden.vision.ocr.direction import TextDirection
from beholden.vision.ocr.recogniser import TextRecogniser
from beholden.vision.scenes import SceneClassifier


@dataclass(frozen=True, slots=True)
class Deployment:
    """An open deployment: the gate and what authentication needs, and what it does by itself once
    sweeper and oversight's loop are started. Close it when done."""

    gate: Gate
    sweeper: Sweeper
    oversight: Oversight
    keys: Keys
    clock: Clock
    profile: Profile
    log: ServedLog
    witnesses: Witnesses
    jobs: JobLoop
    close: Callable[[], None]


def open_deployment(
    settings: Settings, clock: Clock | None = None, models: Models | None = None
) -> Deployment:
    """Open or make the deployment in `settings.data_dir`; time is the system's unless another
    clock is given, and models are loaded unless they are.

    Raises OperatorError, with the remedy, if something on this machine is missing or broken.
    """
    with ExitStack() as opened:
        _make_folder(settings)
        wall = clock or SystemClock()
        clock = clock or SteadyClock(wall, _last_logged(settings))
        vault = LocalVault(settings.data_dir)
        records = SqlRecords(sqlite_url(settings.data_dir / "records.db"), vault, clock)
        opened.callback(records.close)
        gallery = EmbeddedGallery(
            records.changes,
            Snapshots(settings.data_dir / "gallery", vault, data_key),
            memory_bytes=settings.gallery_memory_mb * 2**20,
        )
        opened.callback(gallery.close)
        audit = TileLog(
            settings.data_dir / "log", settings.data_dir / "log.key", settings.log_origin
        )
        opened.callback(audit.close)
        start = FirstStart(settings.data_dir, audit, clock)
        witnesses = _witnesses(settings, audit, wall)
        opened.callback(witnesses.close)
        start.witnesses(witnesses.stated(), none=not settings.witnesses)
        profile = start.profile(records.profiles, settings.profile)
        policy = _policy(profile)
        start.policy(records.profiles, policy.digest)
        judge = _judge(policy, records, witnesses, (clock, profile.approvers))
        models = models or Models(settings)
        services = _services(settings, records, gallery, vault, (profile, judge, models))
        gate = Gate(
            REGISTRY,
            services,
            policy,
            audit,
            clock,
            new_id,
            _request_digest(vault),
            restrictions=judge.restrictions,
            facts=judge.facts,
        )
        start.purpose(profile, records.purposes)
        start.credentials(records.keys)
        sweeper = Sweeper(gate, clock, _sweeps(records))
        opened.callback(sweeper.close)
        jobs = _jobs(settings, records, gate, services)
        opened.callback(jobs.close)
        oversight = _oversight(settings, vault, records, audit, clock)
        opened.callback(oversight.close)
        witnesses.start()
        return Deployment(
            gate=gate,
            sweeper=sweeper,
            oversight=oversight,
            keys=records.keys,
            clock=wall,
            profile=profile,
            log=ServedFolder(settings.data_dir / "log"),
            witnesses=witnesses,
            jobs=jobs,
            close=opened.pop_all().close,
        )


def _witnesses(settings: Settings, audit: TileLog, clock: Clock) -> Witnesses:
    terms = Terms(settings.witness_quorum, settings.witness_entries, settings.witness_age_s)
    return Witnesses(settings.data_dir / "log", audit, settings.witnesses, terms, clock)


def _request_digest(vault: Vault) -> RequestDigest:
    return RequestDigest(vault.derive("gate: request digests"))


def _jobs(settings: Settings, records: SqlRecords, gate: Gate, services: Services) -> JobLoop:
    folder = settings.data_dir / "jobs"
    compute = LocalCompute(partial(worker_tasks, settings), settings.job_workers)
    works = {name: VideoWork(services, name, kind, folder) for name, kind in KINDS.items()}
    runner = JobRunner(
        gate,
        records.job_queue,
        compute,
        works,
        lease_s=settings.job_lease_s,
        ahead=settings.job_workers,
    )
    return JobLoop(runner, partial(tidy, folder, records.jobs))


def worker_tasks(settings: Settings) -> Mapping[str, Task]:
    """What a worker process can do. Its models are loaded when they are first needed."""
    models = Models(settings)

    def tools() -> VideoTools:
        return VideoTools(models.analysis(), models.describer())

    folder = settings.data_dir / "jobs"
    return VideoTasks(_blobs(settings), PyAvFrames(), KINDS, tools, folder).named()


def _sweeps(records: SqlRecords) -> Sequence[Sweep]:
    """What the deployment does by itself, in this order."""

    def authorizations_due(now: datetime) -> bool:
        return any(one.due(now) for one in records.authorizations.open())

    terms = partial(overdue, records.purposes, records.retention)
    return (
        Sweep("beholden:SweepAuthorizations", authorizations_due),
        Sweep("beholden:SweepRetention", terms),
        Sweep("beholden:SweepJobs", lambda now: records.jobs.expired(now - JOBS_KEPT_FOR)),
    )


def _oversight(
    settings: Settings, vault: Vault, records: SqlRecords, audit: Audit, clock: Clock
) -> Oversight:
    trail = FolderTrail(settings.data_dir / "log")
    states = StateFolder(settings.data_dir / "states")
    folder = settings.data_dir / "published"
    log = PublishedFolder(folder, settings.data_dir / "log.key", settings.log_origin)
    outbox = _outbox(settings)
    publisher = Publisher(trail, log, clock, timedelta(hours=settings.publish_delay_hours))
    watcher = Watcher(
        trail,
        Desk(audit, outbox, records.alerts, new_id),
        states,
        clock,
        (_limits(settings), vault.derive("oversight: the random sample")),
    )
    counter, feed = Counter(log, states), Feed(trail, log, clock, states)
    steps = (outbox.start, watcher.run, publisher.run, counter.run, feed.run)
    loop = Loop(steps, settings.oversight_every_s)

    def release() -> None:
        outbox.close()
        log.close()

    return Oversight(publisher, counter, feed, watcher, loop, ServedFolder(folder), release)


def _outbox(settings: Settings) -> Outbox:
    folder = settings.data_dir / "alerts"
    if settings.alert_webhook is None:
        return Outbox(folder / "outbox", Lines(folder / "alerts.jsonl"))
    secret = secret_of(settings.alert_webhook_secret.get_secret_value())
    return Outbox(folder / "outbox", Webhook(settings.alert_webhook, secret))


def _limits(settings: Settings) -> Limits:
    return Limits(
        probes_per_case=settings.misuse_probes_per_case,
        cases_per_probe=settings.misuse_cases_per_probe,
        window_days=settings.misuse_window_days,
        volume_factor=settings.misuse_volume_factor,
        volume_min=settings.misuse_volume_min,
        sample_pct=settings.misuse_sample_pct,
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
    try:
        (settings.data_dir / "buckets").mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OperatorError(
            f"{settings.data_dir} cannot be used: {error.strerror}. Choose another --data-dir."
        ) from error


def _policy(profile: Profile) -> CedarPolicy:
    with as_file(files("beholden") / "policies") as folder:
        return CedarPolicy(folder / "beholden.cedarschema", [folder / f for f in profile.files])


def _judge(
    policy: CedarPolicy, records: SqlRecords, cosigned: Cosigned, terms: tuple[Clock, int]
) -> Judge:
    clock, approvers = terms
    consented = EverybodyConsented(records.collections, records.faces, records.consents)
    cards = {name: spec.card for name, spec in read_manifest().items()}
    return Judge(
        policy,
        (
            ThresholdFloor(),
            SensitiveAttributes(),
            EnrolmentBasis(),
            ModelCards(cards),
            MatchRecord(),
            AuthorizedPeople(records.authorizations),
            TwoPersonReview(records.leads, clock, new_id),
        ),
        (
            CredentialFacts(records.keys, clock),
            PurposeFacts(records.purposes, records.consents, clock),
            SessionFacts(records.keys, records.purposes),
            AuthorizationFacts(records.authorizations, consented, clock, approvers),
            LeadFacts(records.leads),
            JobFacts(records.jobs, records.purposes),
            WitnessFacts(cosigned),
        ),
    )


def _services(
    settings: Settings,
    records: SqlRecords,
    gallery: Gallery,
    vault: Vault,
    rules: tuple[Profile, Judge, Models],
) -> Services:
    models = rules[2]
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
        store_grant=partial(stored.store, digest=_request_digest(vault)),
        leads=records.leads,
        pictures=records.pictures,
        retention=records.retention,
        traces=records.traces,
        alerts=records.alerts,
        authorizations=records.authorizations,
        results=(LeadResults(records.leads), JobResults(records.jobs)),
        profile=rules[0],
        profiles=records.profiles,
        proposals=records.proposals,
        reports=ReportFolder(settings.data_dir / "reports"),
        judge=rules[1],
        log=ServedFolder(settings.data_dir / "log"),
        excerpts=LogExcerpts(
            settings.data_dir / "log", settings.data_dir / "log.key", settings.log_origin
        ),
        cards={name: spec.said for name, spec in read_manifest().items()},
        gallery=gallery,
        blobs=_blobs(settings),
        decoder=ImageDecoder(),
        analysis=models.analysis(),
        describer=models.describer(),
        text=models.text(),
        labels=models.labels(),
        moderation=models.moderation(),
        calibration=Calibration.load(models.face_model_version),
        celebrity_threshold_pct=settings.celebrity_threshold,
        model_version=models.face_model_version,
    )


def _blobs(settings: Settings) -> Blobs:
    if settings.blobs_url is None:
        return LocalBlobs(settings.data_dir / "buckets")
    return CloudBlobs(settings.blobs_url)


class Models:
    """Networks by their names in the manifest, put together as the analyses want them."""

    def __init__(self, settings: Settings) -> None:
        self._store = ModelStore(settings.models_dir, read_manifest())
        self._runtime = OpenVino(settings.streams, settings.precision)
        self._loaded: dict[str, Network] = {}

    @property
    def face_model_version(self) -> str:
        version = self._store.spec("sface").face_model_version
        if version is None:
            raise OperatorError("The manifest gives the model sface no face_model_version.")
        return version

    def analysis(self) -> FaceAnalysis:
        thresholds = self._spec("yunet").thresholds
        detector = FaceDetector(
            self._network("yunet"), score=thresholds["score"], nms_iou=thresholds["nms_iou"]
        )
        mesh = FaceMesh(self._network("face_mesh"))
        return FaceAnalysis(detector, mesh, FaceEmbedder(self._network("sface")))

    def describer(self) -> FaceDescriber:
        names = ("iris", "age", "gender", "emotion")
        rest = {name: OnFirstUse(partial(self._network, name)) for name in names}
        networks = FaceNetworks(face_mesh=self._network("face_mesh"), **rest)
        return FaceDescriber(networks, read_calibration())

    def labels(self) -> LabelAnalysis:
        detector = ObjectDetector(self._on_first_use("objects"))
        classifier = SceneClassifier(self._on_first_use("scenes"))
        return LabelAnalysis(detector, classifier, read_taxonomy(), read_picture_calibration())

    def moderation(self) -> ModerationAnalysis:
        adult = AdultClassifier(self._on_first_use("adult"))
        taxonomy, calibration = read_moderation_taxonomy(), read_picture_calibration()
        return ModerationAnalysis(self.labels(), adult, taxonomy, calibration.adult)

    def _on_first_use(self, name: str) -> OnFirstUse:
        return OnFirstUse(partial(self._network, name))

    def text(self) -> TextAnalysis:
        thresholds = self._spec("text_detector").thresholds
        detector = TextDetector(self._on_first_use("text_detector"), **thresholds)
        return TextAnalysis(
            detector,
            TextDirection(self._on_first_use("text_direction")),
            TextRecogniser(self._on_first_use("text_recogniser"), self._alphabet),
            TextScale.load(),
        )

    def _alphabet(self) -> str:
        return self._runtime.metadata(self._store.require("text_recogniser"), "character")

    def _spec(self, name: str) -> ModelSpec:
        return self._store.spec(name)

    def _network(self, name: str) -> Network:
        """Loaded once, whoever asks for it."""
        if name not in self._loaded:
            self._loaded[name] = self._runtime.load(self._store.require(name))
        return self._loaded[name]


class OnFirstUse:
    """A Network that is loaded when it is first called: few requests want every attribute."""

    def __init__(self, load: Callable[[], Network]) -> None:
        self._load = load
        self._lock = Lock()
        self._network: Network | None = None

    def __call__(self, *inputs: NDArray[Any]) -> Sequence[NDArray[Any]]:
        with self._lock:
            network = self._network = self._network or self._load()
        return network(*inputs)
