"""Records to a real broker (Mosquitto, from Debian's packages), which goes away and comes back."""

import shutil
import socket
import subprocess
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from queue import Queue

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from beholden.domain.errors import NotTaken, OperatorError
from beholden.engines.notifier.mqtt import Broker, MqttRecords, broker_at
from beholden.streams.delivery import Line
from tests.serving import free_port

MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"


def certified(folder, host):
    """Make an authority (ca.pem) and the certificate that it gives a broker (broker.pem, .key)."""
    now, day = datetime.now(UTC), timedelta(days=1)
    signing, serving = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])

    def signed(subject, key, extension):
        made = x509.CertificateBuilder(issuer, subject, key.public_key())
        made = made.serial_number(x509.random_serial_number()).add_extension(extension, True)
        made = made.not_valid_before(now - day).not_valid_after(now + day)
        return made.sign(signing, SHA256()).public_bytes(Encoding.PEM)

    name = x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))])
    broker = signed(x509.Name([]), serving, name)
    authority = signed(issuer, signing, x509.BasicConstraints(ca=True, path_length=None))
    (folder / "broker.pem").write_bytes(broker)
    (folder / "broker.key").write_bytes(
        serving.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    path = folder / "ca.pem"
    path.write_bytes(authority)
    return path


class Mosquitto:
    """A broker that can be switched off and on; it asks for a password."""

    def __init__(self, folder, *, tls=False):
        self._tls = tls
        self.port = free_port()
        passwords = folder / "passwords"
        passwords.write_text("viewer:hunter2\n")
        passwords.chmod(0o600)
        subprocess.run(["mosquitto_passwd", "-U", passwords], check=True)
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\n"
            f"user root\n"
        )
        if tls:
            with self._config.open("a") as config:
                config.write(f"certfile {folder}/broker.pem\nkeyfile {folder}/broker.key\n")
        self._process = None

    def on(self):
        self._process = subprocess.Popen(
            [MOSQUITTO, "-c", self._config], stderr=subprocess.PIPE, text=True
        )
        while "running" not in (line := self._process.stderr.readline()):
            assert line

    def off(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process.stderr.close()
            self._process = None

    def reader(self):
        """What arrives from now on, in order: (topic, data)."""
        came, ready = Queue(), threading.Event()
        client = Client(CallbackAPIVersion.VERSION2)
        client.username_pw_set("viewer", "hunter2")
        client.on_message = lambda _c, _d, message: came.put((message.topic, message.payload))
        client.on_subscribe = lambda *_: ready.set()
        client.connect("127.0.0.1", self.port)
        client.subscribe("home/#", qos=1)
        client.loop_start()
        assert ready.wait(5)
        return came

    def outlet(self, password="hunter2"):
        scheme = "mqtts" if self._tls else "mqtt"
        address = f"{scheme}://viewer:{password}@127.0.0.1:{self.port}/home/found"
        return MqttRecords(broker_at(address), timeout_s=1)


@contextmanager
def playing(folder, **how):
    if shutil.which(MOSQUITTO) is None:
        pytest.skip("Mosquitto is not installed: apt-get install mosquitto")
    made = Mosquitto(folder, **how)
    made.on()
    yield made
    made.off()


@pytest.fixture
def broker(tmp_path):
    with playing(tmp_path) as made:
        yield made


def test_each_record_on_its_processors_topic_in_order(broker):
    came, outlet = broker.reader(), broker.outlet()
    for no in range(20):
        outlet.put("arn", "door", b"%d" % no)
    outlet.put("arn", "yard", b"21")
    arrived = [came.get(timeout=5) for _ in range(21)]
    assert arrived == [("home/found/door", b"%d" % no) for no in range(20)] + [
        ("home/found/yard", b"21")
    ]


def test_a_broker_that_was_away_gets_what_waited_in_order_and_the_oldest_are_counted(broker):
    line = Line(broker.outlet(), "arn", "door", most=5)
    line.put(b"before")
    line.flush(10)
    assert line.delivered == 1
    broker.off()
    for no in range(10):
        line.put(b"%d" % no)
    broker.on()
    came = broker.reader()
    line.flush(10)
    line.close()
    arrived = [came.get(timeout=5)[1] for _ in range(5)]
    assert arrived == [b"5", b"6", b"7", b"8", b"9"]
    assert (line.delivered, line.dropped) == (6, 5)


def test_whoever_may_not_is_told(broker):
    with pytest.raises(NotTaken, match="Not authorized"):
        broker.outlet("wrong").put("arn", "door", b"1")


def test_over_tls_by_an_authority_that_the_machine_trusts(tmp_path, monkeypatch):
    authority = certified(tmp_path, "127.0.0.1")
    with playing(tmp_path, tls=True) as broker:
        with pytest.raises(NotTaken, match="SSLCertVerificationError"):
            broker.outlet().put("arn", "door", b"1")
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        broker.outlet().put("arn", "door", b"1")  # returns once the broker has it


def test_over_tls_a_broker_of_another_name_gets_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certified(tmp_path, "127.0.0.2")))
    with (
        playing(tmp_path, tls=True) as broker,
        pytest.raises(NotTaken, match="SSLCertVerificationError"),
    ):
        broker.outlet().put("arn", "door", b"1")


def test_who_does_not_answer():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"mqtt://127.0.0.1:{silent.getsockname()[1]}/found"
        outlet = MqttRecords(broker_at(address), timeout_s=0.2)
        with pytest.raises(NotTaken, match="away"):
            outlet.put("arn", "door", b"1")


def test_a_name_that_cannot_be_one():
    outlet = MqttRecords(broker_at(f"mqtt://{64 * 'a'}.example/found"), timeout_s=0.2)
    with pytest.raises(NotTaken, match="away"):
        outlet.put("arn", "door", b"1")


def test_no_thread_for_it(broker, monkeypatch):
    def none_left(_client):
        raise RuntimeError

    monkeypatch.setattr(Client, "loop_start", none_left)
    with pytest.raises(NotTaken, match="away"):
        broker.outlet().put("arn", "door", b"1")


def test_a_topic_that_cannot_be_one(broker):
    with pytest.raises(NotTaken, match="not take"):
        broker.outlet().put("arn", "#", b"1")


def test_addresses():
    assert broker_at("mqtts://a%40b:p%2Fw@mq.example/home/found/") == Broker(
        "mq.example", 8883, tls=True, topic="home/found", user="a@b", password="p/w"
    )
    assert broker_at("mqtt://mq.example:1/x").port == 1
    assert "p/w" not in repr(broker_at("mqtt://a:p%2Fw@mq.example/x"))


@pytest.mark.parametrize(
    "address",
    [
        "http://a:hunter2@b/c",
        "mqtt://a:hunter2@b",
        "mqtt://a:hunter2@b:x/c",
        "mqtt:///c",
        "mqtt://a:hunter2@b/home/+/c",
        "mqtt://a:hunter2@b/home%23",
    ],
)
def test_what_is_no_address(address):
    with pytest.raises(OperatorError) as refused:
        broker_at(address)
    assert "hunter2" not in str(refused.value)
