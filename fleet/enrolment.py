"""What operators do beside the running service: keys, enrolment, asking it for a round; all through the database.

enrol_devices(Path("fleet.toml"), {("home", "kitchen"): public_key})
print(request_round(Path("fleet.toml")))
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from core.errors import UnavailableError
from core.settings import load_settings
from core.signing import SigningKey
from core.topics import DeviceTopics
from fleet import devices, records
from fleet.settings import FleetSettings
from fleet.store import Store
from fleet.tables import Request

ANSWER_S = 20.0  # the service looks twice a second, but may be averaging
_LOOK_S = 0.1


def public_key(config: Path) -> str:
    """The key that devices must trust; made if it is not there."""
    return SigningKey.load_or_create(load_settings(FleetSettings, config).fleet.key_file).public


def enrol_devices(config: Path, keys: Mapping[tuple[str, str], str]) -> None:
    """Enrol devices by (site, name) -> public key: all of them, or none.

    Raises:
        ConfigError: a name or a key is none.
    """
    with Store(load_settings(FleetSettings, config).fleet.database_url) as store, store.write() as session:
        for (site, name), key in keys.items():
            devices.enrol(session, devices.parse_identity(f"{site}/{name}"), key, datetime.now(UTC))


def retire_device(config: Path, device: DeviceTopics) -> None:
    """Take a device out of the fleet.

    Raises:
        ConfigError: it is not enrolled.
    """
    with Store(load_settings(FleetSettings, config).fleet.database_url) as store, store.write() as session:
        devices.retire(session, device, datetime.now(UTC))


def enrolled_devices(config: Path) -> list[DeviceTopics]:
    """Everybody who belongs to the fleet, by name."""
    with Store(load_settings(FleetSettings, config).fleet.database_url) as store, store.read() as session:
        return devices.everybody(session)


def request_round(config: Path, *, timeout_s: float = ANSWER_S) -> str:
    """Ask the running service to open a round now; returns its answer.

    Raises:
        UnavailableError: the service says why it opens none; or no service answered, and the request is withdrawn, so
            that nothing happens later by surprise.
    """
    with Store(load_settings(FleetSettings, config).fleet.database_url) as store:
        with store.write() as session:
            request = records.add_request(session, records.ROUND_REQUEST, datetime.now(UTC))
        answered = _wait_for_answer(store, request.id, timeout_s)
    if answered is None:
        raise UnavailableError(
            f"no aggregator answered within {timeout_s:g} s; is `posefleet fleet serve --config {config}` running?"
        )
    if not answered.granted:
        raise UnavailableError(f"no round is opened: {answered.answer}")
    return answered.answer


def _wait_for_answer(store: Store, request_id: int, timeout_s: float) -> Request | None:
    """The answered request; None if there was no answer and the request is withdrawn."""
    deadline = time.monotonic() + timeout_s
    while True:
        with store.read() as session:
            answered = records.find_answer(session, request_id)
        if answered is not None:
            return answered
        if time.monotonic() > deadline:
            break
        time.sleep(_LOOK_S)
    with store.write() as session:
        withdrawn = records.withdraw_request(session, request_id)
        return None if withdrawn else records.find_answer(session, request_id)
