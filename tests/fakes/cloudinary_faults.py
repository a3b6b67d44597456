"""What can befall a request to the test server (``cloudinary_server``).

``on`` is a kind of request: upload, explicit, destroy, download, delivery, ping, usage, resource, resources,
delete_resources; "admin" for the last five, or "any". The first ``skip`` of them pass, the next ``times``
meet the fault.
"""

import copy
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Fault:
    """See the module."""

    on: str = "any"
    times: int = 1
    skip: int = 0

    def skip_or_take(self) -> bool:
        """Whether the request that has just come meets it; counts down."""
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass
class Status(Fault):
    """Another status than 200.

    ``early``: while the body is still coming. ``afterwards`` the server then "closes" the connection, "reads"
    what still comes, or does "nothing" for some seconds.
    """

    code: int
    message: str = "Something went wrong"
    headers: dict[str, str] = field(default_factory=dict)
    early: bool = False
    afterwards: str = "closes"


@dataclass
class Drop(Fault):
    """The connection is cut after so many bytes of the request's body, or of the download.

    When there are fewer, it is cut before the answer, like DropAnswer.
    """

    after_bytes: int = 0


@dataclass
class Stall(Fault):
    """Nothing is read, or sent, for a while after so many bytes."""

    seconds: float
    after_bytes: int = 0


@dataclass
class DropAnswer(Fault):
    """All has arrived and is stored, but the connection is cut before the answer."""


@dataclass
class Delay(Fault):
    """The answer comes late."""

    seconds: float


@dataclass
class Garbage(Fault):
    """All has arrived and is stored, but the answer is not what it should be."""

    body: bytes = b"<html>Please log in to this network</html>"
    status: int = 200


@dataclass
class WrongEtag(Fault):
    """The right bytes are stored and described with another MD5 from now on."""


@dataclass
class CorruptStored(Fault):
    """Other bytes are stored than came, described with the MD5 of those that came."""


class RandomFaults:
    """Every request meets one of ``faults`` with the probability ``share``; a seed gives the same again."""

    def __init__(self, seed: int, share: float, faults: Sequence[Fault]) -> None:
        self._random = random.Random(seed)
        self._share = share
        self._faults = tuple(faults)
        self._lock = threading.Lock()

    def next(self) -> Fault | None:
        """The fault for a request, or none."""
        with self._lock:
            met = self._random.random() < self._share
            return copy.copy(self._random.choice(self._faults)) if met else None
