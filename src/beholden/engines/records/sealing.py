"""What leaves the process sealed: templates and what is known of a face."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from beholden.domain.arrays import Float16
from beholden.domain.face import Collection
from beholden.domain.gallery import Subject
from beholden.ports.vault import Vault


def data_key(collection_no: int) -> str:
    """The name of a collection's data key."""
    return f"collections/{collection_no}"


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals with the data key of one collection. Each text is bound to its subject's number, and a
    template to its model version: none can be passed off as another's."""

    vault: Vault
    collection_no: int
    model_version: str

    @classmethod
    def of(cls, vault: Vault, collection: Collection) -> Sealer:
        return cls(vault, collection.no, collection.model_version)

    def seal_vectors(
        self, subject: Subject, nos: Sequence[int], vectors: Sequence[Float16]
    ) -> list[bytes]:
        texts = [vector.tobytes() for vector in vectors]
        return self.vault.seal(self._key, texts, self._contexts(subject, nos))

    def open_vectors(
        self, subject: Subject, nos: Sequence[int], sealed: Sequence[bytes]
    ) -> Float16:
        """Shape (n, d); (0, 0) for none."""
        texts = self.vault.open(self._key, sealed, self._contexts(subject, nos)) if sealed else []
        width = len(texts[0]) // 2 if texts else 0
        return np.frombuffer(b"".join(texts), np.float16).reshape(len(texts), width)

    def seal_about(self, nos: Sequence[int], about: Sequence[Mapping[str, object]]) -> list[bytes]:
        texts = [json.dumps(one, separators=(",", ":")).encode() for one in about]
        return self.vault.seal(self._key, texts, _about_contexts(nos))

    def open_about(self, nos: Sequence[int], sealed: Sequence[bytes]) -> list[dict[str, object]]:
        texts = self.vault.open(self._key, sealed, _about_contexts(nos)) if sealed else []
        return [json.loads(text) for text in texts]

    @property
    def _key(self) -> str:
        return data_key(self.collection_no)

    def _contexts(self, subject: Subject, nos: Sequence[int]) -> list[bytes]:
        version = self.model_version.encode()
        return [b"%b:%d:%b" % (subject.encode(), no, version) for no in nos]


def _about_contexts(nos: Sequence[int]) -> list[bytes]:
    return [b"about:%d" % no for no in nos]
