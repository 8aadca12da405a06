"""Renders a scene: python render.py lane-day

Finished frames are kept, so a run that was stopped goes on where it was. See README.md.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time

import cv2

import finish
import scenes
import truth

HERE = os.path.dirname(os.path.abspath(__file__))
# What the rendered parts depend on; a change to any of these starts afresh.
SOURCES = ["camera.py", "layout.py", "look.py", "mesh.py", "motion.py", "people.py", "place.py", "smoke.py", "studio.py", "vehicles.py"]
SIZE = (640, 360)


def digest(scene, options):
    state = hashlib.sha256()
    for name in SOURCES:
        with open(os.path.join(HERE, name), "rb") as f:
            state.update(f.read())
    lasting = {k: v for k, v in scene.items() if k not in ("finish", "seconds")}
    state.update(json.dumps([lasting, options], sort_keys=True).encode())
    return state.hexdigest()[:12]


def render(scene_name, folder, frames, options):
    missing = [f for f in frames if not os.path.exists(os.path.join(folder, f"frame-{f:04d}.json"))]
    if not missing:
        return
    if shutil.which("blender") is None:
        sys.exit("error: blender was not found\n  hint: apt-get install --no-install-recommends blender python3-numpy")
    job = os.path.join(folder, "job.json")
    with open(job, "w") as f:
        json.dump(dict(scene=scene_name, out=folder, size=SIZE, frames=missing, **options), f)
    command = ["nice", "-n", "15", "blender", "-b", "-t", "2", "-P", os.path.join(HERE, "studio.py"), "--", job]
    started, done, last = time.time(), 0, []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as blender:
        for line in blender.stdout:
            last = [*last[-30:], line]
            if line.startswith("finished frame"):
                done += 1
                spent = time.time() - started
                left = spent / done * (len(missing) - done)
                print(f"\r{done} of {len(missing)} frames, {spent / done:.1f} s each, {left / 60:.0f} min left ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    if done < len(missing):
        sys.exit("error: the renderer stopped early; its last words:\n" + "".join(last))


def encode(pictures, fps, crf, path):
    """H.264 as street cameras send it: no B-frames, a keyframe exactly every 2 s."""
    gop = str(2 * fps)
    command = ["nice", "-n", "15", "ffmpeg", "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{SIZE[0]}x{SIZE[1]}", "-r", str(fps), "-i", "-"]
    command += ["-c:v", "libx264", "-preset", "slow", "-crf", str(crf), "-g", gop, "-keyint_min", gop, "-sc_threshold", "0", "-bf", "0"]
    command += ["-pix_fmt", "yuv420p", "-vf", "scale=out_color_matrix=bt709:out_range=tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]
    command += ["-threads", "1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-movflags", "+faststart", path]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as ffmpeg:
        for picture in pictures:
            ffmpeg.stdin.write(picture.tobytes())
        ffmpeg.stdin.close()
    if ffmpeg.returncode != 0:
        sys.exit("error: ffmpeg did not write the clip\n  hint: it needs libx264 (ffmpeg -encoders)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scene", choices=sorted(scenes.SCENES))
    parser.add_argument("--out", default=HERE, help="folder for the clip and its truth (default: beside this file)")
    parser.add_argument("--cache", default=os.path.expanduser("~/.cache/lookout/scenes"), help="folder for rendered parts")
    parser.add_argument("--seconds", type=float, help="only the first so many seconds")
    parser.add_argument("--frames", help="render only these frames, as pictures in the cache: 40,200,310")
    parser.add_argument("--samples", type=int, default=8, help="samples per pixel of what moves (default 8)")
    parser.add_argument("--still-samples", type=int, default=64, help="samples per pixel of what stands (default 64)")
    parser.add_argument("--train", metavar="FOLDER", help="also save every other frame with its boxes there")
    args = parser.parse_args()

    scene = scenes.SCENES[args.scene]
    options = dict(samples=args.samples, still_samples=args.still_samples, render=True)
    folder = os.path.join(args.cache, args.scene, digest(scene, options))
    os.makedirs(folder, exist_ok=True)
    if args.frames:
        frames = [int(f) for f in args.frames.split(",")]
    else:
        frames = list(range(round((args.seconds or scene["seconds"]) * scene["fps"])))
    render(args.scene, folder, frames, options)
    notes = finish.read_notes(folder, frames)

    pictures = [finish.through_the_lens(finish.put_together(folder, note), scene, note["frame"]) for note in notes]
    doc = truth.document(args.scene, scene, SIZE, notes)
    if args.frames:
        for note, picture in zip(notes, pictures):
            path = os.path.join(folder, f"picture-{note['frame']:04d}.png")
            cv2.imwrite(path, picture)
            print(path)
        return
    if args.train:
        save_for_training(args.scene, pictures, doc, args.train)
    clip = os.path.join(args.out, args.scene)
    encode(pictures, scene["fps"], scene.get("finish", {}).get("crf", 22), clip + ".mp4")
    truth.write(clip + ".json", doc)
    print(f"{clip}.mp4: {len(frames) / scene['fps']:.1f} s, {os.path.getsize(clip + '.mp4') / 1024:.0f} KiB; {len(doc['events'])} events", file=sys.stderr)


def save_for_training(name, pictures, doc, folder):
    """Every other frame as JPEG and a line of labels, in the form of the training set."""
    os.makedirs(os.path.join(folder, "images"), exist_ok=True)
    with open(os.path.join(folder, f"labels-{name}.jsonl"), "w") as f:
        for i, (picture, frame) in enumerate(zip(pictures, doc["frames"])):
            if i % 2:
                continue
            image = f"images/{name}-{i:04d}.jpg"
            cv2.imwrite(os.path.join(folder, image), picture, [cv2.IMWRITE_JPEG_QUALITY, 92])
            boxes = [dict(box=b["box"], score=1, by="scene", **{"class": b["class"]}) for b in frame["boxes"]]
            f.write(json.dumps(dict(image=image, split="train", pool="rendered", group=name, size=doc["size"], boxes=boxes)) + "\n")


if __name__ == "__main__":
    main()
