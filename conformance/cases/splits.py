"""splits.json: the variant that owns a bucket."""

from units import unit_at

from .document import Document, ruleset

DESCRIPTION = (
    'Splits (§5). Put "split" in the place of "$split" in "ruleset", and evaluate "flag" with targetingKey "unit" and a '
    'default of "none". "bucket" is the bucket of the unit; "expected" is the variant that is served, "off" where no range '
    'holds the bucket. Each value is the name of its variant.'
)
VARIANTS = {name: name for name in ('off', 'a', 'b', 'c', '__proto__', 'constructor')}
FLAG = {'type': 'string', 'variants': VARIANTS, 'on': True, 'off': 'off', 'fallthrough': {'split': '$split'}}

HALVES = [[0, 50_000, 'a'], [50_000, 100_000, 'b']]
THIRDS = [[0, 33_333, 'a'], [33_333, 66_667, 'b'], [66_667, 100_000, 'c']]
GAPS = [[10, 20, 'a'], [30, 40, 'b']]
INTERLEAVED = [[0, 1, 'a'], [1, 2, 'b'], [2, 3, 'a'], [3, 99_999, 'c'], [99_999, 100_000, 'b']]

TABLES = [
    ('one range', [[0, 100_000, 'a']], {0: 'a', 50_000: 'a', 99_999: 'a'}),
    ('two halves', HALVES, {0: 'a', 1: 'a', 49_999: 'a', 50_000: 'b', 50_001: 'b', 99_999: 'b'}),
    ('thirds', THIRDS, {0: 'a', 33_332: 'a', 33_333: 'b', 66_666: 'b', 66_667: 'c', 99_999: 'c'}),
    ('ranges of one bucket', INTERLEAVED, {0: 'a', 1: 'b', 2: 'a', 3: 'c', 99_998: 'c', 99_999: 'b'}),
    ('gaps', GAPS, {0: 'off', 9: 'off', 10: 'a', 19: 'a', 20: 'off', 29: 'off', 30: 'b', 39: 'b', 40: 'off', 99_999: 'off'}),
    ('a gap at the end', [[0, 10, 'a'], [10, 20, 'b']], {0: 'a', 10: 'b', 19: 'b', 20: 'off', 99_999: 'off'}),
    ('a gap at the start', [[99_999, 100_000, 'a']], {0: 'off', 99_998: 'off', 99_999: 'a'}),
    ('an empty range', [[0, 10, 'a'], [10, 10, 'b'], [10, 100_000, 'c']], {9: 'a', 10: 'c', 11: 'c'}),
    ('nothing but empty ranges', [[0, 0, 'a'], [100_000, 100_000, 'b']], {0: 'off', 99_999: 'off'}),
    ('no range', [], {0: 'off', 99_999: 'off'}),
    ('the off variant among others', [[0, 10, 'off'], [10, 100_000, 'a']], {9: 'off', 10: 'a'}),
    ('variants named like inherited members', [[0, 50_000, '__proto__'], [50_000, 100_000, 'constructor']], {0: '__proto__', 99_999: 'constructor'}),
]


def document():
    cases = Document(DESCRIPTION, ruleset=ruleset({'flag': FLAG}))
    for name, ranges, owners in TABLES:
        for bucket, variant in owners.items():
            add(cases, f'{name}: bucket {bucket} is {variant}', 'split', ranges, bucket, variant)

    hundred = [[i * 1000, (i + 1) * 1000, 'abc'[i % 3]] for i in range(100)]
    for bucket in (0, 999, 1000, 1999, 2000, 48_999, 49_000, 50_000, 98_999, 99_000, 99_999):
        variant = 'abc'[bucket // 1000 % 3]
        add(cases, f'a hundred ranges: bucket {bucket} is {variant}', 'split', hundred, bucket, variant)
    add(cases, 'the salt is what is hashed: another salt, the same bucket', 'other salt', HALVES, 49_999, 'a')
    add(cases, 'the empty salt is a salt', '', HALVES, 50_000, 'b')
    return cases


def add(cases, name, salt, ranges, bucket, variant):
    split = {'by': 'targetingKey', 'salt': salt, 'ranges': ranges}
    # The hashes next to a bound decide: the last one before it and the first one after it.
    last = any(end == bucket + 1 for _, end, _ in ranges)
    cases.add(name, split=split, unit=unit_at(salt, bucket, last), bucket=bucket, expected=variant)
