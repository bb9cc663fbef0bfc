"""Home Assistant's own code accepts what is announced and reads what is published. `make homeassistant` installs it.

It wants its own versions of half of everything, so it lives in an environment of its own, `.homeassistant/`, or in the
one whose Python POSEFLEET_HOMEASSISTANT names; where there is none, these tests are skipped. 2024.3 is the last that
runs on Python 3.11. Its schemas, like those of today, drop without a word whatever they do not know; so what they keep
is compared with what was sent. `default_entity_id`, a text, came with 2025.10 in place of `object_id`, which stopped
working with 2026.4.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from core import homeassistant
from core.messages import Message, encode
from posefleet.examples import EXAMPLES
from tests.core.test_homeassistant import ENTITIES, LABELS, OWN, current, event, rendered, status

_ROOT = Path(__file__).parents[2]
PYTHON = Path(os.environ.get("POSEFLEET_HOMEASSISTANT", _ROOT / ".homeassistant" / "bin" / "python"))
SINCE = {"default_entity_id": (2025, 10)}  # the version that a field came with

pytestmark = pytest.mark.skipif(
    not PYTHON.exists(), reason=f"Home Assistant is not installed in {PYTHON.parents[1]}: make homeassistant"
)
ALL = ENTITIES | homeassistant.entities(OWN, LABELS, software="1", cameras=["back-door", "hall"])


def ask(payloads: dict[str, Any], renders: list[tuple[str, str]]) -> dict[str, Any]:
    """Home Assistant's answer."""
    result = subprocess.run(
        [str(PYTHON), str(_ROOT / "tests" / "core" / "announced.py")],
        input=json.dumps({"payloads": payloads, "renders": renders}),
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr[-2000:]
    return json.loads(result.stdout)


def test_every_announcement_is_accepted_whole():
    """The platform's discovery schema takes every payload, and drops no field that its version knows."""
    sent = {topic: json.loads(homeassistant.encode(one)) for topic, one in ALL.items()}
    answer = ask(sent, [])
    version = tuple(map(int, answer["version"].split(".")[:2]))
    unknown = {name for name, since in SINCE.items() if version < since}
    dropped = {topic: sent[topic].keys() - set(said.get("kept", ())) for topic, said in answer["payloads"].items()}
    assert dropped == dict.fromkeys(sent, unknown), answer["payloads"]


def test_what_is_wrong_is_refused():
    """The schemas that accept ours are no formality: a template, a topic and a category that are wrong are refused."""
    topic, one = next(iter(ALL.items()))
    good = json.loads(homeassistant.encode(one))
    for wrong in ({"value_template": "{{ x"}, {"state_topic": "a/#/b"}, {"entity_category": "other"}, {"device": {}}):
        assert "refused" in ask({topic: good | wrong}, [])["payloads"][topic], wrong


def test_every_template_reads_the_messages_as_we_mean_it():
    """Home Assistant's sandbox renders each template of each message as the tests of the announcements do."""
    messages: list[Message] = [
        *(current(action) for action in ("wave", "background")), *(event(kind) for kind in ("start", "update", "end")),
        *(status(camera=camera) for camera in ("ok", "lost", None)), status("offline"), *EXAMPLES,
    ]  # fmt: skip
    by_topic = {OWN.action: "current_action", OWN.event: "action_event", OWN.status: "status"}
    pairs = []
    for one in ALL.values():
        for template, topic in (("value_template", "state_topic"), ("availability_template", "availability_topic")):
            kind = by_topic[getattr(one, topic)]
            pairs += [(getattr(one, template), said) for said in messages if said.__struct_config__.tag == kind]
    answer = ask({}, [(template, encode(said).decode()) for template, said in pairs])
    ours = [rendered(template, said) for template, said in pairs]
    assert answer["renders"] == ours
    assert len(pairs) > len(ALL)
