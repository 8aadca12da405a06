"""Smoke as soft cards that rise, grow and thin out: where each card is at a given second."""

import math

import numpy as np


class Smoke:
    def __init__(self, at, start, seed, stop=math.inf, height=3.8, grow_secs=4.0):
        self.at, self.start, self.stop, self.height, self.grow_secs = np.array(at, float), start, stop, height, grow_secs
        rng = np.random.default_rng(seed)
        self.count, self.life = 18, 5.2
        self.offset = (np.arange(self.count) + rng.uniform(0, 0.6, self.count)) / self.count * self.life
        self.drift = rng.uniform(-1, 1, (self.count, 2))
        self.spin = rng.uniform(-0.35, 0.35, self.count)
        self.angle = rng.uniform(0, 6.28, self.count)
        self.size = rng.uniform(0.8, 1.25, self.count)

    def cards(self, t):
        """[(centre, radius, turn, density)] at second `t`; density 0 where a card is not there."""
        cards = []
        for i in range(self.count):
            age = (t - self.start - self.offset[i]) % self.life
            born = t - age
            u = age / self.life
            there = self.start <= born <= self.stop and t >= self.start
            strength = min(1.0, max(0.0, (born - self.start) / self.grow_secs) * 0.7 + 0.3)
            rise = self.height * (0.25 * u + 0.75 * u**0.8)
            wind = 0.9 * u**1.6
            centre = self.at + [
                0.10 * self.drift[i, 0] + wind + 0.35 * u * self.drift[i, 0],
                0.10 * self.drift[i, 1] + 0.25 * u * self.drift[i, 1] - 0.01 * i,
                rise,
            ]
            radius = (0.30 + 0.90 * u) * self.size[i] * (0.75 + 0.25 * strength)
            density = 0.95 * strength * min(1.0, u / 0.08) * (1 - u) ** 0.75
            cards.append((centre, radius, self.angle[i] + self.spin[i] * age, density if there else 0.0))
        return cards
