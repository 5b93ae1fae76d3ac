"""Records to an MQTT broker, at least once (QoS 1), on the topic PREFIX/PROCESSOR."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from queue import Empty, Queue
from threading import Lock
from urllib.parse import unquote, urlsplit

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from beholden.domain.errors import NotTaken, OperatorError

PORTS = {"mqtt": 1883, "mqtts": 8883}
# How long a broker may take to answer.
TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Broker:
    host: str
    port: int
    tls: bool
    topic: str
    user: str | None
    password: str | None = field(repr=False)


def broker_at(url: str) -> Broker:
    """mqtt(s)://user:password@host:port/topic/prefix. Raises OperatorError, without the address."""
    parts = urlsplit(url)
    topic = unquote(parts.path).strip("/")
    wrong = parts.scheme not in PORTS or not parts.hostname or not topic or set(topic) & set("+#\0")
    try:
        port = parts.port
    except ValueError:
        wrong, port = True, None
    if wrong:
        raise OperatorError(
            "BEHOLDEN_STREAM_MQTT is mqtt://USER:PASSWORD@HOST:PORT/TOPIC, or mqtts:// for TLS."
        )
    return Broker(
        host=parts.hostname or "",
        port=port or PORTS[parts.scheme],
        tls=parts.scheme == "mqtts",
        topic=topic,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


class MqttRecords:
    """Implements ports.live.Outlet. It connects with the first record, and anew once the broker was
    away. Nothing waits in here: what is not acknowledged is for its sender to send again."""

    def __init__(self, broker: Broker, timeout_s: float = TIMEOUT_S) -> None:
        self._broker = broker
        self._timeout_s = timeout_s
        self._turn = Lock()
        self._client: Client | None = None

    def put(self, stream_arn: str, key: str, record: bytes) -> None:  # noqa: ARG002
        client = self._connected()
        try:
            sent = client.publish(f"{self._broker.topic}/{key}", record, qos=1)
            sent.wait_for_publish(self._timeout_s)
            taken = sent.is_published()
        except (ValueError, RuntimeError):  # no such topic, or there is no connection any more
            taken = False
        if not taken:
            client.disconnect()
            raise NotTaken(f"MQTT: {self._broker.host} does not take it")

    def _connected(self) -> Client:
        """Raises NotTaken."""
        with self._turn:
            if self._client is None or not self._client.is_connected():
                self._client = self._connect()
            return self._client

    def _connect(self) -> Client:
        broker, answers = self._broker, Queue[ReasonCode]()
        client = Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=False)
        client.connect_timeout = self._timeout_s
        client.on_connect = lambda _client, _data, _flags, code, _more: answers.put(code)
        if broker.user is not None:
            client.username_pw_set(broker.user, broker.password)
        if broker.tls:
            client.tls_set_context(ssl.create_default_context())
        try:
            client.connect(broker.host, broker.port)
            client.loop_start()
            answer = answers.get(timeout=self._timeout_s)
        except (OSError, Empty, ValueError, RuntimeError) as error:  # also: no name, no thread
            client.disconnect()
            raise NotTaken(f"MQTT: {broker.host} is away: {type(error).__name__}") from error
        if answer.is_failure:
            raise NotTaken(f"MQTT: {answer}")
        return client
