"""Made-up customers: the published file's columns and rough proportions, for machines without the file."""

import random

STATES = 51


def generate(rows, seed):
    """Yields `rows` lists of values in the contract's order: with a high bill or many complaints customers leave."""
    chance = random.Random(seed)
    for _ in range(rows):
        minutes = [round(max(0, chance.gauss(*each)), 1) for each in ((180, 54), (200, 51), (200, 51), (10.2, 2.8))]
        calls = [max(0, round(chance.gauss(100, 20))) for _ in range(3)]
        abroad, complaints = min(20, round(chance.expovariate(0.22))), min(9, round(chance.expovariate(0.63)))
        plan, mailbox = chance.random() < 0.1, chance.random() < 0.28
        bill = sum(price * each for price, each in zip((0.17, 0.085, 0.045, 0.27), minutes, strict=True))
        leaves = (bill > 74 and not mailbox) or complaints > 4 or (plan and (abroad < 3 or minutes[3] > 13))
        yield [
            int(leaves != (chance.random() < 0.02)),
            max(1, round(chance.gauss(101, 40))),
            round(chance.triangular(4, 51)) if mailbox else 0,
            *(each for pair in zip(minutes, [*calls, abroad], strict=True) for each in pair),
            complaints,
            *_encoded(chance.randrange(STATES), STATES),
            *_encoded(chance.choices(range(3), (1, 2, 1))[0], 3),
            *_encoded(plan, 2),
            *_encoded(mailbox, 2),
        ]


def _encoded(value, count):
    return [int(value == each) for each in range(count)]
