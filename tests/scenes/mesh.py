"""Small tools to put closed surfaces together from numbers: tubes, ellipsoids, boxes, lofts.

A `Mesh` gathers points and faces; each face carries the index of its material.
With the same calls in the same order it always has the same faces, so a figure that moves
only gets new points.
"""

import math

import numpy as np


class Mesh:
    def __init__(self):
        self.points = []
        self.faces = []
        self.materials = []
        self.count = 0

    def add(self, points, faces, material):
        points = np.asarray(points, float)
        self.points.append(points)
        for face in faces:
            self.faces.append(tuple(i + self.count for i in face))
            self.materials.append(material)
        self.count += len(points)
        return slice(self.count - len(points), self.count)

    def all_points(self):
        return np.concatenate(self.points)

    def rings(self, rings, material, caps=True, material_of=None):
        """Joins rings (n, k, 3) of points into a skin. `material_of(row, column)` may choose per face."""
        rings = np.asarray(rings, float)
        n, k = rings.shape[:2]
        points = list(rings.reshape(-1, 3))
        faces, materials = [], []
        for i in range(n - 1):
            for j in range(k):
                j2 = (j + 1) % k
                faces.append((i * k + j, i * k + j2, (i + 1) * k + j2, (i + 1) * k + j))
                materials.append(material if material_of is None else material_of(i, j))
        if caps:
            points += [rings[0].mean(0), rings[-1].mean(0)]
            for j in range(k):
                j2 = (j + 1) % k
                faces.append((n * k, j2, j))
                faces.append((n * k + 1, (n - 1) * k + j, (n - 1) * k + j2))
                materials += [material] * 2
        start = self.count
        part = self.add(points, [], material)
        for face, m in zip(faces, materials):
            self.faces.append(tuple(i + start for i in face))
            self.materials.append(m)
        return part

    def ellipsoid(self, centre, radii, material, axes=None, rows=9, columns=12, shape=None):
        """`axes`: rows are its own x, y, z in the world. `shape(unit points)` may bend the unit sphere."""
        lat = np.linspace(0.12, math.pi - 0.12, rows)
        lon = np.linspace(0, 2 * math.pi, columns, endpoint=False)
        unit = np.stack(
            [
                np.sin(lat)[:, None] * np.cos(lon)[None, :],
                np.sin(lat)[:, None] * np.sin(lon)[None, :],
                np.broadcast_to(np.cos(lat)[:, None], (rows, columns)),
            ],
            axis=2,
        )
        if shape is not None:
            unit = shape(unit.reshape(-1, 3)).reshape(rows, columns, 3)
        local = unit * np.asarray(radii, float)
        world = local @ (np.eye(3) if axes is None else np.asarray(axes, float)) + np.asarray(centre, float)
        return self.rings(world[::-1], material)

    def tube(self, centres, sides, fronts, side_axis, material, columns=10, caps=True):
        """A tube along `centres` (n, 3) with radii to the side and to the front per ring."""
        centres = np.asarray(centres, float)
        tangent = np.gradient(centres, axis=0)
        tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-9
        side = np.broadcast_to(np.asarray(side_axis, float), centres.shape)
        side = side - (side * tangent).sum(1, keepdims=True) * tangent
        side /= np.linalg.norm(side, axis=1, keepdims=True) + 1e-9
        front = np.cross(tangent, side)
        a = np.linspace(0, 2 * math.pi, columns, endpoint=False)
        rings = (
            centres[:, None]
            + side[:, None] * (np.asarray(sides, float)[:, None] * np.cos(a))[..., None]
            + front[:, None] * (np.asarray(fronts, float)[:, None] * np.sin(a))[..., None]
        )
        return self.rings(rings, material, caps)

    def box(self, low, high, material, frame=None):
        """`frame`: (origin, axes) to turn and move it."""
        x0, y0, z0 = low
        x1, y1, z1 = high
        p = np.array(
            [[x0, y0, z0], [x1, y0, z0], [x1, y1, z0], [x0, y1, z0], [x0, y0, z1], [x1, y0, z1], [x1, y1, z1], [x0, y1, z1]],
            float,
        )
        if frame is not None:
            p = p @ np.asarray(frame[1], float) + np.asarray(frame[0], float)
        faces = [(3, 2, 1, 0), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)]
        return self.add(p, faces, material)

    def quad(self, points, material):
        return self.add(points, [(0, 1, 2, 3)], material)

    def wheel(self, centre, radius, width, tyre, rim, spoke=None, spokes=5):
        """A wheel whose axle is y: tyre, rim, and spokes so that turning shows."""
        cx, cy, cz = centre
        a = np.linspace(0, 2 * math.pi, 28, endpoint=False)

        def ring(r, y):
            return np.stack([cx + r * np.cos(a), np.full_like(a, cy + y), cz + r * np.sin(a)], axis=1)

        w = width / 2
        self.rings(
            [ring(radius * 0.66, -w), ring(radius * 0.93, -w), ring(radius, -w * 0.7), ring(radius, w * 0.7), ring(radius * 0.93, w), ring(radius * 0.66, w)],
            tyre,
            caps=False,
        )
        for side in (-1, 1):
            self.rings([ring(radius * 0.68, side * w * 0.94), ring(radius * 0.62, side * w * 0.98), ring(radius * 0.60, side * w * 0.82)], rim, caps=False)
        self.rings([ring(radius * 0.64, -w * 0.80), ring(radius * 0.64, w * 0.80)], tyre if spoke is not None else rim)
        if spoke is not None:
            for i in range(spokes):
                b = 2 * math.pi * i / spokes
                along = np.array([math.cos(b), 0, math.sin(b)])
                across = np.array([-math.sin(b), 0, math.cos(b)])
                axes = np.stack([along, [0, 1, 0], across])
                self.box((0, -w * 0.92, -radius * 0.10), (radius * 0.63, w * 0.92, radius * 0.10), spoke, ((cx, cy, cz), axes))


def rounded(half_x, half_y, power, columns):
    """A rounded rectangle (superellipse) around the origin, as (columns, 2)."""
    a = np.linspace(0, 2 * math.pi, columns, endpoint=False) + math.pi / columns
    c, s = np.cos(a), np.sin(a)
    r = (np.abs(c) ** power + np.abs(s) ** power) ** (-1 / power)
    return np.stack([half_x * r * c, half_y * r * s], axis=1)
