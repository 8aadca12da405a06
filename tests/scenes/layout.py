"""Where the lane's zones are and where the camera hangs. Metres; see `motion` for the axes.

`ground` decides the events; `outline` (default: the same) is what the ground truth draws in the picture.
"""

CAMERA = dict(position=(5.5, -9.5, 4.6), target=(-0.35, 4.5, 1.05), width_deg=50.0)

GATE = (0.4, 2.6, 5.7)  # from x to x, at y
DOOR = (-3.9, -2.2, 2.35)  # the left house's entrance: from x to x, height
FRONT = 5.7  # y of the left house's front and of the fence


def rectangle(x0, y0, x1, y1, z=0.0):
    return [(x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)]


ZONES = {
    "fire-lane": dict(ground=rectangle(-7.6, 2.7, -0.6, 5.05)),
    "lane": dict(ground=rectangle(-9.5, 0.0, 5.4, 2.7)),
    "square": dict(ground=rectangle(-2.4, -2.7, 3.6, -0.2)),
    "yard": dict(ground=rectangle(-1.2, 5.9, 5.6, 10.6)),
    "entrance": dict(
        ground=rectangle(-6.0, 5.6, -2.0, 9.5),
        outline=[(DOOR[0], FRONT - 0.1, 0), (DOOR[1], FRONT - 0.1, 0), (DOOR[1], FRONT, DOOR[2]), (DOOR[0], FRONT, DOOR[2])],
    ),
    "bins": dict(ground=rectangle(3.4, 3.2, 5.4, 5.4)),
}

# Drawn from right to left, so that walking into the yard crosses it from left to right.
LINES = {"gate": dict(ground=[(GATE[1], GATE[2], 0.0), (GATE[0], GATE[2], 0.0)], inwards="left_to_right")}
