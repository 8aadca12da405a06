"""From rendered parts to what a street camera delivers: denoise, put together, rain, sensor noise, a hand on the lens."""

import functools
import json
import os

import cv2
import numpy as np

try:
    import oidn
except ImportError:  # the picture is a little softer without it
    oidn = None


def denoised(bgr):
    """Takes the renderer's grain out of a picture (uint8)."""
    if oidn is None:
        return cv2.fastNlMeansDenoisingColored(bgr, None, 4, 6, 3, 9)
    colour = np.ascontiguousarray(((bgr[:, :, ::-1] / 255.0) ** 2.2).astype(np.float32))
    result = np.zeros_like(colour)
    h, w = bgr.shape[:2]
    device, kind = _denoiser()
    work = oidn.NewFilter(device, "RT")
    oidn.SetSharedFilterImage(work, "color", colour, kind, w, h)
    oidn.SetSharedFilterImage(work, "output", result, kind, w, h)
    oidn.CommitFilter(work)
    oidn.ExecuteFilter(work)
    oidn.ReleaseFilter(work)
    return (np.clip(result, 0, 1) ** (1 / 2.2) * 255 + 0.5).astype(np.uint8)[:, :, ::-1].copy()


@functools.cache
def _denoiser():
    device = oidn.NewDevice()
    oidn.CommitDevice(device)
    return device, oidn.FORMAT_FLOAT3


@functools.lru_cache(maxsize=8)
def _still(path):
    return denoised(cv2.imread(path))


def put_together(folder, note):
    """One frame: the still picture, and over it what moved, where it differs from the still picture."""
    if note["still"] is None:
        return denoised(cv2.imread(os.path.join(folder, note["parts"][0]["file"])))
    still = _still(os.path.join(folder, f"still-{note['still']}.png"))
    low = _still(os.path.join(folder, f"still-{note['still']}-low.png"))
    frame = still.copy()
    for part in note["parts"]:
        x0, y0, x1, y1 = part["at"]
        new = denoised(cv2.imread(os.path.join(folder, part["file"])))
        new = new[: y1 - y0, : x1 - x0]
        x1, y1 = x0 + new.shape[1], y0 + new.shape[0]
        change = np.abs(new.astype(np.float32) - low[y0:y1, x0:x1]).max(axis=2)
        change = cv2.GaussianBlur(change, (0, 0), 1.2)
        core = cv2.dilate((change > 9).astype(np.float32), np.ones((3, 3)))
        alpha = cv2.GaussianBlur(core, (0, 0), 0.9)[..., None]
        frame[y0:y1, x0:x1] = (frame[y0:y1, x0:x1] * (1 - alpha) + new * alpha + 0.5).astype(np.uint8)
    return frame


def through_the_lens(frame, scene, number):
    """What weather, sensor and people do to the picture. The same seed gives the same picture."""
    finish = scene.get("finish", {})
    rng = np.random.default_rng((scene["seed"], number))
    t = number / scene["fps"]
    h, w = frame.shape[:2]
    picture = frame.astype(np.float32)
    rain = finish.get("rain", 0.0)
    if rain:
        grey = picture.mean(axis=2, keepdims=True)
        picture = picture * (1 - 0.35 * rain) + (grey * 0.5 + 70) * 0.35 * rain
        streaks = np.zeros((h, w), np.float32)
        for _ in range(int(420 * rain)):
            x, y, depth = rng.uniform(-20, w), rng.uniform(-30, h), rng.uniform(0.3, 1.0)
            length = 8 + 22 * depth
            end = (int(x + length * 0.16), int(y + length))
            cv2.line(streaks, (int(x), int(y)), end, float(70 * depth * rng.uniform(0.4, 1.0)), 1, cv2.LINE_AA)
        picture += cv2.GaussianBlur(streaks, (0, 0), 0.7)[..., None] * rain
    picture = cv2.GaussianBlur(picture, (0, 0), 0.45)
    yy, xx = np.mgrid[0:h, 0:w]
    away = ((xx / w - 0.5) ** 2 + (yy / h - 0.5) ** 2)[..., None]
    picture *= 1 - 0.22 * away
    covered = finish.get("covered")
    if covered and covered[0] <= t <= covered[1]:
        u = min(1.0, (t - covered[0]) / 0.4)
        cloth = cv2.GaussianBlur(np.random.default_rng(scene["seed"]).normal(0, 1, (h, w)).astype(np.float32), (0, 0), 45)
        cloth = (26 + 160 * cloth + 10 * np.sin(xx / w * 3))[..., None] * np.array([0.75, 0.85, 1.0], np.float32)
        edge = np.clip((u * 1.3 * h - yy) / 60.0, 0, 1)[..., None]
        picture = picture * (1 - edge) + cloth * edge
    sigma = finish.get("noise", 0.0)
    if sigma:
        luma = rng.normal(0, sigma, (h, w, 1))
        chroma = cv2.GaussianBlur(rng.normal(0, sigma * 0.9, (h, w, 3)).astype(np.float32), (0, 0), 1.0)
        picture = picture + luma + chroma
    return np.clip(picture + 0.5, 0, 255).astype(np.uint8)


def read_notes(folder, frames):
    notes = []
    for frame in frames:
        with open(os.path.join(folder, f"frame-{frame:04d}.json")) as f:
            notes.append(json.load(f))
    return notes
