"""(c) The algorithm that Frigate describes in its documentation, written from that description for this benchmark:
no code of it is used, and it is a model of the algorithm's cost, not of the product.

ffmpeg decodes everything and hands five frames a second through a pipe as planar YUV; a queue of two frames, skipped
when full. Motion on the luma plane reduced to 100 lines: contrast stretched between the 4th and 96th percentile,
blurred, difference to a running average, threshold 30, dilated, contours over 10 pixels. Square regions of at least 320
pixels round motion and what is followed, one inference each. What has not moved for ten times the frame rate is looked
at again every ten times the frame rate.

    frigate_like.py default|tuned MODEL LINE_X DWELL_SECS WIDTH HEIGHT URL ...
"""

import json
import queue
import subprocess
import sys
import threading
import time

import cv2
import numpy as np
import onnxruntime

from watcher import NMS_IOU, Rules, iou, letterboxed, people

FPS = 5
MOTION_LINES = 100
REGION = 320
STATIONARY = 10 * FPS


class Motion:
    def __init__(self):
        self.average = None

    def boxes(self, luma):
        height, width = luma.shape
        small = cv2.resize(luma, (width * MOTION_LINES // height, MOTION_LINES), interpolation=cv2.INTER_LINEAR)
        low, high = np.percentile(small, 4), np.percentile(small, 96)
        if high > low:
            small = np.clip((small.astype(np.float32) - low) * (255.0 / (high - low)), 0, 255)
        small = cv2.GaussianBlur(small.astype(np.uint8), (3, 3), 0)
        if self.average is None:
            self.average = small.astype(np.float32)
        delta = cv2.absdiff(small, cv2.convertScaleAbs(self.average))
        changed = cv2.dilate(cv2.threshold(delta, 30, 255, cv2.THRESH_BINARY)[1], None, iterations=1)
        contours = cv2.findContours(changed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
        cv2.accumulateWeighted(small, self.average, 0.2 if contours else 0.05)
        scale = height / MOTION_LINES
        found = [cv2.boundingRect(contour) for contour in contours if cv2.contourArea(contour) > 10]
        return [(x * scale, y * scale, (x + w) * scale, (y + h) * scale) for x, y, w, h in found]


def regions(boxes, width, height):
    """Squares round the boxes; boxes that are close share one."""
    squares = []
    for box in boxes:
        if any(a <= box[0] and b <= box[1] and c >= box[2] and d >= box[3] for a, b, c, d in squares):
            continue
        size = int(min(max(REGION, 1.35 * max(box[2] - box[0], box[3] - box[1])), max(width, height)))
        x = int(np.clip((box[0] + box[2]) / 2 - size / 2, 0, max(0, width - size)))
        y = int(np.clip((box[1] + box[3]) / 2 - size / 2, 0, max(0, height - size)))
        squares.append((x, y, min(width, x + size), min(height, y + size)))
    return squares


class Camera:
    def __init__(self, number, url, width, height, rules):
        self.number, self.width, self.height, self.rules = number, width, height, rules
        self.motion, self.tracks, self.frames = Motion(), [], queue.Queue(2)
        command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-rtsp_transport", "tcp", "-i", url, "-r", str(FPS),
                   "-vf", f"fps={FPS},scale={width}:{height}", "-f", "rawvideo", "-pix_fmt", "yuv420p", "pipe:"]
        self.ffmpeg = subprocess.Popen(command, stdout=subprocess.PIPE)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        size = self.width * self.height * 3 // 2
        while True:
            data = self.ffmpeg.stdout.read(size)
            if len(data) < size:
                return
            try:
                self.frames.put_nowait((time.time(), data))
            except queue.Full:
                pass

    def look(self, infer):
        at, data = self.frames.get()
        yuv = np.frombuffer(data, np.uint8).reshape(self.height * 3 // 2, self.width)
        moved = self.motion.boxes(yuv[: self.height])
        for track in self.tracks:
            track["still"] += 1
        wanted = moved + [t["box"] for t in self.tracks if t["still"] < STATIONARY or t["still"] % STATIONARY == 0]
        found = []
        squares = regions(wanted, self.width, self.height)
        if squares:
            rgb = cv2.cvtColor(yuv, cv2.COLOR_YUV2RGB_I420)
        for x0, y0, x1, y1 in squares:
            picture, scale = letterboxed(rgb[y0:y1, x0:x1])
            for score, a, b, c, d in people(infer(picture), scale):
                found.append((score, a + x0, b + y0, c + x0, d + y0))
        kept = []
        for box in sorted(found, reverse=True):
            if all(iou(box[1:], other[1:]) <= NMS_IOU for other in kept):
                kept.append(box)
        # What stands still is not looked for each time and is still there.
        for track in self.tracks:
            if track["still"] >= STATIONARY and track["still"] % STATIONARY and all(iou(track["box"], b[1:]) < 0.3 for b in kept):
                kept.append((0.5, *track["box"]))
        tracks = []
        for _, *box in kept:
            old = max(self.tracks, key=lambda t: iou(t["box"], box), default=None)
            same = old is not None and iou(old["box"], box) > 0.9
            tracks.append({"box": tuple(box), "still": old["still"] if same else 0})
        self.tracks = tracks
        boxes = [(a / self.width, b / self.height, c / self.width, d / self.height) for _, a, b, c, d in kept]
        for kind in self.rules.look(at, boxes):
            print(json.dumps([self.number, kind, at, time.time()]), flush=True)


def main():
    form, model, line_x, dwell_secs, width, height, *urls = sys.argv[1:]
    options = onnxruntime.SessionOptions()
    if form == "tuned":
        cv2.setNumThreads(1)
        options.intra_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    one_at_a_time = threading.Lock()

    def infer(picture):
        with one_at_a_time:
            return session.run(None, {name: picture})[0]

    def watch(camera):
        while True:
            camera.look(infer)

    for number, url in enumerate(urls):
        rules = Rules(float(line_x), float(dwell_secs))
        camera = Camera(number, url, int(width), int(height), rules)
        threading.Thread(target=watch, args=(camera,), daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
