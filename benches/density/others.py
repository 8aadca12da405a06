"""The other systems of the comparison: (a) OpenCV, (b) decoding alone, (c) Frigate's published algorithm."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

from measure import judged, percentile, watch
from ours import DWELL_SECS, LINE_X, MODEL, MODEL_INT8

HERE = os.path.dirname(os.path.abspath(__file__))


def commands(system, server, cameras, models, size):
    """What is started for a system: one command or one for each camera."""
    urls = [server.url(n) for n in range(cameras)]
    width, height = size.split("x")
    rules = [str(LINE_X), str(DWELL_SECS)]
    if system == "opencv":
        return [[sys.executable, f"{HERE}/opencv_camera.py", url, str(n), f"{models}/{MODEL}.onnx", *rules] for n, url in enumerate(urls)]
    if system in ("frigate-like", "frigate-like tuned"):
        form, model = ("tuned", MODEL_INT8) if system.endswith("tuned") else ("default", MODEL)
        # As its documentation advises, the detect stream is not larger than 720p.
        if int(height) > 720:
            width, height = "1280", "720"
        return [[sys.executable, f"{HERE}/frigate_like.py", form, f"{models}/{model}.onnx", *rules, width, height, *urls]]
    if system == "decode only":
        parts = [f"rtspsrc location={url} protocols=tcp latency=200 ! decodebin ! fakesink sync=false" for url in urls]
        return [["gst-launch-1.0", "-q", *" ".join(parts).split()]]
    raise ValueError(system)


def run(system, server, cameras, models, size, rules, seconds, settle):
    """As `ours.run`; `decode only` tells nothing."""
    told, processes = [], []
    environment = dict(os.environ, OPENCV_FFMPEG_CAPTURE_OPTIONS="rtsp_transport;tcp", PYTHONPATH=HERE)

    def listen(process):
        for line in process.stdout:
            camera, kind, at, now = json.loads(line)
            told.append((camera, kind, at, now))

    try:
        for command in commands(system, server, cameras, models, size):
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment, start_new_session=True)
            processes.append(process)
            threading.Thread(target=listen, args=(process,), daemon=True).start()
        seen = watch([p.pid for p in processes], server, seconds, settle)
        time.sleep(1)
        happened, hits, extra = judged(server, [t[:3] for t in told], cameras, seen["begin"], seen["end"])
        waits = [now - at for _, _, at, now in told if seen["begin"] <= now <= seen["end"]]
        if system == "decode only":
            happened = hits = extra = 0
        return {
            **seen, "system": system, "variant": "", "rules": rules, "cameras": cameras, "happened": happened, "hits": hits,
            "extra": extra, "p50_s": percentile(waits, 0.5), "p99_s": percentile(waits, 0.99), "reconnects": server.restarts,
        }
    finally:
        for process in processes:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
