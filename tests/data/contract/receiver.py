"""A command centre made of public libraries alone: paho-mqtt and the CloudEvents SDK.

Called with the broker's port and the box's topic, `lookout/v1/530127/box-1`. Says `ready`, waits until an alert came, reads
every message with the SDK, and asks for answers on topics of its own. Ends with 0 and a line of what it read, or with a
traceback.
"""

import json
import sys
import threading

from cloudevents.core.formats.json import JSONFormat
from paho.mqtt.client import CallbackAPIVersion, Client, MQTTv5
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

PORT, BASE = int(sys.argv[1]), sys.argv[2]
WITHIN_SECS = 60
KEPT = ["active", "config", "health", "meta", "quality", "state"]

heard = []
came = threading.Condition()


def on_message(_client, _userdata, message):
    with came:
        heard.append(message)
        came.notify_all()


def wait(what, wanted):
    """The first message that is wanted."""
    found = []

    def look():
        found[:] = [message for message in heard if wanted(message)]
        return bool(found)

    with came:
        if not came.wait_for(look, WITHIN_SECS):
            raise AssertionError(f"no {what} among {[(m.topic, m.payload[:200]) for m in heard]}")
    return found[0]


def data(message):
    return json.loads(message.payload)["data"]


def is_answer(message, topic, request_id):
    return message.topic == topic and data(message)["request_id"] == request_id


def ask(client, request_id, response_topic, correlation, **fields):
    properties = Properties(PacketTypes.PUBLISH)
    properties.ContentType = "application/json"
    if response_topic is not None:
        properties.ResponseTopic = response_topic
    if correlation is not None:
        properties.CorrelationData = correlation
    body = {"request_id": request_id, "iat": "2026-01-01T00:00:00Z", "exp": "2099-01-01T00:00:00Z", **fields}
    client.publish(f"{BASE}/down/cmd/ack", json.dumps(body), qos=1, properties=properties)


def main():
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5, client_id="receiver")
    client.on_message = on_message
    subscribed = threading.Event()
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect("127.0.0.1", PORT)
    client.loop_start()
    client.subscribe("#", qos=1)
    assert subscribed.wait(WITHIN_SECS), "the broker takes no subscription"
    print("ready", flush=True)

    alert = wait("alert", lambda m: m.topic == f"{BASE}/up/alert")
    for name in KEPT:
        wait(name, lambda m, name=name: m.topic == f"{BASE}/up/{name}")

    answers, correlation = "lookout/v1/centre/answers", b"\x00\xff not text"
    reply = f"{BASE}/up/reply"
    fields = {"alert_id": data(alert)["alert_id"], "by": "desk-2"}
    ask(client, "r1", answers, correlation, **fields)
    direct = wait("answer on the response topic", lambda m: is_answer(m, answers, "r1"))
    stored = wait("answer on up/reply", lambda m: is_answer(m, reply, "r1"))
    assert data(stored)["outcome"] == "done", stored.payload
    assert direct.payload == stored.payload
    for message in (direct, stored):
        assert message.properties.CorrelationData == correlation, message.properties

    # Not where a box has no business, and that is said.
    ask(client, "r2", "elsewhere/answers", None, **fields)
    stored = wait("second answer", lambda m: is_answer(m, reply, "r2"))
    assert data(stored)["outcome"] == "already", stored.payload
    assert "the response topic does not lie below" in data(stored)["message"], stored.payload

    # A command that is none is answered there, too.
    ask(client, "r3", f"{reply}/desk-2", None, alert_id=fields["alert_id"])
    direct = wait("refusal", lambda m: is_answer(m, f"{reply}/desk-2", "r3"))
    assert data(direct)["outcome"] == "refused", direct.payload

    # Only correlation data: it comes back where every answer is.
    ask(client, "r4", None, b"four", **fields)
    stored = wait("fourth answer", lambda m: is_answer(m, reply, "r4"))
    assert stored.properties.CorrelationData == b"four"
    client.loop_stop()

    assert not [m.topic for m in heard if m.topic.startswith("elsewhere/")]
    read = set()
    events = JSONFormat()
    for message in heard:
        if not message.payload or not (message.topic.startswith(f"{BASE}/up/") or message.topic == answers):
            continue
        assert message.properties.ContentType == JSONFormat.CONTENT_TYPE, (message.topic, message.properties)
        event = events.read(None, message.payload)
        assert event.get_specversion() == "1.0" and event.get_source() == "/lookout/530127/box-1", message.payload
        assert event.get_datacontenttype() == "application/json" and event.get_time().tzinfo is not None
        assert isinstance(event.get_data(), dict) and event.get_id(), message.payload
        read.add(event.get_type())
    print(json.dumps(sorted(read)))


main()
