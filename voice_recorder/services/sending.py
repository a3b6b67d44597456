"""One copy on its way: sent, read back, proved, and only then called backed up.

The order of steps, each durable before the next begins: the copy and its digests; the upload's session; every
acknowledged chunk; what the provider says it holds, compared; the receipt. Cut off anywhere, the next try
goes on from the last of them.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from voice_recorder.cloud.receipts import disagreement, download_differs
from voice_recorder.domain.chunks import chunk_bytes_for
from voice_recorder.domain.compression import SendAs
from voice_recorder.domain.errors import CloudCopyDiffers, TransientCloudError
from voice_recorder.domain.ports import (
    Digest,
    DigestScheme,
    OutgoingFile,
    Provider,
    RemoteCopy,
    UploadControl,
    UploadSession,
)
from voice_recorder.domain.recording import Master, Recording
from voice_recorder.domain.transfers import PreparedCopy, Receipt, Transfer, TransferState
from voice_recorder.domain.words import tr
from voice_recorder.services.compressing import Compressing
from voice_recorder.storage.transfers import Transfers

_log = logging.getLogger(__name__)


class Sending:
    """Sends prepared copies."""

    def __init__(self, transfers: Transfers, compressing: Compressing) -> None:
        self._transfers = transfers
        self._compressing = compressing

    def send(
        self,
        provider: Provider,
        transfer: Transfer,
        recording: Recording,
        master: Master,
        cancel: threading.Event,
        sending: Callable[[int], None],
        reached: Callable[[TransferState], None],
    ) -> Receipt:
        """Send the copy of an entry that is uploading and prove it; the receipt, still to be stored.

        ``sending`` gets the position in the file, ``reached`` the states on the way. Raises CloudError,
        Cancelled, NotFound.
        """
        copy = transfer.copy
        assert copy is not None
        file = self._file(copy, recording, master)
        session = transfer.session
        if not session.chunk_bytes:
            session = replace(session, chunk_bytes=chunk_bytes_for(file.size_bytes))

        def save(now: UploadSession) -> None:
            self._transfers.store_session(transfer, now)

        control = UploadControl(save, sending, cancel)
        if transfer.replaces:
            provider.delete(transfer.remote_id)
            self._transfers.change(transfer, transfer.state, replaces=False)
        try:
            provider.upload(transfer.remote_id, file, session, control)
        except CloudCopyDiffers:
            self._replace_wrong_copy(provider, transfer, file, cancel)
            provider.upload(transfer.remote_id, file, replace(session, id="", acknowledged_bytes=0), control)
        transfer = self._transfers.change(transfer, TransferState.VERIFYING)
        reached(TransferState.VERIFYING)
        stored = provider.stat(transfer.remote_id)
        wrong = _wrong(provider, transfer.remote_id, stored, file, cancel)
        if wrong:
            self._replace_wrong_copy(provider, transfer, file, cancel)
            raise TransientCloudError(
                tr("The cloud copy is not what was sent: {wrong}", wrong=wrong),
                tr("It was removed there and will be sent again; the recording here is untouched."),
            )
        assert stored is not None  # or it would be wrong
        return _receipt(transfer, file, copy.send_as, stored)

    def _replace_wrong_copy(
        self, provider: Provider, transfer: Transfer, file: OutgoingFile, cancel: threading.Event
    ) -> None:
        """Remove what our own check proves wrong, and nothing else."""
        stored = provider.stat(transfer.remote_id, thorough=True)
        if stored is not None and _wrong(provider, transfer.remote_id, stored, file, cancel):
            _log.warning("the copy at %s is not what was sent; it is replaced", transfer.place)
            provider.delete(transfer.remote_id)
        session = self._transfers.get(transfer.id).session
        if session.id:
            provider.abandon(transfer.remote_id, session)
        self._transfers.store_session(transfer, UploadSession())

    def _file(self, copy: PreparedCopy, recording: Recording, master: Master) -> OutgoingFile:
        send_as = SendAs(copy.send_as)
        original = send_as is SendAs.ORIGINAL
        return OutgoingFile(
            path=self._compressing.path_of(copy, master),
            size_bytes=copy.size_bytes,
            md5=copy.md5,
            sha256=copy.sha256,
            content_type=master.mime_type if original else send_as.content_type,
            suffix=suffix_of(send_as, master),
            title=recording.title,
            created_at=master.created_at,
            duration_s=master.duration_s,
        )


def suffix_of(send_as: SendAs, master: Master) -> str:
    """The ending of the copy's name, without a dot."""
    if send_as is SendAs.ORIGINAL:
        return master.name.rpartition(".")[2]
    return send_as.suffix.removeprefix(".")


def _wrong(
    provider: Provider, remote_id: str, stored: RemoteCopy | None, file: OutgoingFile, cancel: threading.Event
) -> str | None:
    """Why what is stored is not ``file``; a copy of which no digest is told is read back to its end."""
    if stored is None or stored.size_bytes != file.size_bytes or stored.digest is not None:
        return disagreement(stored, file)
    return download_differs(provider, remote_id, file.sha256, file.size_bytes, cancel)


def _receipt(transfer: Transfer, file: OutgoingFile, send_as: str, stored: RemoteCopy) -> Receipt:
    return Receipt(
        master_id=transfer.master_id,
        place=transfer.place,
        remote_id=transfer.remote_id,
        send_as=send_as,
        size_bytes=file.size_bytes,
        md5=file.md5,
        sha256=file.sha256,
        digest=stored.digest or Digest(DigestScheme.SHA256, file.sha256),
        etag=stored.etag,
        lossless=send_as == SendAs.ORIGINAL.value,
        verified_at=datetime.now(UTC),
    )
