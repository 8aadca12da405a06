"""(d) Lookout: the real daemon with its own broker in between, as the command centre sees it."""

import calendar
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from measure import judged, percentile, watch

# Where the lines and zones of the room are; the others use the same.
LINE_X = 0.82
DWELL_SECS = 8

# The model of ours that everybody in the comparison uses, and its 8-bit form.
MODEL = "street-small"
MODEL_INT8 = f"{MODEL}-int8"

# All cameras send their keyframes at the same time, as after a power cut.
TOGETHER = "keyframes together"

# With the ONNX Runtime that LOOKOUT_OPENVINO_LIB names.
OPENVINO = "int8 on OpenVINO"

# name: (lines for every camera, lines for [detector])
VARIANTS = {
    "everything": ('policy = "auto"', ""),
    "without gate": ('policy = "full"', ""),
    "without gate and motion": ('policy = "full"\nskip_still = false\nlook_closer = false', ""),
    "without closer looks": ('policy = "auto"\nlook_closer = false', ""),
    "without motion": ('policy = "auto"\nskip_still = false\nlook_closer = false', ""),
    "int8": ('policy = "auto"', f'model = "{MODEL_INT8}"'),
    TOGETHER: ('policy = "auto"', ""),
    OPENVINO: ('policy = "auto"', f'model = "{MODEL_INT8}"\nproviders = ["openvino"]'),
}


def configuration(folder, server, cameras, rules, variant, port, broker):
    of_camera, of_detector = VARIANTS[variant]
    model = of_detector or f'model = "{MODEL}"'
    text = f"""[site]
box = "density"
area = "530127"
language = "en"
time_zone = "UTC"
mode = "test"
[mqtt]
url = "mqtt://127.0.0.1:{broker}"
[detector]
{model}
[outbox]
dir = "{folder}/outbox"
[evidence]
enabled = false
"""
    ids = ", ".join(f'"cam-{n}"' for n in range(cameras))
    for n in range(cameras):
        text += f"""[[camera]]
id = "cam-{n}"
eye = "village"
url = "{server.url(n, variant == TOGETHER)}"
grid = "53012700300102"
analysis_fps = 5
{of_camera}
[[camera.zone]]
id = "room"
polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
[[camera.line]]
id = "door"
points = [[{LINE_X}, 1.0], [{LINE_X}, 0.0]]
"""
    text += f"""[[rule]]
id = "stays"
cameras = [{ids}]
signal = "loitering"
level = "blue"
cooldown_secs = 1
dwell = {{ zone = "room", classes = ["person"], for_secs = {DWELL_SECS} }}
"""
    if rules == "fast":
        text += f"""[[rule]]
id = "leaves"
cameras = [{ids}]
signal = "line_crossed"
level = "blue"
cooldown_secs = 1
line = {{ line = "door", classes = ["person"], direction = "both" }}
"""
    path = os.path.join(folder, "lookout.toml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def seconds_of(stamp):
    whole, _, part = stamp.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + (float("0." + part) if part else 0.0)


def run(program, server, cameras, rules, variant, seconds, settle, broker=18830):
    folder = tempfile.mkdtemp(prefix="lookout-density-")
    processes, journal, health = [], [], []
    try:
        processes.append(subprocess.Popen(["mosquitto", "-p", str(broker)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        time.sleep(1)
        listener = subprocess.Popen(["mosquitto_sub", "-p", str(broker), "-t", "lookout/#", "-F", "%U %t %p"], stdout=subprocess.PIPE, text=True)
        processes.append(listener)

        def listen():
            for line in listener.stdout:
                # The listener's own time: what stands in a pipe for a moment is not the box's delay.
                received, topic, payload = line.split(" ", 2)
                if topic.endswith("up/alert"):
                    journal.append((float(received), json.loads(payload)["data"]))
                elif topic.endswith("up/health"):
                    health.append(json.loads(payload)["data"])

        threading.Thread(target=listen, daemon=True).start()
        config = configuration(folder, server, cameras, rules, variant, server.port, broker)
        log = open(os.path.join(folder, "log"), "w", encoding="utf-8")
        environment = dict(os.environ)
        if variant == OPENVINO:
            environment["LOOKOUT_ORT_LIB"] = environment["LOOKOUT_OPENVINO_LIB"]
        daemon = subprocess.Popen([program, "run", "--config", config], stderr=log, stdout=log, env=environment)
        processes.append(daemon)
        time.sleep(3)
        if daemon.poll() is not None:
            sys.exit("the daemon did not start:\n" + open(log.name, encoding="utf-8").read()[-2000:])
        seen = watch(daemon.pid, server, seconds, settle)
        time.sleep(5)
        told, waits, longest = [], [], []
        for received, data in journal:
            if data.get("phase") != "new" or not data.get("origin", {}).get("cameras"):
                continue
            camera = int(data["origin"]["cameras"][0]["id"].removeprefix("cam-"))
            kind, last = data["kind"], seconds_of(data["last_seen_at"])
            told.append((camera, kind, last))
            if seen["begin"] <= received <= seen["end"]:
                waits.append(received - last)
                longest.append((round(received - last, 2), kind, camera))
        happened, hits, extra = judged(server, told, cameras, seen["begin"], seen["end"])
        if rules != "fast":
            # Nobody asked for the line.
            happened //= 2
        latest = health[-1] if health else {"cameras": []}
        modes = [camera.get("decoding") for camera in latest["cameras"]]
        return {
            **seen, "system": "lookout", "variant": variant, "rules": rules, "cameras": cameras,
            "happened": happened, "hits": hits, "extra": extra,
            "p50_s": percentile(waits, 0.5), "p99_s": percentile(waits, 0.99), "longest": sorted(longest, reverse=True)[:5],
            "reconnects": sum(camera["reconnects"] for camera in latest["cameras"]),
            "decoded_fps": sum(camera.get("fps_decoded", 0) for camera in latest["cameras"]) / max(1, cameras),
            "modes": {mode: modes.count(mode) for mode in set(modes) if mode},
        }
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit("see run.py")
