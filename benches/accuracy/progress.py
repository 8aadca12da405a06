"""How far a run is and how long it will still take, on standard error; and work on all cores at once."""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

# In a terminal the line is written over; elsewhere there is a new one so often.
LINE_EVERY_SECS = 60


class Progress:
    """What lies ahead is weighed in seconds by guess; what the work done so far took corrects the guess."""

    def __init__(self, ahead):
        self.ahead, self.done, self.begun, self.line_at = ahead, 0.0, time.monotonic(), float("-inf")

    def step(self, weight, text):
        self.ahead, self.done = self.ahead - weight, self.done + weight
        now = time.monotonic()
        left = self.ahead * (now - self.begun) / self.done if self.done else 0.0
        line = f"{text}, " + ("less than a minute left" if left < 60 else f"about {left / 60:.0f} min left")
        if sys.stderr.isatty():
            print(f"\r{line:78}", end="", file=sys.stderr, flush=True)
        elif now - self.line_at >= LINE_EVERY_SECS:
            self.line_at = now
            print(line, file=sys.stderr, flush=True)


def end_line():
    if sys.stderr.isatty():
        print(f"\r{'':78}\r", end="", file=sys.stderr, flush=True)


def side_by_side(work, items):
    """What `work` makes of each item, in their order, on all cores; the first failure leaves out the rest."""
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        yield from pool.map(work, items)
    finally:
        pool.shutdown(cancel_futures=True)
