"""(a) One camera as a user would write it: OpenCV reads the stream, every fifth frame goes through onnxruntime.

    opencv_camera.py URL CAMERA MODEL LINE_X DWELL_SECS
"""

import json
import sys
import time

import cv2
import onnxruntime

from watcher import Rules, letterboxed, people


def main():
    url, camera, model, line_x, dwell_secs = sys.argv[1:]
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    rules = Rules(float(line_x), float(dwell_secs))
    capture = cv2.VideoCapture(url)
    number = 0
    while True:
        read, frame = capture.read()
        if not read:
            capture = cv2.VideoCapture(url)
            continue
        number += 1
        if number % 5:
            continue
        at = time.time()
        picture, scale = letterboxed(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))
        found = people(session.run(None, {name: picture})[0], scale)
        height, width = frame.shape[:2]
        boxes = [(x0 / width, y0 / height, x1 / width, y1 / height) for _, x0, y0, x1, y1 in found]
        for kind in rules.look(at, boxes):
            print(json.dumps([int(camera), kind, at, time.time()]), flush=True)


if __name__ == "__main__":
    main()
