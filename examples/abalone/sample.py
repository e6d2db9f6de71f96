"""Made-up abalone: the real file's columns and rough proportions, for machines without the file."""

import random


def generate(rows, seed):
    """Yields `rows` lists of values in the contract's order."""
    chance = random.Random(seed)
    for _ in range(rows):
        sex = chance.choices("MFI", (37, 31, 32))[0]
        age = chance.gammavariate(4, 1.2) + (3.5 if sex == "I" else 5)
        length = max(0.08, min(0.8, 0.68 * (1 - 2.718 ** (-0.22 * age)) + chance.gauss(0, 0.05)))
        diameter = length * chance.gauss(0.8, 0.02)
        height = max(0.01, length * chance.gauss(0.27, 0.025))
        whole = 6.5 * length**3 * chance.gauss(1, 0.1)
        shucked = whole * chance.gauss(0.43, 0.03)
        viscera = whole * chance.gauss(0.22, 0.02)
        shell = whole * (0.24 + 0.006 * age) * chance.gauss(1, 0.07)
        measures = [round(value, 4) for value in (length, diameter, height, whole, shucked, viscera, shell)]
        yield [sex, *measures, max(1, round(age))]
