"""A command centre that verifies what a box signed, with public libraries alone: paho-mqtt and joserfc.

    verify.py PORT BASE VERSION KEY WANTED...

listens below BASE/up on 127.0.0.1:PORT with MQTT VERSION (5 or 3.1.1) and says `ready`. KEY is a file with the public key as
`lookout keys box --json` prints it. For each message it prints a line of JSON: `topic` (below BASE), `id` of the CloudEvent,
`signed` (a signature came with it or right before it), `verifies`, `changed` (whether it still verifies with one byte
changed). Ends well when a message that verifies came on each topic that WANTED begin, and not at all well after two minutes.
"""

import base64
import hashlib
import json
import queue
import sys
import time

import paho.mqtt.client as mqtt
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

PATIENCE_SECS = 120
# Boxes say EdDSA today; RFC 9864 calls the same algorithm Ed25519.
ALGORITHMS = ["EdDSA", "Ed25519"]
# A picture has up to 256 KiB, and a third more in base64; the library's own limit is half of that.
LIMITS = jws.JWSRegistry(algorithms=ALGORITHMS)
LIMITS.max_payload_length = 512 * 1024


def verifies(signature, message, key):
    """Whether `signature` (header..signature) is that of these bytes by this key, by both ways to hand them to a library."""
    try:
        detached = jws.deserialize_compact(signature, key, registry=LIMITS, payload=message)
        header, _, rest = signature.partition(".")
        content = base64.urlsafe_b64encode(message).rstrip(b"=").decode()
        whole = jws.deserialize_compact(f"{header}.{content}{rest}", key, registry=LIMITS)
    except JoseError:
        return False
    return whole.payload == message and detached.headers()["kid"] == key.thumbprint() == key.kid


def with_one_byte_changed(message):
    middle = len(message) // 2
    return message[:middle] + bytes([message[middle] ^ 1]) + message[middle + 1 :]


def main():
    port, base, version, key_file, *wanted = sys.argv[1:]
    with open(key_file, encoding="utf-8") as file:
        key = OKPKey.import_key(json.load(file))
    came = queue.Queue()
    protocol = mqtt.MQTTv5 if version == "5" else mqtt.MQTTv311
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=protocol)
    client.on_connect = lambda *_: client.subscribe(f"{base}/up/#", qos=1)
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.on_message = lambda _client, _data, message: came.put(message)
    client.connect("127.0.0.1", int(port))
    client.loop_start()

    beside, missing = {}, set(wanted)
    until = time.monotonic() + PATIENCE_SECS
    while missing:
        try:
            message = came.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            sys.exit(f"no message that verifies came on {sorted(missing)}")
        topic, body = message.topic.removeprefix(f"{base}/"), message.payload
        if topic == "up/signature":
            data = json.loads(body)["data"]
            beside[data["of"]["topic"], data["of"]["sha256"]] = data["jws"]
            continue
        if version == "5":
            properties = dict(getattr(message.properties, "UserProperty", []))
            signature = properties.get("jws")
        else:
            signature = beside.get((topic, hashlib.sha256(body).hexdigest()))
        event = json.loads(body) if body.startswith(b"{") else {}
        good = signature is not None and verifies(signature, body, key)
        told = {
            "topic": topic,
            "id": event.get("id"),
            "signed": signature is not None,
            "verifies": good,
            "changed": signature is not None and verifies(signature, with_one_byte_changed(body), key),
        }
        print(json.dumps(told), flush=True)
        if good:
            missing = {begin for begin in missing if not topic.startswith(begin)}
    client.disconnect()


main()
