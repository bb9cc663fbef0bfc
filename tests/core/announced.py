"""What Home Assistant itself makes of announcements. Runs in an environment of its own, and needs nothing of ours.

    python announced.py < request.json > answer.json

The request has `payloads` by topic and `renders`, pairs of a template and a message. The answer has Home Assistant's
version, for each topic the fields that it kept or why it refused the payload, and every text that was rendered.
"""

import asyncio
import importlib
import json
import sys
import tempfile
from typing import Any

import voluptuous
from homeassistant.const import __version__
from homeassistant.core import HomeAssistant
from homeassistant.helpers.template import Template


def validate(topic: str, payload: dict[str, Any]) -> dict[str, Any]:
    """What the platform's own discovery schema says."""
    platform = importlib.import_module(f"homeassistant.components.mqtt.{topic.split('/')[1]}")
    try:
        return {"kept": sorted(platform.DISCOVERY_SCHEMA(payload))}
    except voluptuous.Invalid as exc:
        return {"refused": str(exc)}


async def answer(request: dict[str, Any], directory: str) -> dict[str, Any]:
    """See the module."""
    hass = HomeAssistant(directory)
    return {
        "version": __version__,
        "payloads": {topic: validate(topic, payload) for topic, payload in request["payloads"].items()},
        "renders": [
            str(Template(template, hass).async_render_with_possible_json_value(message))
            for template, message in request["renders"]
        ],
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        json.dump(asyncio.run(answer(json.load(sys.stdin), name)), sys.stdout)
