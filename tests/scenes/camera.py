"""A pinhole camera: the same numbers serve Blender, the boxes and the zones.

Picture coordinates are 0..1 with the origin top left, as everywhere in Lookout.
"""

import math

import numpy as np


class Camera:
    def __init__(self, position, target, width_deg, size, turn_deg=0.0):
        self.position = np.array(position, float)
        self.size = size
        self.width_deg = width_deg
        forward = np.array(target, float) - self.position
        c, s = math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))
        forward = np.array([c * forward[0] - s * forward[1], s * forward[0] + c * forward[1], forward[2]])
        self.forward = forward / np.linalg.norm(forward)
        right = np.cross(self.forward, [0, 0, 1])
        self.right = right / np.linalg.norm(right)
        self.up = np.cross(self.right, self.forward)
        self.half_width = math.tan(math.radians(width_deg) / 2)
        self.half_height = self.half_width * size[1] / size[0]

    def project(self, points):
        """World points (n, 3) -> picture points (n, 2) and depths (n,). Depth <= 0: behind the camera."""
        relative = np.asarray(points, float) - self.position
        depth = relative @ self.forward
        safe = np.where(depth > 0.05, depth, 0.05)
        u = 0.5 + 0.5 * (relative @ self.right) / (safe * self.half_width)
        v = 0.5 - 0.5 * (relative @ self.up) / (safe * self.half_height)
        return np.stack([u, v], axis=1), depth

    def ray(self, u, v):
        """Direction (not normalised) through a picture point."""
        return (
            self.forward
            + self.right * (2 * u - 1) * self.half_width
            + self.up * (1 - 2 * v) * self.half_height
        )
