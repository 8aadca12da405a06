"""Reads messages with the types that datamodel-codegen made, as a consumer does that knows nothing else.

Called with the folder of the generated module `lookout_types` and with files of messages, `{name: message}` each.
"""

import copy
import json
import sys

sys.path.insert(0, sys.argv[1])
import lookout_types as types  # noqa: E402

ROOTS = {"mark": "MarkData", "wanted": "WantedConfig"}
EVENTS = {"type", "specversion"}


def type_of(name, message):
    if name in ROOTS:
        return ROOTS[name]
    return "".join(part.capitalize() for part in name.split("_")) + ("Event" if EVENTS <= message.keys() else "Command")


messages = {}
for path in sys.argv[2:]:
    with open(path, encoding="utf-8") as file:
        for name, message in json.load(file).items():
            text = json.dumps(message)
            getattr(types, type_of(name, message)).model_validate_json(text)
            messages[name] = message

names = sorted(name for name in vars(types) if name[0].isupper())
numbered = [name for name in names if name[-1].isdigit() or "nonymous" in name]
assert not numbered, numbered
for wanted in ("AlertEvent", "AlertData", "Place", "Level", "Phase", "PhaseReason", "DetectedObject", "AckCommand", "ReplyEvent"):
    assert wanted in names, f"{wanted} is not among {names}"

assert [level.value for level in types.Level] == ["blue", "yellow", "orange", "red"]
alert = types.AlertEvent.model_validate_json(json.dumps(messages["alert"]))
assert isinstance(alert.data.place, types.Place) and isinstance(alert.data.level, types.Level)
assert alert.data.phase_reason == types.PhaseReason(messages["alert"]["data"]["phase_reason"])


def changed(change):
    other = copy.deepcopy(messages["alert"])
    change(other["data"])
    return json.dumps(other)


def refuses(change):
    try:
        types.AlertEvent.model_validate_json(changed(change))
    except ValueError:
        return True
    return False


# A word of tomorrow in an open list, and a field of tomorrow, are read.
def tomorrow(data):
    data.update(phase_reason="the_moon_rose", new_field={"a": 1})


assert types.AlertEvent.model_validate_json(changed(tomorrow)).data.phase_reason == "the_moon_rose"
# What could never be is not.
assert refuses(lambda data: data.update(level="purple"))
assert refuses(lambda data: data.update(alert_id="not a ULID of 26 chars..."))
assert refuses(lambda data: data["place"].update(grid="12345"))
assert refuses(lambda data: data["config"].update(sha256="abc"))
assert refuses(lambda data: data["geometry"]["objects"][0].update(box=[0, 0, 1, 2]))
print(" ".join(names))
