"""What every system of the density benchmark is measured with: the streams' server, processor time, memory, and what
was told against what happened.
"""

import json
import os
import subprocess
import threading
import time


class Server:
    """The cameras. Knows where in its loop every camera is at any time."""

    def __init__(self, program, port, streams):
        self.truths = [json.load(open(stream, encoding="utf-8")) for stream in streams]
        files = [truth["file"] for truth in self.truths]
        self.port, self.plays = port, {}
        self.process = subprocess.Popen([program, str(port), *files], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.restarts = 0
        threading.Thread(target=self._listen, daemon=True).start()
        time.sleep(0.5)

    def _listen(self):
        for line in self.process.stdout:
            said = json.loads(line)
            if "camera" in said:
                self.restarts += said["camera"] in self.plays
                self.plays[said["camera"]] = said

    def url(self, camera, together=False):
        return f"rtsp://127.0.0.1:{self.port}/{'together' if together else 'cam'}-{camera}"

    def happens(self, camera, begin, end):
        """(kind, from, to) of everything of a camera that begins and ends within a time."""
        play, truth = self.plays.get(camera), self.truths[camera % len(self.truths)]
        if play is None:
            return []
        found = []
        first = play["at"] - play["from"]
        rounds = int((begin - first) // truth["loop"]) - 1
        for number in range(rounds, rounds + int((end - begin) // truth["loop"]) + 4):
            base = first + number * truth["loop"]
            for event in truth["events"]:
                a, b = base + event["from"], base + event["to"]
                if a >= begin and b <= end:
                    found.append((event["kind"], a, b))
        return found

    def stop(self):
        self.process.stdin.close()
        self.process.wait(5)


def children(pid):
    try:
        direct = []
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                direct += [int(child) for child in file.read().split()]
    except OSError:
        return []
    return [p for child in direct for p in [child, *children(child)]]


def family(pids):
    """Processes with everything they started."""
    pids = pids if isinstance(pids, list) else [pids]
    return [process for pid in pids for process in [pid, *children(pid)]]


def cpu_secs(pids):
    total = 0.0
    for process in family(pids):
        try:
            with open(f"/proc/{process}/stat", encoding="ascii", errors="replace") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except (OSError, IndexError):
            pass
    return total


def memory_bytes(pids):
    """Proportional, so that what processes share counts once."""
    total = 0
    for process in family(pids):
        try:
            with open(f"/proc/{process}/smaps_rollup", encoding="ascii") as file:
                total += sum(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))
        except OSError:
            pass
    return total


def threads(pids):
    total = 0
    for process in family(pids):
        try:
            total += len(os.listdir(f"/proc/{process}/task"))
        except OSError:
            pass
    return total


def load():
    with open("/proc/loadavg", encoding="ascii") as file:
        return float(file.read().split()[0])


def judged(server, told, cameras, begin, end):
    """Told: (camera, kind, at). How many happened, how many of them were told, and what was told besides."""
    happened = hits = extra = 0
    for camera in range(cameras):
        events = server.happens(camera, begin, end)
        own = [(kind, at) for of, kind, at in told if of == camera]
        used = set()
        for kind, a, b in events:
            happened += 1
            match = next((n for n, (k, at) in enumerate(own) if n not in used and k == kind and a <= at <= b), None)
            if match is not None:
                used.add(match)
                hits += 1
        # What belongs to an event that began before or ended after the time is not held against anybody.
        wider = server.happens(camera, begin - 1000, end + 1000)
        for n, (kind, at) in enumerate(own):
            if n not in used and begin <= at <= end and not any(k == kind and a <= at <= b for k, a, b in wider):
                extra += 1
    return happened, hits, extra


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else None


def watch(pids, server, seconds, settle):
    """Processor time, memory and load over some seconds, after the system has settled."""
    time.sleep(settle)
    begin, cpu, of_server = time.time(), cpu_secs(pids), cpu_secs(server.process.pid)
    memory = memory_bytes(pids)
    time.sleep(seconds)
    end = time.time()
    passed = end - begin
    return {
        "begin": begin, "end": end, "cores": (cpu_secs(pids) - cpu) / passed,
        "server_cores": (cpu_secs(server.process.pid) - of_server) / passed,
        "memory_bytes": memory_bytes(pids), "memory_rise": memory_bytes(pids) - memory, "threads": threads(pids), "load": load(),
    }
