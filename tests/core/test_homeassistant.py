import json
from collections.abc import Mapping
from datetime import UTC, datetime

import jinja2
import pytest

from core import homeassistant
from core.messages import ActionEvent, CurrentAction, Queue, StageLatency, Status, encode
from core.topics import DeviceTopics

OWN = DeviceTopics("home", "kitchen")
LABELS = ("background", "wave", "sit_down")
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ENTITIES = homeassistant.entities(OWN, LABELS, software="1.2.3")

# What Home Assistant documents for each platform, of the fields that we may send.
COMMON = {
    *("name", "unique_id", "default_entity_id", "state_topic", "value_template"),
    *("availability_topic", "availability_template"),
    *("device", "origin", "icon", "entity_category", "qos"),
}
FIELDS = {
    "sensor": COMMON | {"json_attributes_topic", "unit_of_measurement", "state_class"},
    "binary_sensor": COMMON | {"payload_on", "payload_off", "device_class"},
    "event": COMMON | {"event_types"},
}


def entity(object_id: str, among: Mapping[str, homeassistant.AnyEntity] = ENTITIES) -> dict:
    (found,) = [one for topic, one in among.items() if topic.split("/")[3] == object_id]
    return json.loads(homeassistant.encode(found))


def value(object_id: str, message: ActionEvent | CurrentAction | Status, template: str = "value_template") -> str:
    """What Home Assistant makes of a message."""
    return rendered(entity(object_id)[template], message)


def rendered(template: str, message: ActionEvent | CurrentAction | Status) -> str:
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    return environment.from_string(template).render(value_json=json.loads(encode(message)))


def current(action: str) -> CurrentAction:
    return CurrentAction(site="home", device="kitchen", action=action, confidence=0.9, since=NOW)


def event(kind: str) -> ActionEvent:
    return ActionEvent(
        id="0" * 32, sequence=1, site="home", device="kitchen", kind=kind, action="wave", confidence=0.9, person=3,
        started_at=NOW, ended_at=NOW if kind == "end" else None, model="m-1",
    )  # fmt: skip


def status(state: str = "online", **fields) -> Status:
    return Status(site="home", device="kitchen", state=state, at=NOW, **fields)


def test_announcements_have_documented_fields_only_and_unique_ids():
    """Every announcement stands under the documented topic, with fields that Home Assistant knows and its own id."""
    ids = set()
    for topic, one in ENTITIES.items():
        prefix, component, node, object_id, leaf = topic.split("/")
        payload = json.loads(homeassistant.encode(one))
        assert (prefix, node, leaf) == ("homeassistant", homeassistant.node(OWN), "config")
        assert payload["unique_id"] == f"{node}_{object_id}"
        assert payload.keys() <= FIELDS[component]
        assert payload["default_entity_id"] == f"{component}.{payload['unique_id']}".replace("-", "_")
        ids.add(payload["unique_id"])
    assert len(ids) == len(ENTITIES)


def test_every_action_but_background_has_a_binary_sensor_that_clears():
    """A binary sensor for each action is on while that is the current action and off with any other."""
    switches = {one.unique_id for one in ENTITIES.values() if isinstance(one, homeassistant.BinarySensor)}
    actions = {f"{homeassistant.node(OWN)}_action_{name}" for name in ("wave", "sit_down")}
    assert switches - {f"{homeassistant.node(OWN)}_camera_lost"} == actions
    assert [value("action_wave", current(name)) for name in ("wave", "background")] == ["ON", "OFF"]


@pytest.mark.parametrize(
    ("state", "lost"),
    [("ok", "OFF"), ("lost", "ON"), ("ended", "ON"), ("starting", "OFF"), ("resting", "OFF"), (None, "None")],
)
def test_a_lost_camera_is_a_problem(state: str | None, lost: str):
    """The only camera, or each of several by its name, is lost or not; a last will, which names none, says neither."""
    assert value("camera_lost", status(camera=state)) == lost
    several = homeassistant.entities(OWN, LABELS, software="1", cameras=["back-door", "hall"])
    names = {one.unique_id.split("camera_lost_")[1] for one in several.values() if "camera_lost" in one.unique_id}
    assert names == {"back-door", "hall"}
    template = entity("camera_lost_back-door", several)["value_template"]
    cameras = None if state is None else {"back-door": state, "hall": "ok"}
    assert rendered(template, status(cameras=cameras)) == lost
    assert rendered(template, status(cameras={"hall": "lost"})) == "None"


def test_the_sensor_says_the_current_action():
    """The action sensor has the name of the action."""
    assert value("action", current("sit_down")) == "sit_down"


def test_starts_and_ends_are_events_and_updates_are_none():
    """An event entity fires a type that was announced for starts and ends, and gets no news of updates."""
    for kind in ("start", "end"):
        fired = json.loads(value("events", event(kind)))
        assert fired["event_type"] == f"wave {kind}"
        assert fired["event_type"] in entity("events")["event_types"]
        assert fired["person"] == 3
    assert value("events", event("update")) == ""


@pytest.mark.parametrize(
    ("state", "available"),
    [("starting", "online"), ("online", "online"), ("stopping", "offline"), ("offline", "offline")],
)
def test_availability_follows_the_status(state: str, available: str):
    """Entities are available while the device is there, and not after its last will or its goodbye."""
    assert value("action", status(state), "availability_template") == available


def test_diagnostics_read_the_status():
    """Latency, queue, camera, model and the first problem come out of a status."""
    full = status(
        latency={"total": StageLatency(**dict.fromkeys(StageLatency.__struct_fields__, 21.5))},
        queue=Queue(events=4, deltas=0),
        camera="lost",
        model="m-1",
        fps=14.5,
        people=2,
        problems=["the camera is lost", "another"],
    )
    expected = {"latency": "21.5", "queue": "4", "camera": "lost", "model": "m-1", "fps": "14.5", "people": "2"}
    assert {name: value(name, full) for name in expected} == expected
    assert value("problem", full) == "the camera is lost"


def test_a_status_that_says_little_makes_unknown_values_and_no_error():
    """The last will has no latency, queue or camera: every diagnostic of it is `None`, which is read as unknown."""
    bare = status("offline")
    for name in ("latency", "queue", "camera", "model", "fps", "people"):
        assert value(name, bare) == "None"
    assert value("problem", bare) == "none"


def test_a_long_problem_fits_into_a_state():
    """Home Assistant refuses states of more than 255 characters, so a long problem is cut."""
    assert len(value("problem", status(problems=["x" * 400]))) <= 255


def test_announcements_are_read_back_and_nothing_else_is():
    """What was announced decodes to the same; another topic, another kind and a field more are refused."""
    for topic, one in ENTITIES.items():
        payload = homeassistant.encode(one)
        assert homeassistant.decode(topic, payload) == one
        for wrong in (topic.replace("posefleet_", "other_"), topic.replace("/config", "/state"), "homeassistant/x"):
            with pytest.raises(ValueError, match="not a documented topic"):
                homeassistant.decode(wrong, payload)
        with pytest.raises(ValueError, match="picture"):
            homeassistant.decode(topic, json.dumps(json.loads(payload) | {"picture": ""}).encode())
