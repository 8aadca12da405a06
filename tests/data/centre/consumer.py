"""A small command centre for boxes of Lookout, to begin with; config/INTEGRATION.md explains it.

It stores everything that has a number and then marks it, verifies signatures, drops repeats, keeps the latest revision of each
alert, asks again for what is missing, and sends signed commands, repeated until a box answers. It knows Lookout by
`lookout_types` alone, which datamodel-codegen made of asyncapi-centre.json, and finds that on PYTHONPATH.

    consumer.py --broker localhost:1883 --boxes keys/boxes --key keys/desk-1.jwk --store centre.db

BOXES is a folder with the public key of each box, `{area}.{box}.jwk`, as `lookout keys box --json` prints it on the box. On standard
input it takes what the people at the desk decide, a line each; `help` lists it.
"""

import argparse
import bisect
import json
import queue
import sqlite3
import sys
import threading
import time
import uuid
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import lookout_types as types
import paho.mqtt.client as mqtt
from cloudevents.core.formats.json import JSONFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from pydantic import BaseModel, ValidationError

PREFIX = "lookout/v1"
ALGORITHMS = ["EdDSA", "Ed25519"]
# A picture has up to 256 KiB; the library's own limit is half of that.
LIMITS = jws.JWSRegistry(algorithms=ALGORITHMS)
LIMITS.max_payload_length = 512 * 1024
# People should have taken an alert on after three minutes, and settled it after ten.
ACCEPT_WITHIN, CLOSE_WITHIN = timedelta(minutes=3), timedelta(minutes=10)
# Boxes send what is urgent first: a number that is late is no hole yet.
HOLE_AFTER_SECS = 3.0
ASK_AGAIN_AFTER_SECS = 60.0
COMMAND_IS_GOOD_FOR = timedelta(minutes=5)
# A box that is away hears nothing, and no broker keeps a command for it.
COMMAND_AGAIN_AFTER_SECS = 15.0
SESSION_SECS = 14 * 24 * 3600
SUBSCRIBED, QUIT = object(), object()
# How MQTT 5 tells a client that another one came with its id.
SESSION_TAKEN_OVER = 142
HELP = """ack ALERT [NOTE]               somebody takes it on
assign ALERT TO [NOTE]         it is given to somebody
verdict ALERT WORD [CAUSE]     confirmed, false_alarm, duplicate, exercise
close ALERT OUTCOME [NOTE]     resolved, handed_over, nothing_found, nothing_to_do, withdrawn, other
alerts                         what is open, the most urgent first
health                         how boxes, cameras and sensors do
quit"""

# The generated type of each message, by the CloudEvent's `type`.
EVENTS = {
    get_args(model.model_fields["type"].annotation)[0]: model
    for name, model in vars(types).items()
    if name.endswith("Event") and issubclass(model, BaseModel)
}


class Numbers:
    """Numbers of one stream that are settled (stored, or known not to come): ranges in order, both ends included."""

    def __init__(self):
        self.ranges = []

    def add(self, first, last):
        at = bisect.bisect_left(self.ranges, [first - 1, 0])
        if at and self.ranges[at - 1][1] >= first - 1:
            at -= 1
        end = at
        while end < len(self.ranges) and self.ranges[end][0] <= last + 1:
            first, last = min(first, self.ranges[end][0]), max(last, self.ranges[end][1])
            end += 1
        self.ranges[at:end] = [[first, last]]

    def without_hole(self):
        """The number up to which all are settled."""
        return self.ranges[0][1] if self.ranges and self.ranges[0][0] == 1 else 0

    def holes(self, known_last=0):
        """What is missing below the highest number, and up to `known_last` where that is higher."""
        last = 0
        for first, to in self.ranges:
            if first > last + 1:
                yield last + 1, first - 1
            last = to
        if known_last > last:
            yield last + 1, known_last


class Store:
    """What must outlive this process. Nothing is confirmed to broker or box before `commit`."""

    def __init__(self, path):
        self.db = sqlite3.connect(path)
        self.db.executescript("""
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            CREATE TABLE IF NOT EXISTS messages (source, id, stream, n INTEGER, type, body BLOB, PRIMARY KEY (source, id));
            CREATE INDEX IF NOT EXISTS by_number ON messages (source, stream, n);
            CREATE TABLE IF NOT EXISTS will_not_come (source, stream, first INTEGER, last INTEGER, why,
                PRIMARY KEY (source, stream, first, last));
            CREATE TABLE IF NOT EXISTS alerts (source, alert_id, rev INTEGER, phase, closed INTEGER, body BLOB,
                PRIMARY KEY (source, alert_id));
        """)

    def commit(self):
        self.db.commit()

    def numbers(self):
        """Per box and stream what is settled."""
        settled = {}
        islands = """SELECT source, stream, min(n), max(n) FROM
            (SELECT source, stream, n, n - row_number() OVER (PARTITION BY source, stream ORDER BY n) AS island FROM messages)
            GROUP BY source, stream, island"""
        declared = "SELECT source, stream, first, last FROM will_not_come"
        for source, stream, first, last in [*self.db.execute(islands), *self.db.execute(declared)]:
            settled.setdefault((source, stream), Numbers()).add(first, last)
        return settled

    def add(self, event, seq, body):
        """Whether it is new."""
        row = (event.get_source(), event.get_id(), seq.stream, seq.n, event.get_type(), body)
        return self.db.execute("INSERT OR IGNORE INTO messages VALUES (?, ?, ?, ?, ?, ?)", row).rowcount == 1

    def add_missing(self, source, stream, first, last, why):
        row = (source, stream, first, last, why)
        self.db.execute("INSERT OR IGNORE INTO will_not_come VALUES (?, ?, ?, ?, ?)", row)

    def keep_latest(self, source, alert, body):
        closed = alert.handling is not None and alert.handling.closed is not None
        row = (source, alert.alert_id, alert.rev, alert.phase, closed, body)
        self.db.execute(
            """INSERT INTO alerts VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
               rev = excluded.rev, phase = excluded.phase, closed = excluded.closed, body = excluded.body
               WHERE excluded.rev > alerts.rev""",
            row,
        )

    def source_of(self, alert_id):
        row = self.db.execute("SELECT source FROM alerts WHERE alert_id = ?", (alert_id,)).fetchone()
        return row and row[0]

    def unsettled(self):
        """Alerts that are not over, or not closed by anybody."""
        wanted = "SELECT source, body FROM alerts WHERE phase IN ('new', 'update') OR (phase = 'end' AND NOT closed)"
        return [(source, types.AlertEvent.model_validate_json(body).data) for source, body in self.db.execute(wanted)]


class Centre:
    """Takes what boxes say and what people say, one thing after the other, in one thread."""

    def __init__(self, arguments):
        self.by = arguments.by
        self.key_id, self.key = desk_key(arguments.key)
        self.boxes, self.box_keys, self.unregistered = arguments.boxes, box_keys(arguments.boxes), set()
        self.broker, self.client_id = arguments.broker, arguments.client_id
        self.is_ready, self.trouble = False, None
        try:
            self.store = Store(arguments.store)
        except sqlite3.Error as error:
            sys.exit(f"error: --store {arguments.store}: {error}")
        self.settled = self.store.numbers()
        # The last number that each box says it has given; what is above ours has not been fetched yet.
        self.last_given = {}
        self.marked, self.hole_since, self.asked = {}, {}, {}
        # What people decided and no box has answered yet, by request id.
        self.unanswered = {}
        self.states, self.healths, self.cameras, self.sensors = {}, {}, {}, {}
        self.todo, self.news = queue.Queue(), []
        self.client = self.connect(arguments)

    def connect(self, arguments):
        # The broker keeps what comes while we are away, and gives it up only when we say that it is stored.
        client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=arguments.client_id, protocol=mqtt.MQTTv5, manual_ack=True
        )
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = SESSION_SECS
        if arguments.ca:
            try:
                client.tls_set(arguments.ca, arguments.certificate, arguments.certificate_key)
            except (OSError, ValueError) as error:
                sys.exit(f"error: --ca, --certificate or --certificate-key: {error}")
        client.on_connect = self.on_connect
        client.on_connect_fail = lambda *_: self.todo.put(Trouble("cannot be reached", sys.exc_info()[1]))
        client.on_subscribe = self.on_subscribe
        client.on_disconnect = self.on_disconnect
        client.on_message = lambda _client, _data, message: self.todo.put(message)
        host, _, port = arguments.broker.rpartition(":")
        if not host or not port.isdecimal():
            sys.exit(f"error: --broker {arguments.broker}: write HOST:PORT, such as localhost:1883")
        client.connect_async(host, int(port), keepalive=30, clean_start=False, properties=properties)
        return client

    # These run in the library's thread, which tries again by itself.

    def on_connect(self, client, _data, _flags, reason, _properties):
        if reason.is_failure:
            return self.todo.put(Trouble("refuses the connection", reason))
        # Subscribing at each connection brings the latest retained messages, too.
        client.subscribe(f"{PREFIX}/+/+/up/#", qos=1)

    def on_subscribe(self, _client, _data, _mid, reasons, _properties):
        refused = next((reason for reason in reasons if reason.is_failure), None)
        self.is_ready = refused is None
        trouble = Trouble("does not let us read what boxes say", refused, "its access list is to allow it")
        self.todo.put(trouble if refused else SUBSCRIBED)

    def on_disconnect(self, _client, _data, flags, reason, _properties):
        if reason.value == SESSION_TAKEN_OVER:
            self.todo.put(TakenOver())
        elif reason.is_failure and flags.is_disconnect_packet_from_server:
            self.todo.put(Trouble("closed the connection", reason))
        elif reason.is_failure and self.is_ready:
            # Not every broker says that another one came with our client id.
            why = f"no reason given; if this comes again and again, another program runs as `{self.client_id}`"
            self.todo.put(Trouble("is gone", why))
        self.is_ready = False

    def run(self):
        threading.Thread(target=self.listen_to_people, daemon=True).start()
        self.client.loop_start()
        while True:
            batch = self.next_batch()
            messages = [one for one in batch if isinstance(one, mqtt.MQTTMessage)]
            for message in messages:
                self.take(message)
            # Stored first; then confirmed to the broker, marked to the box, and shown, in this order.
            self.store.commit()
            for message in messages:
                self.client.ack(message.mid, message.qos)
            for one in batch:
                if isinstance(one, Trouble):
                    self.show_trouble(one)
            if SUBSCRIBED in batch:
                self.marked.clear()
                self.trouble = None
                self.say("ready")
            self.send_marks()
            self.ask_for_holes()
            self.send_again()
            for line in batch:
                if isinstance(line, str):
                    self.obey(line.split())
            print(*self.news, sep="\n", end="\n" if self.news else "", flush=True)
            self.news.clear()
            if any(isinstance(one, TakenOver) for one in batch):
                # The library would come back, and push the other one out in turn, for ever.
                sys.exit(f"error: another program connected as `{self.client_id}`: give each a --client-id of its own")
            if QUIT in batch:
                self.client.disconnect()
                return self.client.loop_stop()

    def next_batch(self):
        """Everything that waits, at most a hundred: one commit for all of them."""
        batch = []
        try:
            batch.append(self.todo.get(timeout=1.0))
            while len(batch) < 100:
                batch.append(self.todo.get_nowait())
        except queue.Empty:
            pass
        return batch

    def listen_to_people(self):
        for line in sys.stdin:
            self.todo.put(QUIT if line.strip() == "quit" else line)
        self.todo.put(QUIT)

    # What boxes say.

    def take(self, message):
        """One message. Whatever is wrong with it, and whoever sent it, it never ends the others."""
        try:
            self.read(message)
        except Exception as error:
            self.say(f"cannot be read: {message.topic}: {error!r}")

    def read(self, message):
        area, box, _, *name = message.topic.removeprefix(f"{PREFIX}/").split("/")
        kept = {"camera": self.cameras, "sensor": self.sensors}.get(name[0])
        if not message.payload:
            # The box takes back what it said of something that is not there any more.
            if kept is not None:
                kept.pop((f"/lookout/{area}/{box}", name[1]), None)
            return
        if name[0] in ("evidence", "original"):
            return  # Pictures have no number. A real centre stores them beside their alert.
        if (area, box) not in self.box_keys:
            return self.say_unregistered(area, box)
        is_proven = self.verifies((area, box), message)
        if not is_proven and name != ["state"]:
            return self.say(f"ignored: what came on {message.topic} has no good signature")
        event = JSONFormat().read(None, message.payload)
        source, told = event.get_source(), self.data_of(event, message.payload)
        if source != f"/lookout/{area}/{box}":
            return self.say(f"ignored: {source} speaks on {message.topic}")
        if not is_proven and not self.is_will(source, told):
            return self.say(f"ignored: what came on {message.topic} has no good signature")
        # Whatever has a number is stored, also what only a later version of Lookout says.
        seq = event.get_data().get("seq")
        if isinstance(seq, dict):
            self.take_numbered(event, types.SeqData.model_validate(seq), told, message.payload)
        match told:
            case types.StateData():
                self.states[source] = told
                if told.state == types.BoxState.online:
                    # It hears commands from now on; what was sent before may have found nobody.
                    for waiting in self.unanswered.values():
                        waiting.due = 0.0 if waiting.source == source else waiting.due
            case types.HealthData():
                self.healths[source] = told
                which = (source, told.spool.stream)
                self.last_given[which] = max(told.spool.last_seq, self.last_given.get(which, 0))
            case types.CameraData() | types.SensorData():
                kept[source, told.id] = told

    def data_of(self, event, body):
        """In its generated type; `None` where there is no such type, or where it does not fit."""
        try:
            model = EVENTS.get(event.get_type())
            return model and model.model_validate_json(body).data
        except ValidationError as error:
            self.say(f"of another version: {event.get_type()} {event.get_id()}: {error}")

    def say_unregistered(self, area, box):
        # Once: a box says much.
        if (area, box) not in self.unregistered:
            self.unregistered.add((area, box))
            file = Path(self.boxes, f"{area}.{box}.jwk")
            self.say(f"ignored: no key registered for {area}.{box}: put it into {file}, and start again")

    def verifies(self, box, message):
        """Whether the box that the topic names signed these very bytes."""
        signature = dict(getattr(message.properties, "UserProperty", [])).get("jws")
        if signature is None:
            return False
        try:
            jws.deserialize_compact(signature, self.box_keys[box], registry=LIMITS, payload=message.payload)
        except (JoseError, ValueError):
            return False
        return True

    def is_will(self, source, told):
        """`offline`, which the broker says in the box's place and cannot sign; of the session that was online last."""
        is_offline = isinstance(told, types.StateData) and told.state == types.BoxState.offline
        before = self.states.get(source)
        return is_offline and (before is None or before.session == told.session)

    def take_numbered(self, event, seq, told, body):
        source = event.get_source()
        if not self.store.add(event, seq, body):
            return
        self.numbers(source, seq.stream).add(seq.n, seq.n)
        match told:
            case types.AlertData():
                self.store.keep_latest(source, told, body)
                if told.phase_reason != types.PhaseReason.still_there:
                    self.say(f"{told.phase} {told.level} {told.alert_id}.{told.rev} {told.title}")
            case types.GapData():
                for missing in told.missing:
                    self.miss(source, told.missing_stream, missing.from_, missing.to, told.reason)
                if told.reason == types.GapReason.damaged and not told.missing:
                    for first, last in list(self.numbers(source, told.missing_stream).holes()):
                        self.miss(source, told.missing_stream, first, last, told.reason)
            case types.ReplyData():
                self.take_answer(source, told)

    def take_answer(self, source, reply):
        self.unanswered.pop(reply.request_id, None)
        who = f" (first: {reply.acknowledged.by})" if reply.acknowledged else ""
        why = f" {reply.code}: {reply.message}" if reply.code else ""
        self.say(f"answer {reply.command} {reply.request_id}: {reply.outcome}{who}{why}")
        if reply.resend is None:
            return
        for gone in reply.resend.gone:
            if gone.why != types.GoneReason.not_given:
                self.miss(source, reply.resend.stream, gone.from_, gone.to, gone.why)
        # What it did not speak of is a hole that nobody has asked for yet.
        for (asked_source, stream, first, last), (request_id, at) in list(self.asked.items()):
            if request_id == reply.request_id and reply.resend.through < last:
                del self.asked[asked_source, stream, first, last]
                self.asked[asked_source, stream, first, reply.resend.through] = (request_id, at)

    def numbers(self, source, stream):
        return self.settled.setdefault((source, stream), Numbers())

    def miss(self, source, stream, first, last, why):
        self.store.add_missing(source, stream, first, last, why)
        self.numbers(source, stream).add(first, last)
        self.say(f"missing {source} {stream} {first}..{last}: {why}")

    def send_marks(self):
        """Tells each box up to where everything is stored, after it is."""
        # Streams are ULIDs: the mark that the broker keeps is that of the newest.
        for (source, stream), numbers in sorted(self.settled.items(), key=lambda one: one[0]):
            n = numbers.without_hole()
            if n > self.marked.get((source, stream), 0):
                self.marked[source, stream] = n
                area, box = box_of(source)
                self.send(area, box, types.MarkData(area=area, box=box, command="mark", stream=stream, n=n), "mark")

    def holes(self, but_asked=False):
        """Per stream what is not here and may still come, without what is asked for already where `but_asked` says so."""
        for source, stream in sorted({*self.settled, *self.last_given}):
            known, last = Numbers(), self.last_given.get((source, stream), 0)
            for first, to in self.numbers(source, stream).ranges:
                known.add(first, to)
            for first, to in [what[2:] for what in self.asked if but_asked and what[:2] == (source, stream)]:
                known.add(first, to)
            for first, to in known.holes(last):
                yield source, stream, first, to

    def ask_for_holes(self):
        now = time.monotonic()
        self.asked = {what: asked for what, asked in self.asked.items() if now - asked[1] < ASK_AGAIN_AFTER_SECS}
        holes = list(self.holes(but_asked=True))
        self.hole_since = {hole: self.hole_since.get(hole, now) for hole in holes}
        for source, stream, first, last in holes:
            # A stream of which nothing is here yet began before we listened: what it told may never come by itself.
            is_new = not self.numbers(source, stream).ranges
            if not is_new and now - self.hole_since[source, stream, first, last] < HOLE_AFTER_SECS:
                continue
            fields = {"stream": stream, "from": first, "to": last}
            request_id = self.command(source, "resend", types.ResendCommand, **fields)
            self.asked[source, stream, first, last] = (request_id, now)
            self.say(f"asked for {source} {stream} {first}..{last}")

    # What people say.

    def obey(self, words):
        match words:
            case ["alerts"]:
                self.show_alerts()
            case ["health"]:
                self.show_health()
            case ["ack", alert, *note]:
                self.handle(alert, "ack", types.AckCommand, note=" ".join(note) or None)
            case ["assign", alert, to, *note]:
                self.handle(alert, "assign", types.AssignCommand, to=to, note=" ".join(note) or None)
            case ["verdict", alert, word, *cause]:
                self.handle(alert, "verdict", types.VerdictCommand, verdict=word, cause=" ".join(cause) or None)
            case ["close", alert, outcome, *note]:
                self.handle(alert, "close", types.CloseCommand, outcome=outcome, note=" ".join(note) or None)
            case _:
                self.say(HELP)

    def handle(self, alert_id, name, model, **fields):
        source = self.store.source_of(alert_id)
        if source is None:
            return self.say(f"there is no alert {alert_id}")
        try:
            request_id = self.command(source, name, model, must_be_answered=True, alert_id=alert_id, **fields)
        except ValidationError as error:
            return self.say(f"not sent: {error}")
        self.say(f"sent {name} {request_id}")

    def command(self, source, name, model, must_be_answered=False, **fields):
        """Signs a command for one box and sends it; its request id."""
        (area, box), now, request_id = box_of(source), datetime.now(UTC), f"r-{uuid.uuid4()}"
        envelope = {"request_id": request_id, "area": area, "box": box, "command": name, "by": self.by}
        command = model(**envelope, iat=now, exp=now + COMMAND_IS_GOOD_FOR, **fields)
        self.send(area, box, command, f"cmd/{name}")
        if must_be_answered:
            due = time.monotonic() + COMMAND_AGAIN_AFTER_SECS
            self.unanswered[request_id] = Waiting(source, name, command, now + COMMAND_IS_GOOD_FOR, due)
        return request_id

    def send_again(self):
        """What has no answer, until its time is over. By the same request id a box that did it already knows it."""
        for request_id, waiting in list(self.unanswered.items()):
            if datetime.now(UTC) >= waiting.until:
                del self.unanswered[request_id]
                state = self.states.get(waiting.source)
                why = f"{waiting.source} is {state.state if state else 'unknown'}"
                self.say(f"not answered in time: {waiting.name} {request_id}: {why}; it may not have been done")
            elif time.monotonic() >= waiting.due:
                waiting.due = time.monotonic() + COMMAND_AGAIN_AFTER_SECS
                area, box = box_of(waiting.source)
                self.send(area, box, waiting.command, f"cmd/{waiting.name}")
                self.say(f"no answer yet, repeated: {waiting.name} {request_id}")

    def send(self, area, box, command, topic):
        payload = command.model_dump_json(by_alias=True, exclude_none=True).encode()
        # Boxes read the algorithm by both of its names.
        signed = jws.serialize_compact({"alg": "EdDSA", "kid": self.key_id}, payload, self.key, algorithms=ALGORITHMS)
        properties = Properties(PacketTypes.PUBLISH)
        properties.ContentType = "application/jose"
        # A mark is kept for a box that is away; a command never is, and would be refused: `send_again` repeats it.
        where = f"{PREFIX}/{area}/{box}/down/{topic}"
        self.client.publish(where, signed, qos=1, retain=topic == "mark", properties=properties)

    def show_alerts(self):
        now, alerts = datetime.now(UTC), self.store.unsettled()
        for source, alert in sorted(alerts, key=lambda one: (-(one[1].severity or 0), one[1].started_at)):
            did, age = alert.handling or types.HandlingData(), now - alert.started_at
            who = did.accepted.by if did.accepted else "nobody"
            verdict = did.verdict.verdict if did.verdict else "-"
            if did.closed:
                due = did.closed.outcome
            elif did.accepted:
                due = "close!" if age > CLOSE_WITHIN else ""
            else:
                due = "accept!" if age > ACCEPT_WITHIN else ""
            # A drill or a test sends nobody out.
            drill = "" if alert.mode == types.Mode.actual else f"[{alert.mode}] "
            minutes, place = int(age.total_seconds() // 60), alert.place.address or alert.place.grid
            columns = f"{alert.level:6} {alert.alert_id} {minutes:4} min {who:10} {verdict:11} {due:10}"
            self.say(f"{columns} {drill}{alert.title} ({place})")
        self.say(f"{len(alerts)} alerts are open or not closed")
        # An empty list is no all-clear while some of what boxes said is not here.
        not_fetched = {}
        for source, _, first, last in self.holes():
            not_fetched[source] = not_fetched.get(source, 0) + last - first + 1
        for source, count in not_fetched.items():
            self.say(f"  {source}: {count} messages are not fetched yet; there may be alerts among them")
        heard = {box_of(source) for source in [*self.states, *self.healths]}
        for area, box in sorted(self.box_keys.keys() - heard):
            self.say(f"  /lookout/{area}/{box}: it has said nothing yet")

    def show_health(self):
        for source, health in sorted(self.healths.items()):
            state = self.states[source].state if source in self.states else "unknown"
            self.say(f"{source} {state}: {health.spool.queued} wait to be sent or marked")
            for degraded in health.degraded:
                # Cameras and sensors have lines of their own below.
                if not degraded.part.startswith(("camera", "sensor")):
                    self.say(f"  {degraded.part}: {degraded.reason}")
            counts = health.counts
            self.show_each(source, "camera", self.cameras, counts and counts.cameras.total)
            self.show_each(source, "sensor", self.sensors, counts and counts.sensors.total)
        self.say("end of health")

    def show_each(self, source, name, known, total):
        of_box = [one for (box, _), one in sorted(known.items()) if box == source]
        for one in of_box:
            is_camera = isinstance(one, types.CameraData)
            cause, reason = (one.cause, one.error) if is_camera else (None, one.reason)
            why = (reason or "").partition("\n")[0]
            self.say(f"  {name} {one.id:12} {one.grid:15} {one.state:10} {cause or '-':20} {why}".rstrip())
        # The counts are never cut: they tell whether this list is whole.
        self.say(f"  {name}s: {len(of_box)} of {'?' if total is None else total} shown")

    def show_trouble(self, trouble):
        # Once, and not at every try.
        text = f"the broker {self.broker} {trouble.what}: {trouble.why}; {trouble.then}"
        if text != self.trouble:
            self.trouble = text
            self.say(text)

    def say(self, text):
        self.news.append(text)


@dataclass(frozen=True)
class Trouble:
    """Why nothing comes from the broker."""

    what: str
    why: object
    then: str = "trying again"


@dataclass
class Waiting:
    """A command without an answer: good `until` then, `due` to be sent again by the monotonic clock."""

    source: str
    name: str
    command: BaseModel
    until: datetime
    due: float


class TakenOver:
    """Another program connected with our client id."""


def desk_key(file):
    """Its name and the private key, as `lookout keys make` writes them."""
    try:
        named = json.loads(Path(file).read_text())
        return named["kid"], OKPKey.import_key({part: named[part] for part in ("kty", "crv", "x", "d")})
    except OSError as error:
        sys.exit(f"error: --key {file}: {error.strerror}")
    except (JoseError, KeyError, TypeError, ValueError):
        sys.exit(f"error: --key {file}: no private key as `lookout keys make` writes it")


def box_keys(folder):
    """The public key of each box, by area and box."""
    if not Path(folder).is_dir():
        sys.exit(f"error: --boxes {folder}: there is no such folder")
    keys = {}
    for file in sorted(Path(folder).glob("*.jwk")):
        area, _, box = file.stem.partition(".")
        try:
            keys[area, box] = OKPKey.import_key(json.loads(file.read_text()))
        except (OSError, JoseError, KeyError, TypeError, ValueError):
            sys.exit(f"error: {file}: no public key as `lookout keys box --json` prints it")
    if not keys:
        sys.exit(f"error: --boxes {folder}: there is no key of a box, such as 530127.box-1.jwk")
    return keys


def box_of(source):
    """`/lookout/{area}/{box}`."""
    _, _, area, box = source.split("/")
    return area, box


def main():
    # joserfc recommends the newer name of the algorithm, which boxes say one day.
    warnings.filterwarnings("ignore", module="joserfc")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--broker", required=True, help="HOST:PORT")
    parser.add_argument("--boxes", required=True, help="folder of the boxes' public keys")
    parser.add_argument("--key", required=True, help="file of this desk's private key")
    parser.add_argument("--store", required=True, help="file of the database")
    parser.add_argument("--by", default="desk 1", help="who speaks, for the audit logs of the boxes")
    parser.add_argument("--client-id", default="centre")
    parser.add_argument("--ca", help="authority of the broker's certificate; with it the connection is encrypted")
    parser.add_argument("--certificate", help="this program's certificate, where the broker asks for one")
    parser.add_argument("--certificate-key")
    Centre(parser.parse_args()).run()


main()
