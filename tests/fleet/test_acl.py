from core.topics import DeviceTopics
from fleet.acl import access_list

KITCHEN, CELLAR = DeviceTopics("home", "kitchen"), DeviceTopics("home", "cellar")


def rules(text: str) -> dict[str, set[str]]:
    """Rules by user, as Mosquitto reads them."""
    users: dict[str, set[str]] = {}
    user = ""
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if word == "user":
            user = rest
            users[user] = set()
        elif word == "topic":
            users[user].add(rest)
    return users


def test_no_rule_of_a_device_lets_it_write_outside_of_its_own_name():
    """Everything that a device may write is under its own name, at ours and at Home Assistant's."""
    for user, mine in rules(access_list([KITCHEN, CELLAR], fleet_user="fleet", readers=["ha"])).items():
        if "." not in user:
            continue
        site, device = user.split(".")
        for rule in mine:
            access, topic = rule.split(" ", 1)
            if access != "read":
                assert topic.startswith(f"posefleet/v1/{site}/{device}/") or f"/posefleet_{site}__{device}/" in topic


def test_a_reader_cannot_write_a_devices_topics_and_sees_no_deltas():
    """Subscribers get events, actions and statuses; nothing of theirs reaches a device, and no delta reaches them."""
    reader = rules(access_list([KITCHEN], fleet_user="fleet", readers=["ha"]))["ha"]
    assert {rule for rule in reader if "posefleet/v1" in rule} == {
        f"read posefleet/v1/+/+/{leaf}" for leaf in ("event", "action", "status")
    }
