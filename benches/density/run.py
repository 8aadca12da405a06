"""Runs the rows of the density benchmark that are not done yet and keeps what they gave as JSON lines.

    run.py --lookout PROGRAM --serve PROGRAM --models DIR --streams DIR --results FILE [--quick] [--only TEXT]

Every row is one system with so many cameras of one stream, watched for whole loops of that stream; a row that is in the
results already is not run again.
"""

import argparse
import json
import os
import signal
import sys
import time

import ours
import others
from measure import Server

# (stream, cameras, system, variant, rules)
COMPARED = [
    ("room-10", 8, "lookout", "everything", "fast"),
    ("room-10", 8, "lookout", "without gate", "fast"),
    ("room-10", 8, "lookout", "without motion", "fast"),
    ("room-10", 8, "lookout", "without gate and motion", "fast"),
    ("room-10", 8, "lookout", "int8", "fast"),
    ("room-10", 8, "lookout", "int8 on OpenVINO", "fast"),
    ("room-10", 8, "lookout", "everything", "slow"),
    ("room-10", 4, "opencv", "", "fast"),
    ("room-10", 8, "decode only", "", "fast"),
    ("room-10", 4, "frigate-like", "", "fast"),
    ("room-10", 8, "frigate-like tuned", "", "fast"),
    ("room-03", 16, "lookout", "everything", "fast"),
    ("room-03", 16, "lookout", "int8", "fast"),
    ("room-03", 8, "frigate-like tuned", "", "fast"),
    ("room-00", 16, "lookout", "everything", "fast"),
    ("room-00", 8, "frigate-like tuned", "", "fast"),
    ("room-30", 8, "lookout", "everything", "fast"),
    ("room-30", 8, "lookout", "without closer looks", "fast"),
    ("room-30", 8, "frigate-like tuned", "", "fast"),
]
MANY = [
    ("room-10", 64, "lookout", "everything", "fast"),
    ("room-10", 64, "lookout", "keyframes together", "fast"),
    ("room-03", 64, "lookout", "everything", "fast"),
    # More than two cores can do.
    ("room-30", 96, "lookout", "everything", "fast"),
]
SLEEPING_1080 = [("room-00-1080", cameras, "lookout", "everything", "fast") for cameras in (4, 16)]
SETS = [
    (stream, 8, "lookout", variant, "fast")
    for stream in ("room-30-1080", "room-30-gop1s", "room-30-gop10s", "room-30-cbr", "room-30-night", "room-30-h265", "room-30-576")
    for variant in ("everything", "without gate and motion")
]


def key(row):
    return " / ".join(str(part) for part in row)


def main():
    # Whoever ends this ends what it started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    parser = argparse.ArgumentParser()
    for name in ("lookout", "serve", "models", "streams", "results"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--quick", action="store_true", help="shorter, and only what is compared")
    parser.add_argument("--only", default="", help="rows whose name holds this")
    parser.add_argument("--port", type=int, default=18554)
    args = parser.parse_args()
    done = set()
    if os.path.exists(args.results):
        with open(args.results, encoding="utf-8") as file:
            done = {json.loads(line)["row"] for line in file}
    rows = [row for row in COMPARED + ([] if args.quick else MANY + SLEEPING_1080 + SETS) if args.only in key(row)]
    for number, row in enumerate(rows, 1):
        name = key(row)
        if name in done:
            continue
        stream, cameras, system, variant, rules = row
        truth_file = os.path.join(args.streams, f"{stream}.json")
        with open(truth_file, encoding="utf-8") as file:
            truth = json.load(file)
        # Of a long loop its cameras, each at another place of it, see a part.
        seconds = min(60, truth["loop"] + 5) if args.quick else min(110, max(90, truth["loop"] + 5))
        settle = 15 + cameras // 4
        print(f"[{number}/{len(rows)}] {name}: {seconds + settle:.0f} s", file=sys.stderr, flush=True)
        server = Server(args.serve, args.port, [truth_file])
        try:
            if system == "lookout":
                result = ours.run(args.lookout, server, cameras, rules, variant, seconds, settle)
            else:
                result = others.run(system, server, cameras, args.models, truth["size"], rules, seconds, settle)
        finally:
            server.stop()
        result.update(row=name, stream=stream, busy=truth["busy"], ms=1000 * result["cores"] / cameras, when=int(time.time()))
        with open(args.results, "a", encoding="utf-8") as file:
            file.write(json.dumps(result) + "\n")
        print(f"    {result['ms']:.1f} ms of processor time per camera and second, {result['hits']} of {result['happened']} events, "
              f"{result['extra']} besides", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
