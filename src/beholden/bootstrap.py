"""The composition root: the only file that chooses engines and reads settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
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
from beholden.config import Settings
from beholden.domain.errors import OperatorError
from beholden.domain.model import ModelSpec
from beholden.domain.profile import Profile
from beholden.engines.audit.tlog import TileLog
from beholden.engines.blobs.reports import ReportFolder
from beholden.engines.blobs.store import CloudBlobs, LocalBlobs
from beholden.engines.clock import SystemClock
from beholden.engines.gallery.embedded import EmbeddedGallery
from beholden.engines.gallery.snapshot import Snapshots
from beholden.engines.inference.openvino import OpenVino
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore
from beholden.engines.policy.cedar import CedarPolicy
from beholden.engines.records.database import sqlite_url
from beholden.engines.records.engine import SqlRecords
from beholden.engines.records.sealing import data_key
from beholden.engines.vault.local import LocalVault
from beholden.first_start import FirstStart
from beholden.gate.decide import Judge
from beholden.gate.evidence import RequestDigest
from beholden.gate.facts import PurposeFacts
from beholden.gate.gate import Gate
from beholden.gate.registry import REGISTRY
from beholden.gate.restrictions.enrolment_basis import EnrolmentBasis
from beholden.gate.restrictions.model_cards import ModelCards
from beholden.gate.credentials import CredentialFacts
from beholden.gate.restrictions.sensitive_attributes import SensitiveAttributes
from beholden.gate.restrictions.threshold_floor import ThresholdFloor
from beholden.gate.sweeps import Sweep, Sweeper
from beholden.operations._names import Account, SaltedHash, new_id
from beholden.operations._paging import PageTokens
from beholden.operations._services import Services
from beholden.ports.blobs import Blobs
from beholden.ports.clock import Clock
from beholden.ports.gallery import Gallery
from beholden.ports.inference import Network
from beholden.ports.records import Keys
from beholden.ports.vault import Vault
from beholden.vision.calibration import read_calibration
from beholden.vision.detectors import FaceDetector
from beholden.vision.embedders import FaceEmbedder
from beholden.vision.landmarks import FaceMesh


@dataclass(frozen=True, slots=True)
class Deployment:
    """An open deployment: the gate and what authentication needs, and what it does by itself once
    the sweeper is started. Close it when done."""

    gate: Gate
    sweeper: Sweeper
    keys: Keys
    clock: Clock
    profile: Profile
    close: Callable[[], None]


def open_deployment(settings: Settings, clock: Clock | None = None) -> Deployment:
    """Open or make the deployment in `settings.data_dir`; time is the system's unless another
    clock is given.

    Raises OperatorError, with the remedy, if something on this machine is missing or broken.
    """
    with ExitStack() as opened:
        clock = clock or SystemClock()
        _make_folder(settings)
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
        profile = start.profile(records.profiles, settings.profile)
        policy = _policy(profile)
        start.policy(records.profiles, policy.digest)
        judge = _judge(policy, records, clock)
        gate = Gate(
            REGISTRY,
            _services(settings, records, gallery, vault, (profile, judge)),
            policy,
            audit,
            clock,
            new_id,
            RequestDigest(vault.derive("gate: request digests")),
            restrictions=judge.restrictions,
            facts=judge.facts,
        )
        start.purpose(profile, records.purposes)
        start.credentials(records.keys)
        sweeper = Sweeper(gate, clock, _sweeps())
        opened.callback(sweeper.close)
        return Deployment(gate, sweeper, records.keys, clock, profile, opened.pop_all().close)


def _sweeps() -> Sequence[Sweep]:
    """What the deployment does by itself, in this order."""
    return ()


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


def _judge(policy: CedarPolicy, records: SqlRecords, clock: Clock) -> Judge:
    cards = {name: spec.card for name, spec in read_manifest().items()}
    return Judge(
        policy,
        (
            ThresholdFloor(),
            SensitiveAttributes(),
            EnrolmentBasis(),
            ModelCards(cards),
            TwoPersonReview(records.leads, clock, new_id),
        ),
        (
            CredentialFacts(records.keys, clock),
            PurposeFacts(records.purposes, records.consents, clock),
            LeadFacts(records.leads),
        ),
    )


def _services(
    settings: Settings,
    records: SqlRecords,
    gallery: Gallery,
    vault: Vault,
    rules: tuple[Profile, Judge],
) -> Services:
    models = Models(settings)
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
        profile=rules[0],
        profiles=records.profiles,
        proposals=records.proposals,
        reports=ReportFolder(settings.data_dir / "reports"),
        judge=rules[1],
        gallery=gallery,
        blobs=_blobs(settings),
        decoder=ImageDecoder(),
        analysis=models.analysis(),
        describer=models.describer(),
        calibration=Calibration.load(models.face_model_version),
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

    def _spec(self, name: str) -> ModelSpec:
        return self._store.spec(name)

    def _network(self, name: str) -> Network:
        return self._runtime.load(self._store.require(name))


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
