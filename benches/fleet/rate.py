"""How fast the command centre stores: messages of many boxes that waited in JetStream, drained by `lookout centre`.

    benches/fleet/rate.py --program target/release/lookout [--boxes 1000] [--alerts 20000] [--counts 100000] [--workers 2]

The messages are the contract's own examples (config/schema), each with a box, a number and a signature of its own, published over NATS
as its MQTT gateway would. One node, one PostgreSQL with its defaults, both started here from Debian's packages; `cryptography` signs
(any virtual environment with it: `pip install cryptography`). Prints a table.
"""

import argparse
import base64
import hashlib
import json
import os
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

TOP = Path(__file__).resolve().parents[2]
STREAM = "01KAHZ5N8GQ4R6S7T8V9W0X1Y2"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Box:
    def __init__(self, number):
        self.name, self.key, self.n = f"box-{number}", Ed25519PrivateKey.generate(), 0
        self.x = b64(self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
        self.kid = b64(hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{self.x}"}}'.encode()).digest())
        self.header = b64(json.dumps({"alg": "EdDSA", "kid": self.kid}).encode())

    def event(self, example, change):
        self.n += 1
        event = json.loads(example)
        event["source"] = f"/lookout/530127/{self.name}"
        event["data"]["seq"] = {"stream": STREAM, "n": self.n}
        change(event, self.n)
        return json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()

    def signature(self, example, body):
        jws = f"{self.header}..{b64(self.key.sign(f'{self.header}.{b64(body)}'.encode()))}"
        event = json.loads(example)
        event["source"] = f"/lookout/530127/{self.name}"
        event["data"] = {"of": {"topic": "up/alert", "seq": {"stream": STREAM, "n": self.n}, "sha256": hashlib.sha256(body).hexdigest()},
                         "kid": self.kid, "jws": jws}
        return json.dumps(event, separators=(",", ":")).encode()


def example(name):
    return json.dumps(json.loads((TOP / f"config/schema/{name}.json").read_text())["examples"][0])


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(port):
    for _ in range(300):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"error: nothing listens on port {port}")


def publish(port, messages):
    """Over NATS, as fast as it takes them; all of them are there when it returns."""
    with socket.create_connection(("127.0.0.1", port)) as wire:
        wire.recv(8192)
        wire.sendall(b'CONNECT {"verbose":false,"pedantic":false}\r\n')
        sent = []
        for subject, body in messages:
            sent.append(b"PUB %s %d\r\n%s\r\n" % (subject.encode(), len(body), body))
            if len(sent) == 500:
                wire.sendall(b"".join(sent))
                sent.clear()
        wire.sendall(b"".join(sent) + b"PING\r\n")
        answer = b""
        while b"PONG" not in answer:
            answer += wire.recv(8192)
            if b"PING" in answer:
                wire.sendall(b"PONG\r\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    for name, usual in (("boxes", 1000), ("alerts", 20_000), ("counts", 100_000), ("workers", 2)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    arguments = parser.parse_args()
    children = []
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        os.chmod(folder, 0o711)
        postgres = sorted(Path("/usr/lib/postgresql").iterdir())[-1] / "bin"
        data, as_postgres = folder / "pg", ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        data.mkdir()
        if as_postgres:
            subprocess.run(["chown", "postgres", data], check=True)
        pg, nats = free_port(), free_port()
        run = lambda *words: subprocess.run([*as_postgres, *map(str, words)], check=True, stdout=subprocess.DEVNULL)
        run(postgres / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8")
        run(postgres / "pg_ctl", "-D", data, "-o", f"-p {pg} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''", "-l", data / "log", "-w", "start")
        ask = lambda query, database="lookout": subprocess.run(
            ["psql", "-XAtq", "-h", "127.0.0.1", "-p", str(pg), "-U", "postgres", "-d", database, "-c", query], capture_output=True, text=True).stdout.strip()
        try:
            ask("CREATE DATABASE lookout", "postgres")
            (folder / "nats.conf").write_text(f'listen: "127.0.0.1:{nats}"\njetstream {{ store_dir: "{folder}/js" }}\n')
            children.append(subprocess.Popen(["nats-server", "-c", folder / "nats.conf"], stderr=subprocess.DEVNULL))
            wait_for(nats)
            boxes = [Box(number) for number in range(arguments.boxes)]
            (folder / "keys").mkdir()
            for box in boxes:
                (folder / f"keys/530127.{box.name}.jwk").write_text(json.dumps({"kty": "OKP", "crv": "Ed25519", "x": box.x}))
            subprocess.run([arguments.program, "keys", "make", "desk-1", "--role", "desk", "--out", folder], check=True, capture_output=True)
            (folder / "centre.toml").write_text(f'''language = "en"
boxes = "keys"
evidence = "evidence"
workers = {arguments.workers}
[nats]
urls = ["nats://127.0.0.1:{nats}"]
replicas = 1
stream_max_mib = 2048
[database]
url = "postgresql://postgres@127.0.0.1:{pg}/lookout"
[desk]
key_file = "desk-1.jwk"
''')
            start = lambda: subprocess.Popen([arguments.program, "centre", "--config", folder / "centre.toml"], stderr=open(folder / "log", "a"))
            # The streams are there before anything is published.
            first = start()
            probe = [("lookout.v1.530127.nobody.up.alert", b"{}"), ("lookout.v1.530127.nobody.up.state", b"{}")]
            while ask("SELECT count(DISTINCT topic) FROM refused") != "2":
                publish(nats, probe)
                time.sleep(0.3)
            first.kill()
            first.wait()

            alert, count, signature = example("alert"), example("count"), example("signature")

            def alerts():
                for number in range(arguments.alerts):
                    box = boxes[number % len(boxes)]

                    def change(event, n):
                        event["id"], event["data"]["alert_id"], event["data"]["rev"] = f"A{number}.1", f"A{number}", 1

                    body = box.event(alert, change)
                    yield f"lookout.v1.530127.{box.name}.up.signature", box.signature(signature, body)
                    yield f"lookout.v1.530127.{box.name}.up.alert", body

            def counts():
                for number in range(arguments.counts):
                    box = boxes[number % len(boxes)]

                    def change(event, n):
                        event["id"] = f"count.{number}"

                    yield f"lookout.v1.530127.{box.name}.up.count", box.event(count, change)

            print("| messages | seconds to drain | messages a second | bytes of database for each |\n|---|---|---|---|")
            for what, messages, table, wanted in (("alerts with signatures", alerts(), "message", arguments.alerts), ("counts", counts(), "count", arguments.counts)):
                publish(nats, messages)
                before = int(ask("SELECT pg_database_size('lookout')"))
                begun = time.monotonic()
                child = start()
                while int(ask(f"SELECT count(*) FROM {table}") or 0) < wanted:
                    if child.poll() is not None or time.monotonic() - begun > 600:
                        raise SystemExit("error: the centre stopped\n" + (folder / "log").read_text()[-2000:])
                    time.sleep(0.1)
                took = time.monotonic() - begun
                child.kill()
                child.wait()
                each = (int(ask("SELECT pg_database_size('lookout')")) - before) / wanted
                print(f"| {wanted} {what} of {len(boxes)} boxes, {arguments.workers} workers | {took:.1f} | {wanted / took:.0f} | {each:.0f} |", flush=True)
            holes = ask("SELECT count(*) FROM stream WHERE mark < highest")
            print(f"\nStreams with a hole: {holes}.")
        finally:
            for child in children:
                child.kill()
            run(postgres / "pg_ctl", "-D", data, "-m", "immediate", "stop")


main()
