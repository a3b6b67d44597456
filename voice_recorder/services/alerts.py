"""Alerts: what its owner should know although nobody asked, up while it lasts and gone when it is over."""

from datetime import UTC, datetime, timedelta

from voice_recorder.domain.preflight import MB, Purpose, in_mb
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import PENDING
from voice_recorder.domain.words import tr
from voice_recorder.services.preflight import Preflight
from voice_recorder.services.providers import Providers
from voice_recorder.services.recordings_folder import recordings_are_away
from voice_recorder.storage.figures import Figures
from voice_recorder.storage.library import Library
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.settings_file import SettingsFile
from voice_recorder.storage.sync_log import SyncLog

MOST_PENDING = 100
LEAST_SUCCESS = 0.95
LEAST_ATTEMPTS = 20
PLAN_NEARLY_FULL = 0.9
_RATED_OVER = timedelta(days=1)
_QUIET_FOR = timedelta(days=1)
_QUIET_ABOUT_DAMAGE = timedelta(days=7)


class Alerts:
    """Looks whether there is anything to say; ``SyncLog`` keeps it, and whether it was shown or cleared."""

    def __init__(
        self,
        config: StorageConfig,
        settings: SettingsFile,
        library: Library,
        preflight: Preflight,
        log: SyncLog,
        figures: Figures,
        providers: Providers,
    ) -> None:
        self._config = config
        self._settings = settings
        self._library = library
        self._preflight = preflight
        self._log = log
        self._figures = figures
        self._providers = providers

    def refresh(self, now: datetime | None = None) -> None:
        """Raise what is so now and settle what is over. StorageError when the library cannot be used."""
        now = now or datetime.now(UTC)
        place = self._providers.place()
        causes = {
            "queue_long": self._long_queue(place),
            "disk_low": self._low_disk(),
            "uploads_failing": self._failing_uploads(place, now),
            "quota_exceeded": self._exceeded_quota(),
            "plan_nearly_full": self._nearly_full_plan(place),
            "recordings_away": self._recordings_away(),
            "damage_found": self._found_damage(place),
        }
        for kind, words in causes.items():
            if words:
                quiet_for = _QUIET_ABOUT_DAMAGE if kind == "damage_found" else _QUIET_FOR
                self._log.raise_alert(kind, words, quiet_for)
            else:
                self._log.settle_alert(kind)

    def _long_queue(self, place: str) -> str:
        queue = self._figures.queue(place)
        pending = sum(count for state, (count, _) in queue.items() if state in PENDING)
        if pending <= MOST_PENDING:
            return ""
        waiting = tr(
            "{number} files wait to be sent to the cloud; they are safe here.", number=f"{pending:,}"
        )
        if self._log.paused:
            return waiting + " " + tr("Sending is paused: resume it to send them.")
        return waiting + " " + tr("Look at the queue and at the network.")

    def _low_disk(self) -> str:
        if not self._config.enable_disk_space_check or not self._config.raw_recordings_path.is_dir():
            return ""
        verdict = self._preflight.check(Purpose.TAKE)
        if verdict.free_bytes >= 2 * verdict.need_bytes:
            return ""
        free, need = in_mb(verdict.free_bytes), in_mb(verdict.need_bytes)
        if verdict.free_bytes < verdict.need_bytes:
            words = tr("The disk is getting full: {free} are free, no recording can start.", free=free)
        else:
            words = tr("The disk is getting full: {free} are free, {need} are needed.", free=free, need=need)
        if not verdict.freeable_bytes:
            return words + " " + tr("Make room on this disk.")
        freeable = in_mb(verdict.freeable_bytes)
        return words + " " + tr("Emptying the trash and the cache frees {size}.", size=freeable)

    def _failing_uploads(self, place: str, now: datetime) -> str:
        outcomes = self._log.outcomes_since(now - _RATED_OVER) if place else {}
        done, failed = outcomes.get("done", 0), outcomes.get("failed", 0)
        tried = done + failed
        if tried < LEAST_ATTEMPTS or done / tried >= LEAST_SUCCESS:
            return ""
        reasons = self._figures.reasons(now - _RATED_OVER)
        words = [
            tr("Of the last {tried} uploads {failed} failed.", tried=f"{tried:,}", failed=f"{failed:,}"),
            *(tr("Most often: {reason}", reason=reason) for reason, _ in reasons[:1]),
            tr("Nothing is lost here; the settings can test the connection."),
        ]
        return " ".join(words)

    def _exceeded_quota(self) -> str:
        quota_mb = self._config.max_library_mb or self._settings.current.storage_quota_mb
        used = self._library.totals()["size_bytes"] if quota_mb else 0
        if used <= quota_mb * MB:
            return ""
        return tr(
            "The library holds {used}, more than the {allowed} you allowed it. Nothing is deleted by itself;"
            " delete or free some recordings, or allow it more.",
            used=in_mb(used),
            allowed=in_mb(quota_mb * MB),
        )

    def _nearly_full_plan(self, place: str) -> str:
        share = self._log.plan(place).used_share if place else None
        if share is None or share < PLAN_NEARLY_FULL:
            return ""
        return tr(
            "What your plan at {provider} includes is used by {share}. Make room there or take a larger plan,"
            " or new recordings stay on this computer only.",
            provider=place.partition(":")[0],
            share=f"{share:.0%}",
        )

    def _found_damage(self, place: str) -> str:
        states = self._figures.masters_by_state()
        found = states[MasterState.DAMAGED] + states[MasterState.MISSING]
        if not found:
            return ""
        if found == 1:
            words = tr("1 audio file is damaged or missing on this computer; 'Verify' names the recordings.")
        else:
            words = tr(
                "{number} audio files are damaged or missing on this computer;"
                " 'Verify' names the recordings.",
                number=f"{found:,}",
            )
        return f"{words} {self._way_back(found, place)}"

    def _way_back(self, found: int, place: str) -> str:
        restorable = self._figures.restorable(place)
        if not restorable:
            return tr("No cloud copy holds the original: look for it in a backup of this computer.")
        if found == 1:
            return tr("It can be put back from the proved cloud copy: fetch the recording.")
        if restorable == found:
            return tr("All of them can be put back from the proved cloud copy: fetch the recording.")
        return tr(
            "{number} of them can be put back from the proved cloud copy: fetch the recording.",
            number=f"{restorable:,}",
        )

    def _recordings_away(self) -> str:
        if not recordings_are_away(self._config, self._figures):
            return ""
        return tr(
            "The recordings folder {folder} is empty or not there. If it is on another disk, connect that"
            " disk. Until then no file counts as missing.",
            folder=repr(str(self._config.raw_recordings_path)),
        )
