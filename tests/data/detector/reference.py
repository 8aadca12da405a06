"""What the public models see on real frames, computed without Lookout.

Reads frames with ffmpeg, resizes with OpenCV, runs onnxruntime, decodes the heads with numpy after each
model's own publication, and writes reference.json, with which tests/detector/public_models.rs compares.

    python reference.py --models DIR --videos DIR --out reference.json [--pictures DIR]

Needs ffmpeg and the packages numpy, opencv-python-headless, onnxruntime. The figures in reference.json come
from onnxruntime 1.31.1 and OpenCV 5.0.0; --pictures draws the boxes, to be looked at.
"""

import argparse
import json
import pathlib
import subprocess
import zlib

import cv2
import numpy as np
import onnxruntime

COCO = """person bicycle car motorcycle airplane bus train truck boat traffic_light fire_hydrant stop_sign
parking_meter bench bird cat dog horse sheep cow elephant bear zebra giraffe backpack umbrella handbag tie
suitcase frisbee skis snowboard sports_ball kite baseball_bat baseball_glove skateboard surfboard tennis_racket
bottle wine_glass cup fork knife spoon bowl banana apple sandwich orange broccoli carrot hot_dog pizza donut
cake chair couch potted_plant bed dining_table toilet tv laptop mouse remote keyboard cell_phone microwave oven
toaster sink refrigerator book clock vase scissors teddy_bear hair_drier toothbrush""".split()
WORDS = {
    "person": "person",
    "bicycle": "two_wheeler",
    "motorcycle": "two_wheeler",
    "car": "car",
    "bus": "bus",
    "truck": "truck",
}

# Clip, number of the frame, colour matrix of its stream (unmarked: BT.601 up to 576 lines, else BT.709).
# Frames in which two boxes overlap by almost exactly NMS_IOU would be a toss-up: one was exchanged for that.
FRAMES = [
    ("office-wide.mp4", 60, "bt709"),
    ("street-cars.mp4", 60, "bt601"),
    ("plaza-crowd.mp4", 60, "bt709"),
    ("shop-hevc-1080p.mp4", 60, "bt709"),
    ("walkway-small-people.mp4", 90, "bt709"),
    ("worker-in-zone-1080p.mp4", 60, "bt709"),
]
# Boxes below this are not written: the test allows for scores that differ a little around its threshold.
LOWEST = 0.25
NMS_IOU = 0.5


def size_of(clip):
    words = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height"]
    out = subprocess.run([*words, "-of", "csv=p=0", clip], capture_output=True, check=True, text=True).stdout
    return tuple(int(v) for v in out.strip().split(",")[:2])


def planes_of(clip, number):
    """The decoded planes of one frame, untouched."""
    width, height = size_of(clip)
    words = ["ffmpeg", "-v", "error", "-i", clip, "-vf", f"select=eq(n\\,{number})", "-frames:v", "1"]
    words += ["-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"]
    raw = np.frombuffer(subprocess.run(words, capture_output=True, check=True).stdout, np.uint8)
    luma, rest = raw[: width * height], raw[width * height :]
    u, v = np.split(rest, 2)
    shape = (height // 2, width // 2)
    return luma.reshape(height, width), u.reshape(shape), v.reshape(shape)


def rgb_of(planes, matrix):
    """Full-range RGB in floating point (ITU-R BT.601 and BT.709, limited range)."""
    luma, u, v = (p.astype(np.float32) for p in planes)
    size = (luma.shape[1], luma.shape[0])
    u, v = (cv2.resize(p, size, interpolation=cv2.INTER_LINEAR) - 128 for p in (u, v))
    y = (luma - 16) * 255 / 219
    u, v = u * 255 / 224, v * 255 / 224
    kr, kb = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722)}[matrix]
    red, blue = y + 2 * (1 - kr) * v, y + 2 * (1 - kb) * u
    green = (y - kr * red - kb * blue) / (1 - kr - kb)
    return np.clip(np.stack([red, green, blue], axis=-1), 0, 255)


def letterboxed(rgb, side):
    height, width = rgb.shape[:2]
    ratio = min(side / width, side / height)
    w, h = round(width * ratio), round(height * ratio)
    how = cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR
    canvas = np.full((side, side, 3), 114, np.float32)
    canvas[:h, :w] = cv2.resize(rgb, (w, h), interpolation=how)
    return canvas, ratio


def cells(side, stride):
    lines, columns = np.meshgrid(np.arange(side // stride), np.arange(side // stride), indexing="ij")
    return np.stack([columns, lines], axis=-1).reshape(-1, 2).astype(np.float32)


def from_centre(centre, size):
    return np.concatenate([centre - size / 2, centre + size / 2], axis=1)


def from_distances(point, distances):
    return np.concatenate([point - distances[:, :2], point + distances[:, 2:]], axis=1)


def yolox(outputs, side):
    rows = outputs["output"][0]
    grid = np.concatenate([cells(side, s) for s in (8, 16, 32)])
    stride = np.concatenate([np.full((len(cells(side, s)), 1), s, np.float32) for s in (8, 16, 32)])
    boxes = from_centre((rows[:, :2] + grid) * stride, np.exp(rows[:, 2:4]) * stride)
    return boxes, rows[:, 4:5] * rows[:, 5:]


def nanodet(outputs, side):
    boxes, scores = [], []
    for stride in (8, 16, 32):
        logits = outputs[f"dis_pred_stride_{stride}"][0].reshape(-1, 4, 8)
        weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
        distances = (weights * np.arange(8)).sum(-1) / weights.sum(-1) * stride
        boxes.append(from_distances((cells(side, stride) + 0.5) * stride, distances))
        scores.append(outputs[f"cls_pred_stride_{stride}"][0])
    return np.concatenate(boxes), np.concatenate(scores)


def scrfd(outputs, side):
    boxes, scores = [], []
    for level, stride in enumerate((8, 16, 32)):
        points = np.repeat(cells(side, stride) * stride, 2, axis=0)
        boxes.append(from_distances(points, outputs[f"out{level + 3}"][0] * stride))
        scores.append(outputs[f"out{level}"][0])
    return np.concatenate(boxes), np.concatenate(scores)


def yunet(outputs, side):
    boxes, scores = [], []
    for stride in (8, 16, 32):
        row = outputs[f"bbox_{stride}"][0]
        boxes.append(from_centre((cells(side, stride) + row[:, :2]) * stride, np.exp(row[:, 2:]) * stride))
        scores.append(np.sqrt(np.clip(outputs[f"cls_{stride}"][0], 0, 1) * np.clip(outputs[f"obj_{stride}"][0], 0, 1)))
    return np.concatenate(boxes), np.concatenate(scores)


# Name, decoder, side, channel order, mean, std, words of its classes.
CAFFE = ([103.53, 116.28, 123.675], [57.375, 57.12, 58.395])
COCO_WORDS = [WORDS.get(label) for label in COCO]
MODELS = [
    ("yolox_nano_416", yolox, 416, "bgr", [0.0] * 3, [1.0] * 3, COCO_WORDS),
    ("nanodet_m_416", nanodet, 416, "bgr", *CAFFE, COCO_WORDS),
    ("scrfd_2.5g_kps", scrfd, 640, "rgb", [127.5] * 3, [128.0] * 3, ["face"]),
    ("yunet_n_640", yunet, 640, "bgr", [0.0] * 3, [1.0] * 3, ["face"]),
]


def iou(box, boxes):
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=1)
    area = lambda b: (b[..., 2] - b[..., 0]) * (b[..., 3] - b[..., 1])
    return common / (area(box) + area(boxes) - common)


def found(boxes, scores, words):
    """The best word of each place, then the surest of overlapping boxes of one word."""
    wanted = [i for i, word in enumerate(words) if word]
    best = scores[:, wanted].argmax(axis=1)
    score = scores[np.arange(len(scores)), np.array(wanted)[best]]
    kept = []
    for i in np.argsort(-score):
        if score[i] < LOWEST:
            break
        word = words[wanted[best[i]]]
        same = [b for w, _, b in kept if w == word]
        if not same or iou(boxes[i], np.array(same)).max() <= NMS_IOU:
            kept.append((word, float(score[i]), boxes[i]))
    return kept


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--models", "--videos", "--out"):
        arguments.add_argument(name, required=True)
    arguments.add_argument("--pictures")
    given = arguments.parse_args()

    frames = []
    for clip, number, matrix in FRAMES:
        planes = planes_of(f"{given.videos}/{clip}", number)
        rgb = rgb_of(planes, matrix)
        height, width = rgb.shape[:2]
        frame = {"clip": clip, "number": number, "matrix": matrix, "luma_crc32": zlib.crc32(planes[0].tobytes())}
        frame["models"] = {}
        for name, decode, side, order, mean, std, words in MODELS:
            canvas, ratio = letterboxed(rgb, side)
            canvas = canvas if order == "rgb" else canvas[..., ::-1]
            tensor = ((canvas - mean) / std).astype(np.float32).transpose(2, 0, 1)[None]
            options = onnxruntime.SessionOptions()
            options.log_severity_level = 3
            session = onnxruntime.InferenceSession(f"{given.models}/{name}.onnx", options, ["CPUExecutionProvider"])
            names = [o.name for o in session.get_outputs()]
            outputs = dict(zip(names, session.run(None, {session.get_inputs()[0].name: tensor})))
            boxes, scores = decode(outputs, side)
            here = []
            for word, score, box in found(boxes, scores, words):
                part = np.clip(box / ratio / [width, height, width, height], 0, 1)
                here.append({"class": word, "score": round(score, 4), "box": [round(float(v), 5) for v in part]})
            frame["models"][name] = here
            if given.pictures:
                picture = rgb[..., ::-1].astype(np.uint8).copy()
                for thing in here:
                    x0, y0, x1, y1 = (np.array(thing["box"]) * [width, height, width, height]).astype(int).tolist()
                    cv2.rectangle(picture, (x0, y0), (x1, y1), (0, 0, 255), 2)
                    text = f"{thing['class']} {thing['score']:.2f}"
                    cv2.putText(picture, text, (x0, y0 - 3), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 255, 255), 1)
                pathlib.Path(given.pictures).mkdir(parents=True, exist_ok=True)
                cv2.imwrite(f"{given.pictures}/{pathlib.Path(clip).stem}-{name}.png", picture)
        frames.append(frame)
    lines = ",\n".join(json.dumps(frame) for frame in frames)
    pathlib.Path(given.out).write_text(f"[\n{lines}\n]\n")


main()
