"""Alerts: what its owner should know although nobody asked, up while it lasts and gone when it is over."""

from datetime import UTC, datetime, timedelta

from voice_recorder.domain.preflight import MB, Purpose, in_mb
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import PENDING
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
        paused = "Sending is paused: resume it to send them."
        way_out = paused if self._log.paused else "Look at the queue and at the network."
        return f"{pending:,} files wait to be sent to the cloud; they are safe here. {way_out}"

    def _low_disk(self) -> str:
        if not self._config.enable_disk_space_check or not self._config.raw_recordings_path.is_dir():
            return ""
        verdict = self._preflight.check(Purpose.TAKE)
        if verdict.free_bytes >= 2 * verdict.need_bytes:
            return ""
        free, need = in_mb(verdict.free_bytes), in_mb(verdict.need_bytes)
        stops = "no recording can start" if verdict.free_bytes < verdict.need_bytes else f"{need} are needed"
        help_ = (
            f"Emptying the trash and the cache frees {in_mb(verdict.freeable_bytes)}."
            if verdict.freeable_bytes
            else "Make room on this disk."
        )
        return f"The disk is getting full: {free} are free, {stops}. {help_}"

    def _failing_uploads(self, place: str, now: datetime) -> str:
        outcomes = self._log.outcomes_since(now - _RATED_OVER) if place else {}
        done, failed = outcomes.get("done", 0), outcomes.get("failed", 0)
        tried = done + failed
        if tried < LEAST_ATTEMPTS or done / tried >= LEAST_SUCCESS:
            return ""
        reasons = self._figures.reasons(now - _RATED_OVER)
        mostly = f" Most often: {reasons[0][0]}" if reasons else ""
        return (
            f"Of the last {tried:,} uploads {failed:,} failed.{mostly} Nothing is lost here; the settings can"
            " test the connection."
        )

    def _exceeded_quota(self) -> str:
        quota_mb = self._config.max_library_mb or self._settings.current.storage_quota_mb
        used = self._library.totals()["size_bytes"] if quota_mb else 0
        if used <= quota_mb * MB:
            return ""
        return (
            f"The library holds {in_mb(used)}, more than the {in_mb(quota_mb * MB)} you allowed it. Nothing"
            " is deleted by itself; delete or free some recordings, or allow it more."
        )

    def _nearly_full_plan(self, place: str) -> str:
        share = self._log.plan(place).used_share if place else None
        if share is None or share < PLAN_NEARLY_FULL:
            return ""
        return (
            f"What your plan at {place.partition(':')[0]} includes is used by {share:.0%}. Make room there or"
            " take a larger plan, or new recordings stay on this computer only."
        )

    def _found_damage(self, place: str) -> str:
        states = self._figures.masters_by_state()
        found = states[MasterState.DAMAGED] + states[MasterState.MISSING]
        if not found:
            return ""
        files = "audio file is" if found == 1 else "audio files are"
        return (
            f"{found:,} {files} damaged or missing on this computer; 'Verify' names the recordings."
            f" {self._way_back(found, place)}"
        )

    def _way_back(self, found: int, place: str) -> str:
        restorable = self._figures.restorable(place)
        if not restorable:
            return "No cloud copy holds the original: look for it in a backup of this computer."
        which = "All of them" if restorable == found else f"{restorable:,} of them"
        if found == 1:
            which = "It"
        return f"{which} can be put back from the proved cloud copy: fetch the recording."

    def _recordings_away(self) -> str:
        if not recordings_are_away(self._config, self._figures):
            return ""
        return (
            f"The recordings folder {str(self._config.raw_recordings_path)!r} is empty or not there. If it is"
            " on another disk, connect that disk. Until then no file counts as missing."
        )
