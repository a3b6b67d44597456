"""Links that anybody can open for a while: made offline, kept until shortly before they expire."""

import logging
from datetime import UTC, datetime, timedelta

from voice_recorder.domain.compression import SendAs
from voice_recorder.domain.errors import CloudCopyMissing, NotFound
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.words import tr
from voice_recorder.services.providers import Providers
from voice_recorder.services.sending import suffix_of
from voice_recorder.storage.library import Library
from voice_recorder.storage.proofs import Link, Proofs

_log = logging.getLogger(__name__)
DEFAULT_LIFE_S = 3600
LONGEST_LIFE_S = 7 * 24 * 3600
"""What S3 signs at most."""
_RENEWED_BEFORE = 0.1  # of its life is left


class Links:
    """Makes links to cloud copies."""

    def __init__(self, library: Library, proofs: Proofs, providers: Providers) -> None:
        self._library = library
        self._proofs = proofs
        self._providers = providers

    def make(self, recording_id: str, life_s: int = DEFAULT_LIFE_S) -> Link:
        """A link to the copy of a recording (of its first master) that ends within ``life_s`` seconds.

        NotFound, also for what is in the trash; CloudCopyMissing when it is not backed up; NoProvider,
        CredentialsRejected.
        """
        recording = self._library.get(recording_id)
        if recording.trashed_at is not None:
            raise NotFound(
                tr("The recording is in the trash."), tr("Restore it before you give a link away.")
            )
        provider = self._providers.open()
        master = recording.masters[0]
        receipt = self._proofs.of_master(master.id, provider.place)
        if receipt is None:
            raise CloudCopyMissing(
                tr("“{title}” is not backed up, so there is nothing to link to.", title=recording.title),
                tr("Send it first."),
            )
        now = datetime.now(UTC).replace(microsecond=0)
        kept = self._proofs.link(
            master.id, provider.place, life_s, now + timedelta(seconds=life_s * _RENEWED_BEFORE)
        )
        if kept is not None:
            return kept
        suffix = suffix_of(SendAs(receipt.send_as), master)
        url = provider.link(receipt.remote_id, file_name_of(recording, suffix), life_s)
        link = Link(url, now + timedelta(seconds=life_s))
        self._proofs.keep_link(master.id, provider.place, life_s, link)
        _log.info("a link was made to a copy at %s, good for %d s", provider.place, life_s)
        return link


def file_name_of(recording: Recording, suffix: str) -> str:
    """A name for the downloaded file that every system takes: the title without what some refuse."""
    kept = "".join(c if c.isalnum() or c in " .,-_()" else "_" for c in recording.title).strip(" .")
    return f"{kept[:80].strip(' .') or f'{recording.local_time:%Y-%m-%d %H.%M.%S}'}.{suffix}"
