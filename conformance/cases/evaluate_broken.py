"""§2: broken flags and unknown members."""

from json import dumps

from .document import ruleset
from .flags import VARIANTS, Asker, clause, configuration, flag, rollout, rule, split

PRO = clause('plan', 'in', 'pro')
ADA = {'targetingKey': 'ada', 'plan': 'pro'}


def without(member, of):
    return {k: v for k, v in of.items() if k != member}


def add_all(cases):
    add_broken(cases)
    add_types(cases)
    add_unknown_members(cases)


def broken_serves():
    """Values that are not a serve, in each place that requires one."""
    yield 'no object', 'base'
    yield 'null', None
    yield 'a list', ['base']
    yield 'an empty object', {}
    yield 'a variant that the flag does not define', {'variant': 'nobody'}
    yield 'a variant of another case', {'variant': 'Base'}
    yield 'a variant that objects inherit', {'variant': 'constructor'}
    yield 'the variant __proto__', {'variant': '__proto__'}
    yield 'a variant that is a number', {'variant': 7}
    yield 'a variant of null', {'variant': None}
    yield 'a split of null', {'split': None}
    yield 'a split that is a list', {'split': []}
    for member in ('by', 'salt', 'ranges'):
        yield f'a split without "{member}"', {'split': without(member, split()['split'])}
        yield f'a split whose "{member}" is a number', {'split': {**split()['split'], member: 7}}
    for name, ranges in (
        ('a range that is not a list', ['a']),
        ('a range of two members', [[0, 100_000]]),
        ('a range with a variant that the flag does not define', [[0, 50_000, 'a'], [50_000, 100_000, 'nobody']]),
        ('an empty range with a variant that the flag does not define', [[0, 0, 'nobody'], [0, 100_000, 'a']]),
        ('a range with a variant that objects inherit', [[0, 100_000, 'toString']]),
        ('a range with a variant that is a number', [[0, 100_000, 7]]),
        ('a range that starts below 0', [[-1, 100_000, 'a']]),
        ('a range that ends above 100,000', [[0, 100_001, 'a']]),
        ('a range that starts with a text', [['0', 100_000, 'a']]),
        ('a range that ends with null', [[0, None, 'a']]),
        ('a range that starts at a fraction', [[0.5, 100_000, 'a']]),
        ('a range that ends at a fraction', [[0, 0.5, 'a']]),
        ('a range that ends before it starts', [[500, 400, 'a']]),
        ('ranges that overlap', [[0, 50_001, 'a'], [50_000, 100_000, 'b']]),
        ('ranges that are not in order', [[50_000, 100_000, 'b'], [0, 50_000, 'a']]),
        ('a range in another', [[0, 100_000, 'a'], [10, 20, 'b']]),
    ):
        yield f'a split with {name}', {'split': {'by': 'targetingKey', 'salt': 's', 'ranges': ranges}}


def broken_flags():
    healthy = flag()
    for wrong in (None, True, 7, 'base', [], [healthy]):
        yield f'a flag that is {dumps(wrong)}', wrong
    yield 'a flag that is an empty object', {}
    for member in ('type', 'variants', 'on', 'off', 'fallthrough'):
        yield f'a flag without "{member}"', without(member, healthy)
        yield f'a flag whose "{member}" is null', {**healthy, member: None}
    yield 'a flag of a type that nobody knows', {**healthy, 'type': 'date'}
    yield 'a flag of a type that objects inherit', {**healthy, 'type': 'constructor'}
    yield 'a flag whose "type" is a list', {**healthy, 'type': ['string']}
    yield 'a flag whose "variants" is a list', {**healthy, 'variants': ['off', 'base']}
    yield 'a flag without any variant', {**healthy, 'variants': {}}
    yield 'a flag whose "on" is a text', {**healthy, 'on': 'true'}
    yield 'a flag whose "on" is 1', {**healthy, 'on': 1}
    yield 'a flag whose "off" is false', {**healthy, 'off': False}
    yield 'a flag with an off variant that it does not define', {**healthy, 'off': 'nobody'}
    yield 'a flag with an off variant that objects inherit', {**healthy, 'off': 'constructor'}
    yield 'a killed flag with an off variant that it does not define', {**healthy, 'killed': True, 'off': 'nobody'}
    yield 'a flag whose "killed" is a text', {**healthy, 'killed': 'yes'}
    yield 'a flag whose "killed" is 1', {**healthy, 'killed': 1}
    for member in ('rules', 'prerequisites', 'instances', 'rollout'):
        for wrong in ('text', 7, True):
            yield f'a flag whose "{member}" is {dumps(wrong)}', {**healthy, member: wrong}
    for member in ('rules', 'prerequisites'):
        yield f'a flag whose "{member}" is an object', {**healthy, member: {}}
    for member in ('instances', 'rollout'):
        yield f'a flag whose "{member}" is a list', {**healthy, member: []}
    yield from broken_rules()
    yield from broken_rollouts()
    for wrong in (None, 'plain', {}, {'flag': 'healthy'}, {'variants': ['base']}, {'flag': 7, 'variants': []}, {'flag': 'healthy', 'variants': 'base'}):
        yield f'a flag with a prerequisite that is {dumps(wrong)}', flag(prerequisites=[wrong])
    for wrong in (None, 'base', [], {}, without('off', configuration()), without('on', configuration()), configuration('nobody')):
        yield f'a flag with an instance that is {dumps(wrong)}', flag(instances={'acme': configuration(), 'globex': wrong})
    for name, wrong in broken_serves():
        yield f'a flag whose fallthrough is {name}', {**healthy, 'fallthrough': wrong}


def broken_rules():
    healthy = rule([PRO])
    for wrong in (None, 'rule', [], {}):
        yield f'a flag with a rule that is {dumps(wrong)}', flag(rules=[wrong])
    for member in ('id', 'when', 'serve'):
        yield f'a flag with a rule without "{member}"', flag(rules=[without(member, healthy)])
        yield f'a flag with a rule whose "{member}" is 7', flag(rules=[{**healthy, member: 7}])
    yield 'a flag with a rule whose "when" is an object', flag(rules=[{**healthy, 'when': {}}])
    for wrong in (None, 'plan', PRO):
        yield f'a flag with a rule whose group is {dumps(wrong)}', flag(rules=[{**healthy, 'when': [[PRO], wrong]}])
    yield 'a flag whose second rule is broken', flag(rules=[healthy, without('serve', healthy)])
    for name, wrong in broken_serves():
        yield f'a flag with a rule that serves {name}', flag(rules=[{**healthy, 'when': [], 'serve': wrong}])


def broken_rollouts():
    healthy = rollout(50_000)
    for member in ('by', 'salt', 'share', 'serve'):
        yield f'a flag with a rollout without "{member}"', flag(rollout=without(member, healthy))
        yield f'a flag with a rollout whose "{member}" is true', flag(rollout={**healthy, member: True})
    for wrong in (-1, 100_001, 0.5, '50000', None, 1e300):
        yield f'a flag with a rollout whose share is {dumps(wrong)}', flag(rollout=rollout(wrong))
    for wrong in ('testers', [7], {}):
        yield f'a flag with a rollout whose segments are {dumps(wrong)}', flag(rollout=rollout(0, segments=wrong))
    for name, wrong in broken_serves():
        yield f'a flag with a rollout that serves {name}', flag(rollout={**rollout(0), 'serve': wrong})


def add_broken(cases):
    broken = dict(broken_flags())
    asker = Asker(cases, 'broken', ruleset({'healthy': flag('a'), **broken, 'ruled': flag(rules=[rule([PRO])]), 'last': flag('b')}))
    for name in broken:
        asker.failed(f'broken: {name}', name, 'PARSE_ERROR', context=ADA)
    for default in (True, 7, None, {'a': 1}):
        asker.failed(f'broken: a broken flag returns the default {dumps(default)}', 'a flag that is null', 'PARSE_ERROR', default)
    asker.failed('broken: a broken flag is broken before it is of another type', 'a flag whose "on" is a text', 'PARSE_ERROR', False)
    asker.failed('broken: a flag is broken for an instance that is not', 'a flag with an instance that is null', 'PARSE_ERROR', context={'instance': 'acme'})
    asker.served('a flag before broken ones is not disturbed', 'healthy', ADA, 'a STATIC')
    asker.served('a flag with a rule between broken ones is not disturbed', 'ruled', ADA, 'rule TARGETING_MATCH', ruleId='rule-1')
    asker.served('a flag behind broken ones is not disturbed', 'last', ADA, 'b STATIC')
    asker.failed('a missing flag beside broken ones is missing', 'missing', 'FLAG_NOT_FOUND')


def add_types(cases):
    values = {'boolean': [True, False], 'string': ['', 'text'], 'number': [0, -1.5]}
    others = {'null': None, 'a list': [], 'an object': {}}
    flags = {}
    for kind, (off, served) in values.items():
        wrong = {name: samples[1] for name, samples in values.items() if name != kind} | others
        for name, value in wrong.items():
            variants = {'off': off, 'on': served, 'unused': value}
            key = f'a {kind} flag with a value that is {name}'
            flags[key] = {'type': kind, 'variants': variants, 'on': True, 'off': 'off', 'fallthrough': {'variant': 'on'}}
    asker = Asker(cases, 'wrong-values', ruleset(flags))
    for key, wrong in flags.items():
        asker.failed(f'broken: {key}', key, 'PARSE_ERROR', wrong['variants']['on'])


def add_unknown_members(cases):
    extra = {'later': {'by': 'version 2'}, '__proto__': {'on': False}, 'constructor': 7, 'description': None}
    clauses = [{**PRO, **extra}, {**clause('targetingKey', 'segment', 'testers'), **extra}]
    own_split = {**split()['split'], **extra, 'ranges': [[0, 100_000, 'a']]}
    flags = {
        'flag': {**flag(), **extra},
        'rule': flag(rules=[{**rule(clauses), **extra}]),
        'serve': {**flag(), 'fallthrough': {'variant': 'base', **extra}},
        'split': {**flag(), 'fallthrough': {'split': own_split, **extra}},
        'rollout': flag(rollout={**rollout(100_000), **extra}),
        'prerequisite': flag(prerequisites=[{'flag': 'flag', 'variants': ['base'], **extra}]),
        'instance': flag(instances={'acme': {**configuration('b'), **extra}}),
        'inherited': {**without('killed', flag()), '__proto__': {'killed': True, 'on': False}},
        'inherited-on': {**without('on', flag()), '__proto__': {'on': True}},
        'variants': {**flag(), 'variants': {**VARIANTS, 'unused': 'UNUSED'}},
    }
    testers = {'include': ['ada'], 'exclude': [], 'when': [], **extra}
    asker = Asker(cases, 'unknown-members', ruleset(flags, {'testers': testers}, **extra))

    asker.served('a member that nobody knows: in a flag and its ruleset', 'flag', ADA, 'base STATIC')
    asker.served('a member that nobody knows: in a rule, its clauses and their segment', 'rule', ADA, 'rule TARGETING_MATCH', ruleId='rule-1')
    asker.served('a member that nobody knows: in a serve', 'serve', ADA, 'base STATIC')
    asker.served('a member that nobody knows: in a split', 'split', ADA, 'a SPLIT')
    asker.served('a member that nobody knows: in a rollout', 'rollout', ADA, 'rolled SPLIT', arm='treatment')
    asker.served('a member that nobody knows: in a prerequisite', 'prerequisite', ADA, 'base DEFAULT')
    asker.served('a member that nobody knows: in an instance', 'instance', {**ADA, 'instance': 'acme'}, 'b DEFAULT')
    asker.served('what a member __proto__ holds is not in the flag', 'inherited', ADA, 'base STATIC')
    asker.failed('what a member __proto__ holds does not complete the flag', 'inherited-on', 'PARSE_ERROR')
    asker.served('a variant that nothing serves does no harm', 'variants', ADA, 'base STATIC')
