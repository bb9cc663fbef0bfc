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


def request_round(config: Path, *, timeout_s: float = ANSWER_S) -> str:
    """Ask the running service to open a round now; returns its answer.

    Raises:
        UnavailableError: no service answered; the request is withdrawn, so nothing happens later by surprise.
    """
    with Store(load_settings(FleetSettings, config).fleet.database_url) as store:
        with store.write() as session:
            request = records.add_request(session, records.ROUND_REQUEST, datetime.now(UTC))
        deadline = time.monotonic() + timeout_s
        while True:
            with store.read() as session:
                answer = records.find_answer(session, request.id)
            if answer is not None:
                return answer
            if time.monotonic() > deadline:
                break
            time.sleep(_LOOK_S)
        with store.write() as session:
            withdrawn = records.withdraw_request(session, request.id)
            late = None if withdrawn else records.find_answer(session, request.id)
    if late is not None:
        return late
    raise UnavailableError(
        f"no aggregator answered within {timeout_s:.0f} s; is `posefleet fleet serve --config {config}` running?"
    )
