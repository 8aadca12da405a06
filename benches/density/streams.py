"""The streams of the density benchmark: loops of real video with a known share of busy time, and what happens in them.

    streams.py SHARED CACHE [NAME ...]

Every loop is made of pieces of one real clip (people-one-by-one: an empty room, somebody comes, stands at a table for
some seconds, leaves to the right), chosen by looking at it: a quiet piece between visits, repeated, and one visit. Light
noise is added, so that repeated pieces and the doubled frames of the 10 fps clip are not equal, as no camera's are. The
quiet piece runs forwards and backwards in turns, so that nothing jumps.
A stream is an elementary stream with start codes, one slice a picture, no B-frames; NAME.json says what happens when.
"""

import json
import os
import subprocess
import sys

CLIP = "videos/people-one-by-one.mp4"
# Seconds of the clip, read off its pictures at one a second, then at five a second round each edge. The quiet piece is the
# one before the visit: in others the table stands elsewhere.
QUIET = (70.8, 74.0)
# (enters, has left) of the visit that is used.
VISIT = (74.0, 87.8)
# A loop in which nobody comes is this long.
EMPTY_SECS = 200.0
# Within the visit: stands in view from here on, is at the right edge there.
STANDS, LEAVES = 1.5, 12.0

# name: (busy share, size, bits a second, frames between keyframes, codec, more of ffmpeg, filter)
FORMS = {
    "room-00": (0.0, "640x360", "500k", 50, "libx264", [], ""),
    "room-00-1080": (0.0, "1920x1080", "4000k", 50, "libx264", [], ""),
    "room-03": (0.03, "640x360", "500k", 50, "libx264", [], ""),
    "room-10": (0.10, "640x360", "500k", 50, "libx264", [], ""),
    "room-30": (0.30, "640x360", "500k", 50, "libx264", [], ""),
    # What may be hard for a gate: often busy, so that there are many events to miss.
    "room-30-576": (0.30, "704x576", "1000k", 50, "libx264", [], ""),
    "room-30-1080": (0.30, "1920x1080", "4000k", 50, "libx264", [], ""),
    "room-30-gop1s": (0.30, "640x360", "500k", 25, "libx264", [], ""),
    "room-30-gop10s": (0.30, "640x360", "500k", 250, "libx264", [], ""),
    "room-30-cbr": (0.30, "640x360", "500k", 50, "libx264", ["-minrate", "500k", "-maxrate", "500k", "-bufsize", "250k"], ""),
    "room-30-night": (0.30, "640x360", "500k", 50, "libx264", [], "eq=brightness=-0.22:contrast=0.7,noise=alls=16:allf=t,"),
    "room-30-h265": (0.30, "640x360", "500k", 50, "libx265", [], ""),
}
FPS = 25


def run(*command):
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def pieces(clip, folder):
    """The quiet pieces as one file and the visit as another, without loss."""
    os.makedirs(folder, exist_ok=True)
    made = []
    for name, (a, b) in (("quiet", QUIET), ("visit", VISIT)):
        out = os.path.join(folder, f"{name}.mkv")
        if not os.path.exists(out):
            graph = f"[0:v]trim={a}:{b},setpts=PTS-STARTPTS,fps={FPS}"
            if name == "quiet":
                graph += ",split[there][back];[back]reverse[again];[there][again]concat=n=2:v=1"
            graph += "[v]"
            run("ffmpeg", "-v", "error", "-y", "-i", clip, "-filter_complex", graph, "-map", "[v]",
                "-c:v", "libx264", "-qp", "0", "-preset", "ultrafast", out + ".part.mkv")
            os.rename(out + ".part.mkv", out)
        made.append(out)
    return made


def make(name, shared, cache):
    share, size, bits, gop, codec, more, look = FORMS[name]
    suffix = "h265" if codec == "libx265" else "h264"
    out = os.path.join(cache, f"{name}.{suffix}")
    truth = os.path.join(cache, f"{name}.json")
    if os.path.exists(out) and os.path.exists(truth):
        return
    quiet, visit = pieces(os.path.join(shared, CLIP), os.path.join(cache, "pieces"))
    visit_secs = VISIT[1] - VISIT[0] if share else 0.0
    quiet_secs = visit_secs / share - visit_secs if share else EMPTY_SECS
    once = 2 * (QUIET[1] - QUIET[0])
    listing = os.path.join(cache, f"{name}.txt")
    with open(listing, "w", encoding="utf-8") as file:
        left = quiet_secs
        while left > 0.04:
            file.write(f"file '{quiet}'\noutpoint {min(left, once):.3f}\n")
            left -= once
        if share:
            file.write(f"file '{visit}'\n")
    params = {
        "libx264": ["-x264-params", "sliced-threads=0:slices=1:scenecut=0:aud=0"],
        "libx265": ["-x265-params", "slices=1:scenecut=0:aud=0:bframes=0:repeat-headers=1:open-gop=0:info=0:log-level=error"],
    }[codec]
    width, height = size.split("x")
    rate = more or ["-maxrate", bits, "-bufsize", bits]
    run("ffmpeg", "-v", "error", "-y", "-f", "concat", "-safe", "0", "-i", listing,
        "-vf", f"{look}noise=alls=3:allf=t,scale={width}:{height},format=yuv420p",
        "-c:v", codec, "-preset", "veryfast", "-b:v", bits, *rate, "-g", str(gop), "-keyint_min", str(gop), "-bf", "0",
        *params, "-f", "hevc" if suffix == "h265" else "h264", out + ".part")
    begins = quiet_secs
    with open(truth, "w", encoding="utf-8") as file:
        json.dump({
            "name": name, "file": out, "loop": quiet_secs + visit_secs, "busy": share, "size": size, "gop_secs": gop / FPS,
            "events": [
                {"kind": "loitering", "from": begins - 1.0, "to": begins + visit_secs},
                {"kind": "line_crossed", "from": begins + LEAVES - 4.0, "to": begins + visit_secs + 1.0},
            ] if share else [],
        }, file)
    os.rename(out + ".part", out)
    print(f"made {out}", file=sys.stderr)


if __name__ == "__main__":
    shared, cache, names = sys.argv[1], sys.argv[2], sys.argv[3:] or list(FORMS)
    os.makedirs(cache, exist_ok=True)
    for wanted in names:
        make(wanted, shared, cache)
