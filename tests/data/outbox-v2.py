"""Writes `outbox-v2.db`, a queue as Lookout left it while its format was 2: every kind of record, sent and unsent.

Run in `tests/data`; Python's own library is enough. The tables are those of that version, word for word.
"""

import hashlib
import json
import os
import sqlite3

BOX = "530127/box-7f3a"
STREAM = "01KAHZ5N8GQ4R6S7T8V9W0X1Y2"
BEFORE = "01KAG0000000000000000000ZZ"
AT_MS = 1795230365000  # 2026-11-21T03:06:05Z
TRUCK, QUEUE, GONE = "01KAJ7Q3V2X5T8W9Y0Z1A2B3C4", "01KAJ7Q3V2X5T8W9Y0Z1A2B3D5", "01KAJ7Q3V2X5T8W9Y0Z1A2B3E6"

TABLES = """
CREATE TABLE queue (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    box TEXT NOT NULL,
    stream TEXT NOT NULL,
    next_n INTEGER NOT NULL,
    orderly INTEGER NOT NULL
);
CREATE TABLE record (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    stream TEXT NOT NULL,
    n INTEGER,                      -- NULL: a picture
    class INTEGER NOT NULL,         -- 0 urgent, 1 the rest, 2 pictures
    kind INTEGER NOT NULL,
    level INTEGER,
    rev INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    acked INTEGER NOT NULL DEFAULT 0,
    release_n INTEGER,              -- a picture leaves with the mark of this number
    at_ms INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    alert_id TEXT,
    topic TEXT NOT NULL,
    gap TEXT,                       -- a gap's numbers, to add to while it waits
    sum INTEGER,                    -- see `sum`; NULL: stored by format 1
    body BLOB NOT NULL              -- last: a scan of the other columns need not read it
);
CREATE INDEX record_turn ON record(acked, class, id);
CREATE UNIQUE INDEX record_seq ON record(stream, n) WHERE n IS NOT NULL;
CREATE INDEX record_alert ON record(alert_id, rev) WHERE alert_id IS NOT NULL;
CREATE INDEX record_drop ON record(kind, level, id);
CREATE TABLE mark (stream TEXT PRIMARY KEY, n INTEGER NOT NULL);
CREATE TABLE alert (
    alert_id TEXT PRIMARY KEY,
    rev INTEGER NOT NULL,
    level INTEGER,
    first_id INTEGER NOT NULL,      -- order of opening
    ack BLOB,
    revision BLOB NOT NULL
);
"""


def total(stream, n, topic, body):
    digest = hashlib.sha256()
    for part in (stream.encode(), (n or 0).to_bytes(8, "little"), topic.encode(), body):
        digest.update(len(part).to_bytes(8, "little") + part)
    return int.from_bytes(digest.digest()[:8], "little", signed=True)


def alert(alert_id, rev, n, phase, level, rule, evidence):
    """A revision as it was published."""
    return json.dumps(
        {
            "specversion": "1.0",
            "id": f"{alert_id}.{rev}",
            "source": "/lookout/" + BOX,
            "type": "lookout.alert.v1",
            "subject": alert_id,
            "time": "2026-11-21T03:06:05.000Z",
            "datacontenttype": "application/json",
            "dataschema": "urn:lookout:schema:v1:alert",
            "data": {
                "alert_id": alert_id,
                "rev": rev,
                "phase": phase,
                "phase_reason": "raised" if rev == 1 else "still_there",
                "mode": "actual",
                "kind": "fire_lane_blocked" if rule else "crowd",
                "title": "Fire lane blocked",
                "level": level,
                "level_max": level,
                "level_authority": "suggested",
                "confidence": 0.87,
                "started_at": "2026-11-21T03:04:05.000Z",
                "last_seen_at": "2026-11-21T03:06:04.000Z",
                "place": {"grid": "53012700300102", "path": ["530127", "003", "001", "02"]},
                "origin": {"cameras": [{"id": "cam-03", "eye": "village"}], "zones": ["fire-lane"], "sensors": []},
                "geometry": {"objects": [{"class": "truck", "score": 0.87, "box": [0.21, 0.52, 0.58, 0.93]}]},
                "evidence": evidence,
                "why": {
                    **({"rule": rule} if rule else {"fusion": "crowd"}),
                    "condition": "car, truck or bus stands still in fire-lane for 120 s",
                    "threshold": 120.0,
                    "signals": [
                        {"source": f"rule:{rule}", "value": 124.2, "weight": 1.0, "contribution": 1.0, "age_s": 0.2}
                    ],
                },
                "acknowledged": {"by": "desk-2", "at": "2026-11-21T03:05:00.000Z"},
                "model": {"name": "street-nano", "sha256": ""},
                "config": {"sha256": ""},
                "clock": {"sync": "synced"},
                "seq": {"stream": STREAM, "n": n},
                "delivery": {"guarantee": "at_least_once", "droppable": level != "orange"},
            },
        },
        separators=(",", ":"),
    ).encode()


def plain(kind, n):
    return json.dumps({"id": f"{kind}.{STREAM}.{n}", "data": {"seq": {"stream": STREAM, "n": n}}}).encode()


PICTURE = {"id": 1, "type": "image/jpeg", "bytes": 400, "sha256": "", "redaction": "pixelated", "state": "queued"}
TRUCK_2 = alert(TRUCK, 2, 5, "update", "orange", "fire-lane-blocked", [PICTURE])
QUEUE_1 = alert(QUEUE, 1, 4, "new", "blue", None, [])
GAP = {"stream": BEFORE, "reason": "damaged", "ranges": [], "pictures": 0}
GAP |= {"from": "2026-11-20T00:00:00Z", "to": "2026-11-20T00:00:00Z"}

# id, n, class, kind, level, rev, ends, acked, release_n, alert_id, topic, gap, body
RECORDS = [
    (3, 3, 1, 1, None, 0, 0, 1, None, None, "up/count", None, plain("count", 3)),
    (4, 4, 1, 0, 0, 1, 0, 0, None, QUEUE, "up/alert", None, QUEUE_1),
    (5, None, 2, 4, 2, 0, 0, 1, 5, TRUCK, f"up/evidence/{TRUCK}/1", None, b"\xff\xd8" + bytes(398)),
    (6, 5, 0, 0, 2, 2, 0, 0, None, TRUCK, "up/alert", None, TRUCK_2),
    (7, 6, 1, 2, None, 0, 0, 0, None, None, "up/reply", None, plain("reply", 6)),
    (8, 7, 1, 3, None, 0, 0, 0, None, None, "up/alert", json.dumps(GAP), plain("gap", 7)),
    (9, 8, 1, 5, None, 0, 0, 0, None, None, "up/alert", None, plain("time_fix", 8)),
    (10, 9, 1, 0, 1, 2, 1, 0, None, GONE, "up/alert", None, alert(GONE, 2, 9, "end", "yellow", "gate", [])),
    (11, None, 2, 4, 0, 0, 0, 0, None, QUEUE, f"up/evidence/{QUEUE}/1", None, b"\xff\xd8" + bytes(298)),
]


def main():
    if os.path.exists("outbox-v2.db"):
        os.remove("outbox-v2.db")
    conn = sqlite3.connect("outbox-v2.db", isolation_level=None)
    conn.executescript("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;")
    conn.executescript(TABLES)
    conn.executescript(f"PRAGMA application_id = {0x4C4B4F42}; PRAGMA user_version = 2;")
    conn.execute("INSERT INTO queue VALUES (1, ?, ?, 10, 1)", (BOX, STREAM))
    conn.execute("INSERT INTO mark VALUES (?, 2)", (STREAM,))
    for row_id, n, kind_class, kind, level, rev, ends, acked, release_n, alert_id, topic, gap, body in RECORDS:
        # One of them is older still: format 1 had no sum.
        summed = None if row_id == 3 else total(STREAM, n, topic, body)
        row = (row_id, STREAM, n, kind_class, kind, level, rev, ends, acked, release_n)
        row += (AT_MS, len(body), alert_id, topic, gap, summed, body)
        conn.execute(f"INSERT INTO record VALUES ({', '.join('?' * len(row))})", row)
    conn.execute("INSERT INTO alert VALUES (?, 1, 0, 4, NULL, ?)", (QUEUE, QUEUE_1))
    conn.execute("INSERT INTO alert VALUES (?, 2, 2, 1, NULL, ?)", (TRUCK, TRUCK_2))
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    conn.close()


main()
