"""What works on live video."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from beholden.config import Settings
from beholden.domain.access import Grant
from beholden.domain.errors import AccessDenied, NotTaken
from beholden.domain.message import Message
from beholden.domain.profile import Profile
from beholden.domain.recording import Recorded
from beholden.domain.stream import StreamProcessor
from beholden.engines.frames.clips import Mp4Clips
from beholden.engines.notifier.kinesis import KinesisRecords
from beholden.engines.notifier.mqtt import MqttRecords, broker_at
from beholden.engines.notifier.outbox import NotDelivered
from beholden.engines.notifier.sns import Sns
from beholden.engines.notifier.webhook import Webhook, secret_of
from beholden.engines.records.engine import SqlRecords
from beholden.gate.gate import Gate
from beholden.operations._names import new_id
from beholden.operations._services import Services
from beholden.operations.live.count import CountWatch
from beholden.operations.live.faces import FaceWatch
from beholden.operations.live.labels import LabelWatch
from beholden.operations.stream_labels import counts, looks_for_labels
from beholden.operations.streams import RECORDING
from beholden.ports.compute import Compute
from beholden.ports.live import Outlet
from beholden.ports.notifier import Notifier
from beholden.streams.delivery import Delivery
from beholden.streams.feed import Audience, Feed
from beholden.streams.recording import Recording, tidy
from beholden.streams.screen import LiveScreen, Shown
from beholden.streams.session import Tools
from beholden.streams.supervisor import Supervisor
from beholden.streams.work import Watch

# Whoever fetches pictures more slowly than they come sees the newest.
MOST_PICTURES = 1


class Streams:
    """The supervisor of all stream processors, and the feed of what they find."""

    def __init__(
        self,
        settings: Settings,
        records: SqlRecords,
        gate: Gate,
        services: Services,
        notifier: Notifier,
        *,
        compute: Compute,
    ) -> None:
        self.feed = Feed()
        self.pictures: Audience[Shown] = Audience(MOST_PICTURES)
        self.tickets = services.tickets
        self._gate = gate
        self._processors = records.stream_processors
        recordings = settings.data_dir / "recordings"
        tidy(recordings, self._processors.list())
        faces = [self.feed, *_outlets(settings)]
        labels = [self.feed, *_topics(settings)]

        def watch(processor: StreamProcessor, grant: Grant) -> Watch:
            if counts(processor):
                return CountWatch(processor)
            if looks_for_labels(processor):
                return LabelWatch(services, processor)
            screen = LiveScreen(
                processor.name,
                self.pictures,
                gate.clock,
                _recording(services, processor, grant, recordings),
                marks_unknown=services.profile is Profile.PERSONAL,
            )
            return FaceWatch(services, gate.release, screen, processor, grant)

        tools = Tools(
            gate=gate,
            cameras=records.cameras,
            processors=records.stream_processors,
            compute=compute,
            watch=watch,
            delivery=partial(_delivery, faces, labels),
            patience_s=settings.camera_patience_s,
        )
        lease = timedelta(seconds=settings.job_lease_s)
        self.supervisor = Supervisor(tools, notifier, new_id(), lease)

    def dropped(self, processor: str) -> int:
        """How many of a processor's frames were left out since it was started in this server."""
        of = {one.processor: one.frames_dropped for one in self.supervisor.health()}
        return of.get(processor, 0)

    def still(self, watched: Mapping[str, Any]) -> None:
        """Raises AccessDenied once whoever watches (see WatchStream) may not any more, or what they
        were allowed to watch has ended: the next start may be for another purpose."""
        self._gate.revive(watched["Grant"])
        current = {one.session_id for one in self._processors.list()}
        if watched["SessionId"] not in current:
            raise AccessDenied("The session of this stream processor has ended.")


def _recording(
    services: Services, processor: StreamProcessor, grant: Grant, folder: Path
) -> Recording | None:
    asked: Any = processor.request.get(RECORDING)
    if asked is None:
        return None
    purpose = grant.query.principal.purpose
    authorization: Any = grant.query.context.get("authorization")

    def made(name: str, began: datetime) -> Recorded:
        key = processor.object_key(asked["KeyPrefix"], name)
        return Recorded(asked["Bucket"], key, purpose, authorization, began)

    own = folder / str(processor.session_id)
    return Recording(Mp4Clips(), services.blobs, services.recordings, made, own)


def _delivery(
    faces: Sequence[Outlet], labels: Sequence[Outlet], processor: StreamProcessor
) -> Delivery:
    request: Any = processor.request
    if looks_for_labels(processor) and not counts(processor):
        return Delivery(labels, request["NotificationChannel"]["SNSTopicArn"], processor.name)
    return Delivery(faces, request["Output"]["KinesisDataStream"]["Arn"], processor.name)


def _topics(settings: Settings) -> list[Outlet]:
    if settings.sns_endpoint is None:
        return []
    return [_Published(Sns(settings.sns_endpoint, settings.region))]


class _Published:
    """Implements ports.live.Outlet over SNS: a label processor's events."""

    def __init__(self, sns: Sns) -> None:
        self._sns = sns

    def put(self, stream_arn: str, key: str, record: bytes) -> None:
        event = Message(new_id(), datetime.now(UTC), key, json.loads(record), stream_arn)
        try:
            self._sns(event)
        except NotDelivered as error:
            raise NotTaken(str(error)) from error


def _outlets(settings: Settings) -> list[Outlet]:
    found: list[Outlet] = []
    if settings.kinesis_endpoint is not None:
        aws = settings.kinesis_endpoint == "aws"
        endpoint = None if aws else settings.kinesis_endpoint
        found.append(KinesisRecords(endpoint, settings.region))
    if settings.stream_webhook is not None:
        secret = secret_of(settings.stream_webhook_secret.get_secret_value())
        found.append(_Posted(Webhook(settings.stream_webhook, secret)))
    if broker := settings.stream_mqtt.get_secret_value():
        found.append(MqttRecords(broker_at(broker)))
    return found


class _Posted:
    """Implements ports.live.Outlet over a webhook."""

    def __init__(self, webhook: Webhook) -> None:
        self._webhook = webhook

    def put(self, stream_arn: str, key: str, record: bytes) -> None:
        body = {"StreamArn": stream_arn, "Processor": key, "Record": json.loads(record)}
        subject = f"A record of the stream processor {key}"
        try:
            self._webhook(Message(new_id(), datetime.now(UTC), subject, body))
        except NotDelivered as error:
            raise NotTaken(str(error)) from error
