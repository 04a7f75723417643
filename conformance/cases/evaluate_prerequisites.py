"""Step 4: prerequisites, their cycles and their depth."""

from units import unit_at

from .document import ruleset
from .flags import MISSING_KEY, Asker, clause, configuration, flag, rollout, rule, split

PRO = clause('plan', 'in', 'pro')


def needs(*keys, variants=('base',)):
    return [{'flag': key, 'variants': list(variants)} for key in keys]


def needing(*keys, variants=('base',), **members):
    return flag(prerequisites=needs(*keys, variants=variants), **members)


def add_all(cases):
    for add_some in (add_met, add_context, add_cycles, add_depths, add_mixed_depths, add_ladder):
        add_some(cases)


def add_met(cases):
    asker = Asker(cases, 'prerequisites', ruleset({
        'plain': flag(),
        'second': flag('a'),
        'killed': flag(killed=True),
        'off': flag(on=False),
        'broken': {'type': 'string'},
        'number': {'type': 'number', 'variants': {'one': 1, 'base': 2}, 'on': True, 'off': 'one', 'fallthrough': {'variant': 'base'}},
        'needs-plain': needing('plain'),
        'needs-other-variant': needing('plain', variants=['a']),
        'needs-value': needing('plain', variants=['BASE']),
        'needs-one-of': needing('plain', variants=['a', 'b', 'base']),
        'needs-none-of': needing('plain', variants=[]),
        'needs-unknown-variant': needing('plain', variants=['nobody', '__proto__']),
        'needs-both': flag(prerequisites=needs('plain') + needs('second', variants=['a'])),
        'needs-both-first-fails': flag(prerequisites=needs('plain', variants=['a']) + needs('second', variants=['a'])),
        'needs-both-last-fails': flag(prerequisites=needs('plain') + needs('second')),
        'needs-twice': flag(prerequisites=needs('plain') + needs('plain', variants=['base', 'a'])),
        'needs-twice-apart': flag(prerequisites=needs('plain') + needs('plain', variants=['a'])),
        'needs-killed': needing('killed'),
        'needs-killed-off': needing('killed', variants=['off']),
        'needs-off-off': needing('off', variants=['off']),
        'needs-number': needing('number'),
        'needs-missing': needing('missing', variants=['off', 'base']),
        'needs-plain-and-missing': needing('plain', 'missing'),
        'needs-inherited': needing('constructor', '__proto__'),
        'needs-broken': needing('broken', variants=['off', 'base']),
        'needs-needs-plain': needing('needs-plain'),
        'needs-needs-missing': needing('needs-missing'),
        'needs-needs-missing-off': needing('needs-missing', variants=['off']),
        'needs-needs-broken-off': needing('needs-broken', variants=['off']),
        'killed-unmet': needing('missing', killed=True),
        'off-unmet': needing('missing', on=False),
        'unmet-with-everything': needing('missing', rules=[rule([PRO])], rollout=rollout(100_000)),
        'unmet-off-variant': needing('missing', off='b'),
        'met-with-rule': needing('plain', rules=[rule([PRO])]),
        'met-with-split': flag(split(), prerequisites=needs('plain')),
        'met-with-missing-unit': flag(split('account'), prerequisites=needs('plain')),
    }))
    unmet = ('off DISABLED', 'prerequisite')
    asker.served('a prerequisite is met by the variant that it lists', 'needs-plain', {}, 'base DEFAULT')
    asker.served('a prerequisite is not met by another variant', 'needs-other-variant', {}, *unmet)
    asker.served('a prerequisite lists variants, not values', 'needs-value', {}, *unmet)
    asker.served('a prerequisite may list several variants', 'needs-one-of', {}, 'base DEFAULT')
    asker.served('a prerequisite that lists no variant is never met', 'needs-none-of', {}, *unmet)
    asker.served('a prerequisite may list variants that do not exist, and is not met', 'needs-unknown-variant', {}, *unmet)
    asker.served('all prerequisites are met', 'needs-both', {}, 'base DEFAULT')
    asker.served('the first prerequisite of two is not met', 'needs-both-first-fails', {}, *unmet)
    asker.served('the last prerequisite of two is not met', 'needs-both-last-fails', {}, *unmet)
    asker.served('a flag may be required twice', 'needs-twice', {}, 'base DEFAULT')
    asker.served('a flag may be required twice in vain', 'needs-twice-apart', {}, *unmet)
    asker.served('a killed flag does not serve a listed variant', 'needs-killed', {}, *unmet)
    asker.served('a killed flag meets with its off variant, for whatever reason', 'needs-killed-off', {}, 'base DEFAULT')
    asker.served('a flag that is off meets with its off variant, for whatever reason', 'needs-off-off', {}, 'base DEFAULT')
    asker.served('a prerequisite may be of another type', 'needs-number', {}, 'base DEFAULT')
    asker.served('a missing flag meets nothing', 'needs-missing', {}, *unmet)
    asker.served('a missing flag beside one that is met', 'needs-plain-and-missing', {}, *unmet)
    asker.served('inherited members are no flags', 'needs-inherited', {}, *unmet)
    asker.served('a broken flag meets nothing', 'needs-broken', {}, *unmet)
    asker.served('prerequisites may have prerequisites', 'needs-needs-plain', {}, 'base DEFAULT')
    asker.served('a flag that is missing at the end of a chain is unmet at its start', 'needs-needs-missing', {}, *unmet)
    asker.served('a flag that misses a prerequisite meets with its off variant', 'needs-needs-missing-off', {}, 'base DEFAULT')
    asker.served('a flag that requires a broken one meets with its off variant', 'needs-needs-broken-off', {}, 'base DEFAULT')
    asker.served('a kill is the reason before a prerequisite', 'killed-unmet', {}, 'off DISABLED', 'killed')
    asker.served('off is the reason before a prerequisite', 'off-unmet', {}, 'off DISABLED', 'off')
    asker.served('without its prerequisite a flag asks no rule and no rollout', 'unmet-with-everything', {'targetingKey': 'ada', 'plan': 'pro'}, *unmet)
    asker.served('without its prerequisite a flag serves its off variant', 'unmet-off-variant', {}, 'b DISABLED', 'prerequisite')
    asker.served('rules are asked behind a prerequisite that is met', 'met-with-rule', {'plan': 'pro'}, 'rule TARGETING_MATCH', ruleId='rule-1')
    asker.served('a split is asked behind a prerequisite that is met', 'met-with-split', {'targetingKey': unit_at('split', 50_000)}, 'b SPLIT')
    asker.served('a missing unit behind a prerequisite that is met', 'met-with-missing-unit', {}, 'off DEFAULT', MISSING_KEY)


def add_context(cases):
    asker = Asker(cases, 'prerequisites-and-context', ruleset({
        'ruled': flag(rules=[rule([PRO])]),
        'split': flag(split()),
        'by-account': flag(split('account')),
        'rolled': flag(rollout=rollout(50_000)),
        'clock': flag(rules=[rule([clause('$now', 'after', '2026-01-01')])]),
        'instances': flag(instances={'acme': configuration('a'), 'globex': configuration(killed=True)}),
        'needs-rule': needing('ruled', variants=['rule']),
        'needs-split': needing('split', variants=['b']),
        'needs-by-account-off': needing('by-account', variants=['off']),
        'needs-rolled': needing('rolled', variants=['rolled']),
        'needs-instances': needing('instances', variants=['a']),
        'instance-needs': flag(instances={'acme': configuration('b')}, prerequisites=needs('ruled', variants=['rule'])),
        'instance-killed-needs': flag(instances={'acme': configuration('b', killed=True)}, prerequisites=needs('missing')),
        'instance-own-off': flag(instances={'acme': configuration('b', off='other')}, prerequisites=needs('missing')),
    }))
    unmet = ('off DISABLED', 'prerequisite')
    asker.served('a prerequisite is evaluated with the same context: it holds', 'needs-rule', {'plan': 'pro'}, 'base DEFAULT')
    asker.served('a prerequisite is evaluated with the same context: it does not', 'needs-rule', {'plan': 'free'}, *unmet)
    asker.served('a prerequisite may be a split: the other variant', 'needs-split', {'targetingKey': unit_at('split', 49_999)}, *unmet)
    asker.served('a prerequisite may be a split: the listed variant', 'needs-split', {'targetingKey': unit_at('split', 50_000)}, 'base DEFAULT')
    asker.served('a unit that a prerequisite misses is not told of the flag', 'needs-by-account-off', {}, 'base DEFAULT')
    asker.served('a prerequisite may be a rollout: treated', 'needs-rolled', {'targetingKey': unit_at('rollout', 49_999)}, 'base DEFAULT')
    asker.served('a prerequisite may be a rollout: not treated', 'needs-rolled', {'targetingKey': unit_at('rollout', 50_000)}, *unmet)
    asker.served("a prerequisite has the instance's configuration", 'needs-instances', {'instance': 'acme'}, 'base DEFAULT')
    asker.served("a prerequisite has another instance's configuration", 'needs-instances', {'instance': 'globex'}, *unmet)
    asker.served('a prerequisite without an instance has its own configuration', 'needs-instances', {}, *unmet)
    asker.served("a flag's prerequisites count for its instances: met", 'instance-needs', {'instance': 'acme', 'plan': 'pro'}, 'b DEFAULT')
    asker.served("a flag's prerequisites count for its instances: not met", 'instance-needs', {'instance': 'acme'}, *unmet)
    asker.served("an instance's kill is the reason before a prerequisite", 'instance-killed-needs', {'instance': 'acme'}, 'off DISABLED', 'killed')
    asker.served("without its prerequisite an instance serves its own off variant", 'instance-own-off', {'instance': 'acme'}, 'other DISABLED', 'prerequisite')


def add_cycles(cases):
    either = ('off', 'base')
    asker = Asker(cases, 'cycles', ruleset({
        'self': needing('self', variants=either),
        'two-a': needing('two-b', variants=either),
        'two-b': needing('two-a', variants=either),
        'three-a': needing('three-b', variants=either),
        'three-b': needing('three-c', variants=either),
        'three-c': needing('three-a', variants=either),
        'cycle-and-plain': needing('plain', 'self', variants=either),
        'plain': flag(),
        'on-the-way': needing('two-a', variants=either),
        'far': needing('on-the-way', variants=either),
        'beside': needing('plain'),
        'killed-self': needing('killed-self', variants=either, killed=True),
        'needs-killed-self': needing('killed-self', variants=either),
        'off-self': needing('off-self', variants=either, on=False),
        'needs-off-self': needing('off-self', variants=either),
        'broken-back': {**needing('to-broken', variants=either), 'on': 'yes'},
        'to-broken': needing('broken-back', variants=either),
        'needs-to-broken-off': needing('to-broken', variants=['off']),
        'instances': needing('instances', variants=either, instances={'acme': configuration('a')}),
    }))
    unmet = ('off DISABLED', 'prerequisite')
    asker.served('a flag that requires itself serves the off variant', 'self', {}, *unmet)
    asker.served('two flags that require each other: the first', 'two-a', {}, *unmet)
    asker.served('two flags that require each other: the second', 'two-b', {}, *unmet)
    for key in ('three-a', 'three-b', 'three-c'):
        asker.served(f'three flags in a ring: {key}', key, {}, *unmet)
    asker.served('a flag that depends on a cycle serves the off variant', 'on-the-way', {}, *unmet)
    asker.served('a flag that depends on a cycle through another serves the off variant', 'far', {}, *unmet)
    asker.served('one prerequisite on a cycle is enough', 'cycle-and-plain', {}, *unmet)
    asker.served('a cycle does not disturb flags that do not depend on it', 'beside', {}, 'base DEFAULT')
    asker.served('a killed flag on a cycle is killed', 'killed-self', {}, 'off DISABLED', 'killed')
    asker.served('a flag on a cycle that is off is off', 'off-self', {}, 'off DISABLED', 'off')
    asker.served('a kill on a cycle does not break the cycle', 'needs-killed-self', {}, *unmet)
    asker.served('a flag that is off on a cycle does not break the cycle', 'needs-off-self', {}, *unmet)
    asker.failed('a broken flag in a ring is broken', 'broken-back', 'PARSE_ERROR')
    asker.served('a flag in a ring with a broken one does not meet it', 'to-broken', {}, *unmet)
    asker.served('a broken flag makes no cycle, because its prerequisites are not read', 'needs-to-broken-off', {}, 'base DEFAULT')
    asker.served('a flag on a cycle serves the off variant of its instance', 'instances', {'instance': 'acme'}, *unmet)


def chain(prefix, length, **first):
    """Flags of depth 0 to length. Each requires its own or the off variant of the previous flag."""
    flags = {f'{prefix}-0': flag(**first)}
    for depth in range(1, length + 1):
        flags[f'{prefix}-{depth}'] = needing(f'{prefix}-{depth - 1}', variants=['base', 'off'])
    return flags


def add_depths(cases):
    unmet = ('off DISABLED', 'prerequisite')
    stopped = chain('killed', 34)
    stopped['killed-20'] = {**stopped['killed-20'], 'killed': True}
    missing = chain('missing', 34)
    del missing['missing-0']
    broken = chain('broken', 34)
    broken['broken-0'] = {'prerequisites': needs('missing')}
    flags = {**chain('chain', 40), **stopped, **missing, **broken}
    flags['short-and-long'] = needing('chain-0', 'chain-31')
    flags['short-and-too-long'] = needing('chain-0', 'chain-32')
    flags['long-and-missing'] = needing('chain-31', 'nowhere')
    flags['needs-too-deep'] = needing('chain-33', variants=['off'])
    asker = Asker(cases, 'depths', ruleset(flags))
    asker.served('a flag of depth 0', 'chain-0', {}, 'base STATIC')
    for depth in (1, 2, 31, 32):
        asker.served(f'a flag of depth {depth} meets its prerequisites', f'chain-{depth}', {}, 'base DEFAULT')
    for depth in (33, 34, 40):
        asker.served(f'a flag of depth {depth} does not meet its prerequisites', f'chain-{depth}', {}, *unmet)
    asker.served('the deepest prerequisite decides: 32', 'short-and-long', {}, 'base DEFAULT')
    asker.served('the deepest prerequisite decides: 33', 'short-and-too-long', {}, *unmet)
    asker.served('what requires a flag that is too deep is deeper', 'needs-too-deep', {}, *unmet)
    asker.served('a kill in a chain does not make it shorter', 'killed-33', {}, *unmet)
    asker.served('a kill in a chain does not affect a chain that is not too deep', 'killed-32', {}, 'base DEFAULT')
    asker.served('a missing flag counts for nothing, so that depth 1 begins behind it', 'missing-32', {}, 'base DEFAULT')
    asker.served('a flag whose only prerequisite is missing has depth 1', 'missing-33', {}, *unmet)
    asker.served('a broken flag has depth 0, whatever it requires', 'broken-32', {}, 'base DEFAULT')
    asker.served('a chain behind a broken flag is counted from it', 'broken-33', {}, *unmet)


def add_mixed_depths(cases):
    """A deep prerequisite beside a shallow one, before or after the deep chain in the ruleset."""
    flags = {'first': flag(), 'needs-first': needing('first'), **chain('chain', 32), 'last': flag(), 'needs-last': needing('last')}
    for depth in (31, 32):
        for other in ('first', 'last'):
            flags[f'{depth}-and-{other}'] = needing(f'chain-{depth}', other)
            flags[f'{other}-and-{depth}'] = needing(other, f'chain-{depth}')
    asker = Asker(cases, 'mixed-depths', ruleset(flags))
    for depth, expected in ((31, ('base DEFAULT',)), (32, ('off DISABLED', 'prerequisite'))):
        for other in ('first', 'last'):
            asker.served(f'depth {depth} and then the {other} flag of the ruleset', f'{depth}-and-{other}', {}, *expected)
            asker.served(f'the {other} flag of the ruleset and then depth {depth}', f'{other}-and-{depth}', {}, *expected)


def add_ladder(cases):
    """Two flags on each of 33 levels. Each requires both flags below: 2^32 paths to the bottom."""
    flags = {f'{side}-0': flag(rules=[rule([PRO])]) for side in 'ab'}
    for level in range(1, 33):
        variants = ['rule'] if level == 1 else ['base']
        for side in 'ab':
            flags[f'{side}-{level}'] = needing(f'a-{level - 1}', f'b-{level - 1}', variants=variants)
    asker = Asker(cases, 'ladder', ruleset(flags))
    asker.served('a ladder of diamonds is climbed in linear time: met', 'a-32', {'plan': 'pro'}, 'base DEFAULT')
    asker.served('a ladder of diamonds is climbed in linear time: not met', 'b-32', {'plan': 'free'}, 'off DISABLED', 'prerequisite')
    asker.served('a diamond is met', 'a-2', {'plan': 'pro'}, 'base DEFAULT')
