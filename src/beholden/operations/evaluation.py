"""Measuring this deployment. Not part of Rekognition's API: `beholden evaluate` calls these.

An evaluation compares many faces, so it is opened and closed at the gate: the log says who ran it,
on which list, and what came out. The pictures and templates themselves never pass through here.
"""

from __future__ import annotations

from typing import Any, TypedDict

from beholden.analysis.evaluator import Evaluator
from beholden.analysis.taxonomy import LABEL_MODEL_VERSION
from beholden.domain.access import Identifies, Resource
from beholden.gate.call import Call
from beholden.gate.registry import Request, operation
from beholden.operations._services import Services


class NewEvaluation(TypedDict):
    Kind: str
    ListSha256: str
    Images: int


class FinishedEvaluation(TypedDict):
    """JSON: `Summary` has dates, hashes and error rates by threshold; `Groups` one row per rate."""

    Kind: str
    ListSha256: str
    Summary: dict[str, Any]
    Groups: list[dict[str, Any]]


def _model(services: Services, kind: str) -> str:
    """The version of what an evaluation of this kind measures."""
    others = {"objects": LABEL_MODEL_VERSION, "text": services.text.version}
    return others.get(kind, services.model_version)


def _evaluations(_request: Request) -> Resource:
    return Resource("Deployment", "evaluations")


@operation(
    "beholden:OpenEvaluation",
    resource=_evaluations,
    identifies=Identifies.COMPARES,
    in_process=True,
)
def open_evaluation(services: Services, call: Call, request: NewEvaluation) -> dict[str, Any]:
    """Leave to measure with this deployment's own models."""
    call.note(
        kind=request["Kind"],
        list_sha256=request["ListSha256"],
        images=request["Images"],
        model=_model(services, request["Kind"]),
    )
    evaluator = Evaluator(
        services.decoder,
        services.analysis,
        services.describer,
        services.labels,
        services.text,
        services.calibration,
        _model(services, request["Kind"]),
    )
    return {"Evaluator": evaluator}


@operation("beholden:RecordEvaluation", resource=_evaluations)
def record_evaluation(
    services: Services, call: Call, request: FinishedEvaluation
) -> dict[str, Any]:
    """Put the numbers into the log, where the public page finds them."""
    call.note(
        kind=request["Kind"],
        list_sha256=request["ListSha256"],
        model=_model(services, request["Kind"]),
        summary=request["Summary"],
        groups=request["Groups"],
    )
    return {"Recorded": True, "CallId": call.call_id}
