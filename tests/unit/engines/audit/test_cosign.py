import struct
from base64 import b64decode, b64encode
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from beholden.engines.audit.cosign import Cosigner, Witness
from beholden.engines.audit.note import CheckpointError, Verifier

NOTE = (
    "log.example.org\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— log.example.org AAAA\n"
)
TIME = 1_679_315_147


@pytest.fixture
def cosigner():
    return Cosigner("witness.example.org/w1", Ed25519PrivateKey.from_private_bytes(bytes(32)))


def test_a_cosignature_is_what_the_specification_says(cosigner):
    dash, name, encoded = cosigner.cosign(NOTE, TIME).rstrip("\n").split(" ")
    raw = b64decode(encoded)
    public = cosigner.private.public_key()
    key_id = sha256(b"witness.example.org/w1\n\x04" + public.public_bytes_raw()).digest()[:4]
    assert (dash, name, raw[:4]) == ("—", "witness.example.org/w1", key_id)
    assert struct.unpack(">Q", raw[4:12]) == (TIME,)
    text = (
        "cosignature/v1\ntime 1679315147\n"
        "log.example.org\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )
    public.verify(raw[12:], text.encode())


def test_it_verifies_with_its_time(cosigner):
    note = NOTE + cosigner.cosign(NOTE, TIME)
    assert Witness.parse(str(cosigner.public)).cosigned(note) == TIME


def altered(line, at):
    dash, name, encoded = line.split(" ")
    raw = bytearray(b64decode(encoded))
    raw[at] ^= 1
    return f"{dash} {name} {b64encode(raw).decode()}\n"


@pytest.mark.parametrize("at", [0, 11, 12, 75])
def test_an_altered_one_does_not(cosigner, at):
    assert cosigner.public.cosigned(NOTE + altered(cosigner.cosign(NOTE, TIME), at)) is None


def test_nor_one_of_another_note_or_another_key(cosigner):
    line = cosigner.cosign(NOTE, TIME)
    assert cosigner.public.cosigned(NOTE.replace("\n7\n", "\n8\n") + line) is None
    other = Cosigner(cosigner.name, Ed25519PrivateKey.generate())
    assert other.public.cosigned(NOTE + line) is None
    assert cosigner.public.cosigned(NOTE) is None


def test_a_logs_key_is_no_witness_and_the_reverse(cosigner):
    with pytest.raises(CheckpointError, match="Verifier"):
        Verifier.parse(str(cosigner.public))
    with pytest.raises(CheckpointError, match="Witness"):
        Witness.parse(str(Verifier(cosigner.name, cosigner.public.public)))
