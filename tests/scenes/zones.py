"""The zones and lines of the lane, drawn with some room, as an installer would.

`ground` (metres) decides the events; `outline` (default: the same) is what the truth draws in the picture.
"""

from layout import DOOR, FRONT, GATE, rectangle

ZONES = {
    "fire-lane": dict(ground=rectangle(-7.6, 2.2, -0.6, 5.05)),
    "lane": dict(ground=rectangle(-9.5, 0.0, 5.4, 2.7)),
    "square": dict(ground=rectangle(-2.4, -2.7, 4.4, 0.35)),
    "yard": dict(ground=rectangle(-1.2, 6.3, 5.6, 10.6)),
    "entrance": dict(
        ground=rectangle(-6.0, 5.6, -2.0, 9.5),
        outline=[(DOOR[0], FRONT - 0.1, 0), (DOOR[1], FRONT - 0.1, 0), (DOOR[1], FRONT, DOOR[2]), (DOOR[0], FRONT, DOOR[2])],
    ),
    "bins": dict(ground=rectangle(3.4, 3.2, 5.4, 5.4)),
}

# Half a metre behind the gate, so that somebody who only walks past does not touch it. Drawn from right to left:
# walking into the yard crosses it from left to right.
BEHIND_GATE = GATE[2] + 0.5
LINES = {"gate": dict(ground=[(GATE[1], BEHIND_GATE, 0.0), (GATE[0], BEHIND_GATE, 0.0)], inwards="left_to_right")}
