"""Keeps the receipts true: what somebody deleted or changed in the cloud, and what is to be deleted there."""

import logging
import threading
from dataclasses import dataclass, replace
from datetime import timedelta

from voice_recorder.cloud.receipts import download_differs
from voice_recorder.domain.errors import Cancelled, CloudCopyDiffers, CloudCopyMissing, CloudError
from voice_recorder.domain.ports import Provider, RemoteCopy, UploadSession
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import Receipt, TransferState
from voice_recorder.domain.words import tr
from voice_recorder.services.providers import Providers
from voice_recorder.storage.library import Library
from voice_recorder.storage.proofs import Proofs, Removal
from voice_recorder.storage.sync_log import SyncLog
from voice_recorder.storage.transfers import Transfers

_log = logging.getLogger(__name__)
BATCH = 100
"""How many copies a provider is asked to remove at once."""
_REMOVED_AGAIN_AFTER = timedelta(hours=1)
_PLAN_EVERY = timedelta(days=1)


@dataclass
class Reconciliation:
    """How many copies were looked at, and how many were gone, changed, or removed on our wish."""

    checked: int = 0
    gone: int = 0
    changed: int = 0
    removed: int = 0


class Reconciling:
    """Compares the receipts with what the provider lists: one question for hundreds of copies."""

    def __init__(
        self, library: Library, transfers: Transfers, proofs: Proofs, log: SyncLog, providers: Providers
    ) -> None:
        self._library = library
        self._transfers = transfers
        self._proofs = proofs
        self._log = log
        self._providers = providers

    def run(self, cancel: threading.Event | None = None) -> Reconciliation:
        """Carry out removals, then compare, and once a day ask what the plan allows.

        Never touches local audio. CloudError, Cancelled, NoProvider.
        """
        cancel = cancel or threading.Event()
        provider = self._providers.open()
        found = Reconciliation()
        self._remove(provider, found, cancel)
        if self._proofs.count(provider.place):
            self._compare(provider, found, cancel)
        if self._log.plan_is_older_than(provider.place, _PLAN_EVERY):
            self._log.set_plan(provider.place, provider.check())
        return found

    def _compare(self, provider: Provider, found: Reconciliation, cancel: threading.Event) -> None:
        listed: dict[str, RemoteCopy] = {}
        for copy in provider.list():
            if cancel.is_set():
                raise Cancelled
            listed[copy.remote_id] = copy
        for receipt in self._proofs.at(provider.place):
            if cancel.is_set():
                raise Cancelled
            found.checked += 1
            stored = listed.get(receipt.remote_id)
            if stored is None or not _is_as_it_was(receipt, stored):
                self._look_closer(provider, receipt, found, cancel)

    def _look_closer(
        self, provider: Provider, receipt: Receipt, found: Reconciliation, cancel: threading.Event
    ) -> None:
        """Ask for a copy by name before what a listing says, or does not say, is believed."""
        is_only_copy = self._is_only_copy(receipt)
        stored = provider.stat(receipt.remote_id, thorough=is_only_copy)
        if stored is None:
            found.gone += 1
            self._enter_gone(receipt)
            return
        wrong = receipt.contradiction(stored)
        if not receipt.is_proved_by(stored) and (wrong is None or is_only_copy):
            wrong = download_differs(provider, receipt.remote_id, receipt.sha256, receipt.size_bytes, cancel)
        if wrong:
            found.changed += 1
            self._enter_changed(receipt, wrong)
        else:
            self._proofs.renew(receipt, stored)

    def _is_only_copy(self, receipt: Receipt) -> bool:
        owners = self._library.owners(receipt.master_id)
        masters = [m for owner in owners for m in owner.masters if m.id == receipt.master_id]
        return any(master.state is MasterState.FREED for master in masters)

    def _enter_gone(self, receipt: Receipt) -> None:
        error = CloudCopyMissing(
            tr("The copy was removed from the cloud."),
            tr("The audio here was not touched.") + " " + tr("'Send again' makes a new copy."),
        )
        _log.warning("the copy %s is gone", receipt.remote_id)
        self._proofs.revoke(receipt, TransferState.REMOVED, error.kind, str(error))
        self._remember(receipt, "removed from the cloud", receipt.place)
        self._enter_lost(receipt, tr("its only copy was removed"))

    def _enter_changed(self, receipt: Receipt, wrong: str) -> None:
        error = CloudCopyDiffers(
            tr("The cloud copy is not what was sent: {wrong}", wrong=wrong),
            tr("The audio here was not touched.") + " " + tr("'Retry' sends it again in its place."),
        )
        self._proofs.revoke(receipt, TransferState.FAILED, error.kind, str(error))
        self._remember(receipt, "changed in the cloud", wrong)
        self._enter_lost(receipt, tr("its only copy was changed"))

    def _enter_lost(self, receipt: Receipt, why: str) -> None:
        """Audio that was only there is missing now."""
        for owner in self._library.owners(receipt.master_id):
            for master in owner.masters:
                if master.id == receipt.master_id and master.state is MasterState.FREED:
                    lost = replace(master, state=MasterState.MISSING)
                    self._library.store_reading(owner.id, lost, "missing", why)

    def _remember(self, receipt: Receipt, what: str, detail: str) -> None:
        for owner in self._library.owners(receipt.master_id):
            self._library.remember(owner.id, what, detail)

    def _remove(self, provider: Provider, found: Reconciliation, cancel: threading.Event) -> None:
        while batch := self._proofs.removals(provider.place, BATCH, sessions=False):
            if cancel.is_set():
                raise Cancelled
            errors = provider.delete_many([removal.remote_id for removal in batch])
            gone = [removal for removal in batch if removal.remote_id not in errors]
            for removal in batch:
                if removal.remote_id in errors:
                    _log.warning("a cloud copy was not removed: %s", errors[removal.remote_id])
                    self._proofs.not_removed(removal, _REMOVED_AGAIN_AFTER)
            self._proofs.removed(gone)
            found.removed += len(gone)
            _log.info("removed %d copies from %s", len(gone), provider.place)
        while batch := self._proofs.removals(provider.place, BATCH, sessions=True):
            for removal in batch:
                if cancel.is_set():
                    raise Cancelled
                self._abandon(provider, removal)

    def _abandon(self, provider: Provider, removal: Removal) -> None:
        """Give up an unfinished upload, unless the same copy is on its way again."""
        if self._transfers.is_under_way(removal.place, removal.remote_id):
            self._proofs.not_removed(removal, _REMOVED_AGAIN_AFTER)
            return
        try:
            provider.abandon(removal.remote_id, UploadSession(removal.session))
        except CloudError as error:
            _log.warning("an unfinished upload was not given up: %s", error)
            self._proofs.not_removed(removal, _REMOVED_AGAIN_AFTER)
        else:
            self._proofs.removed([removal])


def _is_as_it_was(receipt: Receipt, listed: RemoteCopy) -> bool:
    """Whether a listing shows the copy unchanged: by its digest, or by the tag it had when it was proved.

    Of a listing that tells neither, the size has to do.
    """
    tells_nothing = listed.digest is None and not listed.etag
    same_tag = tells_nothing or (bool(listed.etag) and listed.etag == receipt.etag)
    return receipt.is_proved_by(listed) or (same_tag and listed.size_bytes == receipt.size_bytes)
