"""Load for a fleet that `run.sh` has started, kills in the middle, and what became of it: see `run.sh --help`.

Everything that is counted is counted from outside: what boxes accepted stands in their logs, what the centre has in the database.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

TOKEN = "0123456789abcdef-token"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# After that nothing comes any more: a box sends again what was not marked within five minutes.
PATIENCE_SECS = 420


def say(text):
    print(f"fleet: {text}", file=sys.stderr, flush=True)


class Fleet:
    def __init__(self, arguments):
        self.dir = Path(arguments.dir)
        self.boxes = range(1, arguments.boxes + 1)
        self.arguments = arguments
        # When something was dead or catching up: (from, until), by the wall clock.
        self.troubles = []
        self.posts, self.posts_failed = 0, 0
        self.kills = []
        # What logs have told so far, and up to where they were read.
        self.heard, self.read_to = set(), {}

    # ---- the database, looked at as nobody's friend

    def sql(self, query, default=None):
        command = ["psql", "-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", "lookout", "-c", query]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            if default is not None:
                return default
            raise RuntimeError(done.stderr.strip())
        return [line.split("\t") for line in done.stdout.splitlines()]

    def stored_ids(self):
        """How often each revision is there, by box and event."""
        rows = self.sql(
            "SELECT b.name, m.event_id, count(*) FROM message m JOIN box b USING (box_id) WHERE m.kind = 'lookout.alert.v1' GROUP BY 1, 2",
            default=[],
        )
        return {(name, event): int(times) for name, event, times in rows}

    # ---- boxes

    def accepted(self):
        """Every revision that a box says it has on its disk."""
        for number in self.boxes:
            with open(self.dir / f"log/box-{number}.log", "rb") as log:
                log.seek(self.read_to.get(number, 0))
                text = log.read()
            # The last line may be half there.
            whole = text[: text.rfind(b"\n") + 1]
            self.read_to[number] = self.read_to.get(number, 0) + len(whole)
            for line in whole.decode(errors="replace").splitlines():
                if "alert stored" in line:
                    fields = dict(re.findall(r"(\w+)=\"?([\w.-]+)\"?", COLOURS.sub("", line)))
                    if "alert" in fields and "rev" in fields:
                        self.heard.add((f"box-{number}", f"{fields['alert']}.{fields['rev']}"))
        return set(self.heard)

    def post(self, number, gauge, level):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.arguments.webhook + number - 1}/drain-{gauge}",
            data=json.dumps({"m": level}).encode(),
            headers={"Authorization": f"Bearer {TOKEN}"},
        )
        try:
            urllib.request.urlopen(request, timeout=5).close()
            self.posts += 1
        except OSError:
            # The box is dead, or starts.
            self.posts_failed += 1

    def raise_and_end(self, number):
        half = self.arguments.secs / 2
        for level in (1.0, 0.0):
            begun = time.monotonic()
            for gauge in range(1, self.arguments.gauges + 1):
                self.post(number, gauge, level)
            time.sleep(max(0.0, half - (time.monotonic() - begun)))

    def cycle(self):
        threads = [threading.Thread(target=self.raise_and_end, args=(number,)) for number in self.boxes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    # ---- what dies

    def kill(self, *names, secs):
        """kill -9, and up again after so many seconds; in a thread of its own."""

        def run():
            begun = time.time()
            for name in names:
                if name == "database":
                    subprocess.run(["bash", str(self.dir / "database.kill")], capture_output=True)
                else:
                    os.kill(int((self.dir / f"{name}.pid").read_text()), signal.SIGKILL)
            say(f"killed {', '.join(names)}")
            time.sleep(secs)
            for name in names:
                self.start(name)
            say(f"started {', '.join(names)} again")
            self.troubles.append((begun, time.time()))
            self.kills.append(names)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def start(self, name):
        if name == "database":
            subprocess.run(["bash", str(self.dir / "database.start")], capture_output=True, check=True)
            return
        log = open(self.dir / f"log/{name}.log", "a")
        child = subprocess.Popen(["bash", str(self.dir / f"{name}.cmd")], stdout=log, stderr=log, start_new_session=True)
        (self.dir / f"{name}.pid").write_text(f"{child.pid}\n")

    def plan(self):
        """What is killed in which part of the run, and for how long."""
        quarter = [f"box-{number}" for number in self.boxes][: max(1, len(self.boxes) // 4)]
        return [
            (["node-1"], 8),
            (["centre-1"], 3),
            (["node-2"], 8),
            (quarter, 3),
            (["database"], 5),
            (["centre-2"], 3),
            (["node-3"], 8),
            (["node-1", "node-2"], 10),
        ]

    # ---- the run

    def wait_ready(self):
        """Every box has been heard."""
        until = time.monotonic() + 180
        while time.monotonic() < until:
            # What was said before the streams were there, nobody heard; how a box does it says every ten seconds.
            rows = self.sql("SELECT count(DISTINCT box_id) FROM latest WHERE topic = 'up/health'", default=[["0"]])
            if int(rows[0][0]) == len(self.boxes):
                return say(f"all {len(self.boxes)} boxes are heard by the centre")
            time.sleep(0.5)
        rows = self.sql("SELECT DISTINCT name FROM latest JOIN box USING (box_id)", default=[])
        raise SystemExit(f"error: only these boxes are heard: {rows}\n  hint: see the logs in {self.dir}/log")

    def run(self):
        self.wait_ready()
        plan = self.plan() if self.arguments.kill else []
        # The first ones are undisturbed, and so is the last.
        quiet = 3
        cycles = max(self.arguments.cycles, quiet + len(plan) + 1 if plan else 0)
        dying = []
        for cycle in range(cycles):
            if plan and quiet <= cycle < quiet + len(plan):
                for thread in dying:
                    thread.join()
                names, secs = plan[cycle - quiet]
                dying = [self.kill(*names, secs=secs)]
            self.cycle()
        for thread in dying:
            thread.join()
        healed = max([until for _, until in self.troubles], default=time.time())
        say("all said; waiting for the last of it")
        return healed

    def wait_complete(self, healed):
        """Until nothing that boxes accepted is missing and no number either; seconds since everything was alive and said."""
        begun = max(healed, time.time())
        quiet_since, last = time.monotonic(), None
        until = time.monotonic() + PATIENCE_SECS
        while time.monotonic() < until:
            missing = self.accepted() - self.stored_ids().keys()
            holes = self.sql("SELECT count(*) FROM stream WHERE mark < greatest(last_given, highest)", default=[["1"]])
            pictures = len(self.pictures_missing())
            now = (len(missing), holes[0][0], pictures)
            if now != last:
                quiet_since, last = time.monotonic(), now
            if not missing and holes == [["0"]] and not pictures and time.monotonic() - quiet_since > 3:
                return time.time() - begun - 3
            time.sleep(1)
        return None

    def pictures_missing(self):
        """Pictures that the last revision of an alert says are on their way or sent, and that are not here."""
        return self.sql(
            """SELECT b.name, a.alert_id, p.n FROM picture p JOIN box b USING (box_id) JOIN alert a USING (box_id, alert_id),
               jsonb_array_elements(a.body->'evidence') e
               WHERE NOT p.is_stored AND (e->>'id')::int = p.n AND decode(e->>'sha256', 'hex') = p.sha256
               AND e->>'state' IN ('queued', 'sent')""",
            default=[],
        )

    def forged(self):
        """A box that lies: alerts without a signature on its own topic, and alerts on another's; how many were believed."""
        if not shutil.which("mosquitto_pub"):
            return None
        port = re.search(r"mqtt \{\s*listen: \"127.0.0.1:(\d+)\"", (self.dir / "tls/node-1.conf").read_text())[1]
        tls = self.dir / "tls"
        sent = 0
        for victim in ("box-1", "box-2"):
            for number in range(10):
                stream = "01AAAAAAAAAAAAAAAAAAAAAAAA"
                data = {"alert_id": f"01FORGED{number}", "rev": 1, "phase": "new", "level": "red", "seq": {"stream": stream, "n": number + 1}}
                event = {"specversion": "1.0", "id": f"01FORGED{number}.1", "source": f"/lookout/530127/{victim}", "type": "lookout.alert.v1",
                         "time": "2026-01-01T00:00:00Z", "datacontenttype": "application/json", "dataschema": "urn:x", "data": data}
                done = subprocess.run(
                    ["mosquitto_pub", "-h", "127.0.0.1", "-p", port, "-V", "311", "-q", "1", "-i", f"forger-{number}", "--cafile", tls / "ca.pem",
                     "--cert", tls / "530127.box-1.pem", "--key", tls / "530127.box-1.key", "-t", f"lookout/v1/530127/{victim}/up/alert",
                     "-m", json.dumps(event)], capture_output=True, timeout=20)
                sent += done.returncode == 0
        time.sleep(3)
        believed = int(self.sql("SELECT count(*) FROM message WHERE event_id LIKE '01FORGED%'")[0][0])
        apart = int(self.sql("SELECT (SELECT count(*) FROM waiting WHERE convert_from(body, 'UTF8') LIKE '%01FORGED%') + "
                             "(SELECT coalesce(sum(times), 0) FROM refusal)")[0][0])
        return sent, believed, apart

    def latencies(self):
        """Seconds from event to row, of what was told while nothing was dead or catching up."""
        # What was killed takes a while to be found dead, and its load to be taken over.
        away = " OR ".join(f"event_time BETWEEN to_timestamp({a - 2}) AND to_timestamp({b + 25})" for a, b in self.troubles) or "false"
        query = f"""SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY s), percentile_cont(0.95) WITHIN GROUP (ORDER BY s), max(s)
            FROM (SELECT extract(epoch FROM stored_at - event_time) s FROM message
                  WHERE kind = 'lookout.alert.v1' AND NOT ({away})) AS one"""
        return self.sql(query)[0]

    def report(self, backlog):
        accepted, stored = self.accepted(), self.stored_ids()
        lost = accepted - stored.keys()
        twice = [key for key, times in stored.items() if times > 1]
        count, median, p95, most = self.latencies()
        pictures = self.sql("SELECT count(*) FILTER (WHERE is_stored), count(*) FROM picture WHERE is_announced")[0]
        pictures_lost = self.pictures_missing()
        workers = self.sql("SELECT split_part(worker, '-', 3), count(*) FROM message GROUP BY 1 ORDER BY 2 DESC")
        declared = self.sql("SELECT coalesce(sum(last - first + 1), 0) FROM missing")[0][0]
        killed = ", ".join("+".join(names) for names in self.kills) or "nothing"
        seconds = lambda text: f"{float(text):.2f} s" if text else "-"
        forged = self.forged()
        rows = [
            ("boxes, gauges each", f"{len(self.boxes)}, {self.arguments.gauges}", True),
            ("killed (kill -9; the database: immediate stop)", killed, True),
            ("revisions accepted by boxes", len(accepted), len(accepted) > 0),
            ("of these lost", len(lost), not lost),
            ("there twice", len(twice), not twice),
            ("numbers that boxes declared as missing", declared, True),
            ("pictures announced / here / lost", f"{pictures[1]} / {pictures[0]} / {len(pictures_lost)}", not pictures_lost),
            ("from event to row while nothing is dead: median / p95 / most",
             f"{seconds(median)} / {seconds(p95)} / {seconds(most)} ({count} revisions)", bool(p95) and float(p95) < 2.0),
            ("all here, with every number, after the last word and the last healing",
             f"{backlog:.0f} s" if backlog is not None else f"not within {PATIENCE_SECS} s", backlog is not None and backlog <= 60),
            ("rows by process of the centre", ", ".join(f"{count}" for _, count in workers), True),
        ]
        if forged:
            sent, believed, apart = forged
            rows.append((f"{sent} forged alerts (no signature; another box's topic): believed / kept apart", f"{believed} / {apart}", believed == 0))
        print("| what | measured | |\n|---|---|---|")
        for what, measured, is_good in rows:
            print(f"| {what} | {measured} | {'ok' if is_good else '**not ok**'} |")
        for key in sorted(lost)[:10]:
            print(f"lost: {key}", file=sys.stderr)
        return all(is_good for what, _, is_good in rows if "lost" in what or "twice" in what or "accepted" in what or "forged" in what)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", required=True)
    for name in ("boxes", "gauges", "cycles", "webhook", "cameras"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--secs", type=float, required=True)
    parser.add_argument("--kill", action="store_true")
    fleet = Fleet(parser.parse_args())
    healed = fleet.run()
    backlog = fleet.wait_complete(healed)
    sys.exit(0 if fleet.report(backlog) else 1)


main()
