"""Everything an operation may use, put together once by bootstrap."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from beholden.analysis.calibration import Calibration
from beholden.analysis.details import FaceDescriber
from beholden.analysis.equipment import EquipmentAnalysis
from beholden.analysis.faces import FaceAnalysis
from beholden.analysis.image import ImageDecoder
from beholden.analysis.labels import LabelAnalysis
from beholden.analysis.moderation import ModerationAnalysis
from beholden.analysis.text import TextAnalysis
from beholden.domain.access import Grant
from beholden.domain.profile import Profile
from beholden.gate.decide import Judge
from beholden.gate.tickets import Tickets
from beholden.operations._names import Account, SaltedHash
from beholden.operations._paging import PageTokens
from beholden.ports.alerts import Alerts
from beholden.ports.authorizations import Authorizations, ResultsOf
from beholden.ports.blobs import Blobs
from beholden.ports.erasure import Traces
from beholden.ports.excerpts import Excerpts
from beholden.ports.gallery import Gallery
from beholden.ports.jobs import Jobs
from beholden.ports.leads import Leads, Pictures
from beholden.ports.log import ServedLog
from beholden.ports.profiles import Profiles, Proposals
from beholden.ports.purposes import Consents, Purposes
from beholden.ports.recordings import Recordings
from beholden.ports.records import Answers, Collections, Faces, Keys, Tags, Users
from beholden.ports.reports import Reports
from beholden.ports.retention import Retention
from beholden.ports.streams import Cameras, StreamProcessors


@dataclass(frozen=True, slots=True)
class Services:
    """`model_version` is the FaceModelVersion that the embedder runs and new collections get;
    `profile` is the one that this process was started with, `judge` what decides under it;
    `celebrity_threshold_pct` is how similar a face must be to a public figure's; `publishes` says
    that there is an SNS for what a NotificationChannel names."""

    account: Account
    hashes: SaltedHash
    pages: PageTokens
    collections: Collections
    faces: Faces
    users: Users
    tags: Tags
    answers: Answers
    keys: Keys
    purposes: Purposes
    consents: Consents
    jobs: Jobs
    publishes: bool
    cameras: Cameras
    stream_processors: StreamProcessors
    store_grant: Callable[[Grant], Mapping[str, object]]
    tickets: Tickets
    leads: Leads
    pictures: Pictures
    retention: Retention
    recordings: Recordings
    traces: Traces
    alerts: Alerts
    authorizations: Authorizations
    results: Sequence[ResultsOf]
    profile: Profile
    profiles: Profiles
    proposals: Proposals
    reports: Reports
    judge: Judge
    log: ServedLog
    excerpts: Excerpts
    cards: Mapping[str, bytes]
    gallery: Gallery
    blobs: Blobs
    decoder: ImageDecoder
    analysis: FaceAnalysis
    describer: FaceDescriber
    text: TextAnalysis
    labels: LabelAnalysis
    moderation: ModerationAnalysis
    equipment: EquipmentAnalysis
    calibration: Calibration
    celebrity_threshold_pct: float
    model_version: str
