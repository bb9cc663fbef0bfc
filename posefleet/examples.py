"""One example of every message, for the published description of the wire and for whoever reads it."""

from datetime import UTC, datetime, timedelta

from core.messages import (
    ActionEvent,
    CurrentAction,
    Message,
    Queue,
    Receipt,
    RoundClosed,
    RoundOpen,
    SignedManifest,
    StageLatency,
    Status,
)

_NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

EXAMPLES: tuple[Message, ...] = (
    ActionEvent(
        id="6f1c2f0e5a8d4c1b9e7a3d2b4c5f6071",
        sequence=42,
        site="home",
        device="kitchen",
        kind="end",
        action="wave",
        confidence=0.93,
        person=3,
        started_at=_NOW - timedelta(seconds=2.4),
        ended_at=_NOW,
        ended_by="finished",
        model="actions-3",
    ),
    CurrentAction(site="home", device="kitchen", action="wave", confidence=0.93, since=_NOW),
    Status(
        site="home",
        device="kitchen",
        state="online",
        at=_NOW,
        software="posefleet 0.1.0",
        model="actions-3",
        model_version=3,
        camera="ok",
        frames=51230,
        fps=15.0,
        people=1,
        latency={"total": StageLatency(p50_ms=18.0, p95_ms=28.0, p99_ms=31.0)},
        queue=Queue(events=0, deltas=0),
    ),
    RoundOpen(
        round="r12",
        group="default",
        base=3,
        epochs=3,
        learning_rate=0.05,
        batch=16,
        clip_norm=1.0,
        codec="int8",
        minimum_samples=20,
        fraction=1.0,
        goal=10,
        deadline=_NOW + timedelta(minutes=30),
        seed=7,
    ),
    RoundClosed(round="r12", group="default", outcome="released", accepted=10),
    Receipt(round="r12", transfer="a" * 64, accepted=False, reason="norm", detail="the delta is larger than allowed"),
    SignedManifest(manifest="{}", key="A" * 43 + "=", signature="A" * 86 + "=="),
)
