"""samples.json: the units of a sample."""

from reference_values import is_sampled, murmur3

from .document import Document

DESCRIPTION = 'Whether one unit in "oneIn" contains a unit (§7). Both the salt and the second half of the identifier hash decide, never the bucket.'

UNITS = ['ada', 'grace', '', '42', 'true', 'andré', '用户一二三', '😀', 'a\ud800', 'x' * 100]


def document():
    cases = Document(DESCRIPTION)
    for one_in in (1, 2, 3, 16, 1024):
        for unit in UNITS:
            name = f'one in {one_in}: {unit[:10] or "the empty unit"}'
            cases.add(name, salt='rollout-1', unit=unit, oneIn=one_in, expected=is_sampled('rollout-1', unit, one_in))
    for unit in UNITS[:4]:
        name = f'one in 2 with another salt: {unit or "the empty unit"}'
        cases.add(name, salt='rollout-2', unit=unit, oneIn=2, expected=is_sampled('rollout-2', unit, 2))
    for one_in in (16, 1024):
        for is_in in (True, False):
            unit = at_edge(one_in, is_in)
            name = f'one in {one_in}, close to its edge: {"inside" if is_in else "outside"}'
            cases.add(name, salt='edge', unit=unit, oneIn=one_in, expected=is_in)
    return cases


def at_edge(one_in, is_in):
    """Returns the unit of many that is closest to the edge of a sample."""
    edge = 2**32 // one_in
    units = [f'user-{i}' for i in range(20_000) if is_sampled('edge', f'user-{i}', one_in) == is_in]
    return min(units, key=lambda unit: abs(murmur3(unit, murmur3('edge', 1)) - edge))
