"""A library with a life of some months behind it: rows as years of use leave them, without sound files."""

import random
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from voice_recorder.domain.ports import Plan
from voice_recorder.services import Services
from voice_recorder.storage import schema as t

_DAY_MS = 86_400_000
_FIRST_KEY = 1_000_001
_REASONS = ("The server could not be reached.", "The server did not answer in time.")


def live_through(services: Services, place: str, *, days: int = 190, seed: int = 4, failed: int = 3) -> int:
    """Enter recordings of ``days`` days, their copies and receipts at ``place``; how many recordings.

    Workdays have more than weekends, there was a holiday, and one day the network was bad. The newest
    ``failed`` were not sent.
    """
    chance = random.Random(seed)
    now = datetime.now(UTC).astimezone() - timedelta(days=1)  # nine o'clock today may be yet to come
    rows: dict[str, list[dict[str, object]]] = {
        name: [] for name in ("recordings", "masters", "links", "transfers", "attempts", "receipts")
    }
    for ago in range(days - 1, -1, -1):
        at = (now - timedelta(days=ago)).replace(hour=9, minute=0)
        most = 0 if 70 < ago < 84 else 1 if at.weekday() > 4 else 3
        for _ in range(chance.randint(0, most) + (ago == 0)):
            at += timedelta(minutes=chance.randint(5, 90))
            _enter(rows, chance, at, ago, place)
    _leave_unsent(rows, failed)
    with services.library.database.session(write=True) as connection:
        for name, table in (
            ("recordings", t.recordings), ("masters", t.masters), ("links", t.recording_masters),
            ("transfers", t.transfers), ("attempts", t.attempts), ("receipts", t.receipts),
        ):  # fmt: skip
            connection.execute(insert(table), rows[name])
    _enter_figures(services, place, now)
    return len(rows["recordings"])


def _enter(
    rows: dict[str, list[dict[str, object]]], chance: random.Random, at: datetime, ago: int, place: str
) -> None:
    key = _FIRST_KEY + len(rows["recordings"])
    ms = round(at.timestamp() * 1000)
    seconds = round(chance.lognormvariate(4.6, 1.1))
    size_bytes, sent_bytes = seconds * 96_000, seconds * 16_000
    per_mb = chance.uniform(0.5, 0.9) * (4 if ago == 9 else 1)
    ids = {name: f"{name}{key:027x}" for name in ("r", "m", "t")}
    offset = at.utcoffset() or timedelta()
    rows["recordings"].append(
        {"key": key, "id": ids["r"], "title": f"Note {key}", "created_ms": ms, "updated_ms": ms,
         "utc_offset_min": offset // timedelta(minutes=1), "local_day": f"{at:%Y-%m-%d}"}
    )  # fmt: skip
    rows["masters"].append(
        {"key": key, "id": ids["m"], "name": f"{key}.wav", "state": "recorded", "created_ms": ms,
         "frames": 48000 * seconds, "sample_rate_hz": 48000, "channels": 1, "bit_depth": 16, "format": "wav",
         "codec": "pcm_s16le", "mime_type": "audio/wav", "size_bytes": size_bytes, "sha256": f"{key:064x}",
         "scrubbed_ms": ms + (ago // 30) * 30 * _DAY_MS}
    )  # fmt: skip
    rows["links"].append({"recording_key": key, "position": 0, "master_key": key})
    rows["transfers"].append(
        {"key": key, "id": ids["t"], "master_key": key, "place": place, "state": "backed_up", "queued_ms": ms,
         "ended_ms": ms, "attempts": 1, "copy_bytes": sent_bytes, "error_kind": ""}
    )  # fmt: skip
    if ago == 9 or chance.random() < 0.06:
        rows["attempts"].append(_attempt(key, ms, "failed", 30_000, 0, chance.choice(_REASONS)))
    took_ms = round(per_mb * sent_bytes / 1000)
    rows["attempts"].append(_attempt(key, ms + 60_000, "done", took_ms, sent_bytes))
    rows["receipts"].append(
        {"key": key, "master_key": key, "place": place, "remote_id": f"{key}.mp3", "send_as": "mp3",
         "size_bytes": sent_bytes, "md5": "0" * 32, "sha256": "1" * 64, "digest_scheme": "md5",
         "digest": "0" * 32, "digest_part_bytes": 0, "etag": "", "lossless": False, "verified_ms": ms}
    )  # fmt: skip


def _attempt(
    key: int, ended_ms: int, outcome: str, took_ms: int, sent: int, reason: str = ""
) -> dict[str, object]:
    return {
        "transfer_key": key, "number": 1, "started_ms": ended_ms - took_ms, "ended_ms": ended_ms,
        "outcome": outcome, "reason": reason, "sent_bytes": sent,
    }  # fmt: skip


def _leave_unsent(rows: dict[str, list[dict[str, object]]], failed: int) -> None:
    for transfer in rows["transfers"][len(rows["transfers"]) - failed :]:
        transfer.update(state="failed", error_kind="network_unreachable", error=_REASONS[0], ended_ms=None)
        rows["receipts"].pop()
        done = rows["attempts"].pop()
        rows["attempts"].append({**done, "outcome": "failed", "sent_bytes": 0, "reason": _REASONS[0]})


def _enter_figures(services: Services, place: str, now: datetime) -> None:
    services.sync_log.set_plan(place, Plan("Free", 100_000_000, 0.42))
    services.figures.keep(
        "cleanup",
        {"at": now.isoformat(), "took_s": 0.21, "removed": 4, "freed_bytes": 48_000_000, "failed": 0},
    )
    services.figures.keep(
        "scrub",
        {"at": now.isoformat(), "took_s": 61.0, "checked": 7, "missing": 0, "changed": 0, "damaged": 0,
         "read_bytes": 604_000_000, "owed_bytes": 0, "away": False},
    )  # fmt: skip
    for took in (4.1, 3.8, 6.0):
        services.figures.note("waveform_drawn_ms", took)
        services.figures.note("peaks_made_ms", took * 60)
    services.figures.keep_notes()
