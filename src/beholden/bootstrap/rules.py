"""What decides: policy, restrictions, facts, and the witnesses that must have followed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import as_file, files

from beholden.config import Settings
from beholden.domain.profile import Profile
from beholden.engines.audit.tlog import TileLog
from beholden.engines.audit.witnesses import Terms, Witnesses
from beholden.engines.policy.cedar import CedarPolicy
from beholden.engines.records.engine import SqlRecords
from beholden.gate.authorizations import AuthorizationFacts, EverybodyConsented
from beholden.gate.cameras import CameraFacts
from beholden.gate.credentials import CredentialFacts
from beholden.gate.decide import Judge
from beholden.gate.evidence import RequestDigest
from beholden.gate.facts import LeadFacts, PurposeFacts
from beholden.gate.jobs import JobFacts
from beholden.gate.restrictions.authorized_people import AuthorizedPeople
from beholden.gate.restrictions.enrolment_basis import EnrolmentBasis
from beholden.gate.restrictions.match_record import MatchRecord
from beholden.gate.restrictions.model_cards import ModelCards
from beholden.gate.restrictions.sensitive_attributes import SensitiveAttributes
from beholden.gate.restrictions.threshold_floor import ThresholdFloor
from beholden.gate.restrictions.two_person_review import TwoPersonReview
from beholden.gate.sessions import SessionFacts
from beholden.gate.witnessed import WitnessFacts
from beholden.operations._names import new_id
from beholden.ports.clock import Clock
from beholden.ports.vault import Vault
from beholden.ports.witness import Cosigned


def policy_of(profile: Profile) -> CedarPolicy:
    with as_file(files("beholden") / "policies") as folder:
        return CedarPolicy(folder / "beholden.cedarschema", [folder / f for f in profile.files])


def judge_of(
    policy: CedarPolicy,
    records: SqlRecords,
    cosigned: Cosigned,
    terms: tuple[Clock, int],
    cards: Mapping[str, str],
) -> Judge:
    clock, approvers = terms
    consented = EverybodyConsented(records.collections, records.faces, records.consents)
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
            CameraFacts(records.cameras),
            LeadFacts(records.leads),
            JobFacts(records.jobs, records.purposes, records.authorizations, clock),
            WitnessFacts(cosigned),
        ),
    )


def witnesses_of(settings: Settings, audit: TileLog, clock: Clock) -> Witnesses:
    terms = Terms(settings.witness_quorum, settings.witness_entries, settings.witness_age_s)
    return Witnesses(settings.data_dir / "log", audit, settings.witnesses, terms, clock)


def request_digest(vault: Vault) -> RequestDigest:
    return RequestDigest(vault.derive("gate: request digests"))
