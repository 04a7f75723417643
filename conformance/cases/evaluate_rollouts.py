"""Step 6: rollouts, their arms and segments, and missing units in every place."""

from json import dumps

from reference_values import bucket_of
from units import unit_at

from .bucketing import EDGES
from .document import ruleset
from .flags import MISSING_KEY, Asker, clause, configuration, flag, rollout, rule, split

PRO = clause('plan', 'in', 'pro')
PLAN = {'planRun': 'run-7', 'step': 2}


def add_all(cases):
    for add_some in (add_shares, add_edges, add_units, add_metadata, add_segments, add_splits, add_order, add_missing):
        add_some(cases)


def at(bucket, salt='rollout', last=False):
    return unit_at(salt, bucket, last)


def key(bucket, **more):
    return {'targetingKey': at(bucket), **more}


def add_shares(cases):
    shares = (0, 1, 25_000, 50_000, 99_999, 100_000)
    flags = {f'share-{share}': flag(rollout=rollout(share)) for share in shares}
    flags['same-variant'] = flag(rollout=rollout(50_000, 'base'))
    flags['off-variant'] = flag(rollout=rollout(50_000, 'off'))
    flags['other-salt'] = flag(rollout=rollout(50_000, salt='another rollout'))
    flags['empty-salt'] = flag(rollout=rollout(50_000, salt=''))
    asker = Asker(cases, 'shares', ruleset(flags))
    treated, control = ('rolled SPLIT', 'treatment'), ('base DEFAULT', 'control')
    for share in shares:
        for bucket in sorted({0, share - 1, share, 99_999} & set(range(100_000))):
            expected, arm = treated if bucket < share else control
            for last in (False, True):
                context = {'targetingKey': at(bucket, last=last)}
                side = 'last' if last else 'first'
                asker.served(f'a share of {share}: {side} hash of bucket {bucket}', f'share-{share}', context, expected, arm=arm)
    asker.served('a rollout of what the fallthrough serves has a treatment', 'same-variant', key(49_999), 'base SPLIT', arm='treatment')
    asker.served('a rollout of what the fallthrough serves has a control', 'same-variant', key(50_000), 'base DEFAULT', arm='control')
    asker.served('a rollout may serve the off variant, and is not disabled', 'off-variant', key(0), 'off SPLIT', arm='treatment')
    for name, salt in (('other-salt', 'another rollout'), ('empty-salt', '')):
        asker.served(f'the salt is what counts: {name}, treated', name, {'targetingKey': at(49_999, salt)}, treated[0], arm='treatment')
        asker.served(f'the salt is what counts: {name}, control', name, {'targetingKey': at(50_000, salt)}, control[0], arm='control')


def add_edges(cases):
    """Units with the last hash of a bucket, which is below the bound, and with the next hash."""
    flags = {}
    for name, salt, _, _, bucket in EDGES:
        around = [(max(bucket - 1, 0), bucket, 'a')] * (bucket > 0) + [(bucket + 1, min(bucket + 2, 100_000), 'b')] * (bucket < 99_999)
        flags[f'{name}: in'] = flag(rollout=rollout(bucket + 1, salt=salt))
        flags[f'{name}: out'] = flag(rollout=rollout(bucket, salt=salt))
        flags[f'{name}: own range'] = flag(split(salt=salt, ranges=[(bucket, bucket + 1, 'a')]))
        flags[f'{name}: between ranges'] = flag(split(salt=salt, ranges=around))
    asker = Asker(cases, 'edges', ruleset(flags))
    for name, _, unit, _, bucket in EDGES:
        context = {'targetingKey': unit}
        asker.served(f'{name} is treated by a share of its bucket and one', f'{name}: in', context, 'rolled SPLIT', arm='treatment')
        asker.served(f'{name} is not treated by a share of its bucket', f'{name}: out', context, 'base DEFAULT', arm='control')
        asker.served(f'{name} is in the range of its bucket alone', f'{name}: own range', context, 'a SPLIT')
        asker.served(f'{name} is not in the ranges before and behind its bucket', f'{name}: between ranges', context, 'off DEFAULT')


UNITS = [
    ('a text', 'ada', 'ada'),
    ('the empty text', '', ''),
    ('an accented text', 'andré', 'andré'),
    ('an emoji', '😀', '😀'),
    ('a lone surrogate', '\ud800', '\ufffd'),
    ('a whole number', 42, '42'),
    ('a whole number as a fraction', 42.0, '42'),
    ('zero', 0, '0'),
    ('minus zero', -0.0, '0'),
    ('a negative number', -7, '-7'),
    ('a fraction', 1.5, '1.5'),
    ('a tenth', 0.1, '0.1'),
    ('a number beyond 2^53', 9007199254740993, '9007199254740992'),
    ('a number of 21 digits', 123456789012345680000, '123456789012345680000'),
    ('a number of 22 digits', 1e21, '1e+21'),
    ('a number with a great exponent', 1.5e300, '1.5e+300'),
    ('a millionth', 0.000001, '0.000001'),
    ('a tenth of a millionth', 0.0000001, '1e-7'),
    ('the least positive number', 5e-324, '5e-324'),
    ('the greatest number', 1.7976931348623157e308, '1.7976931348623157e+308'),
    ('true', True, 'true'),
    ('false', False, 'false'),
    ('a UUID', '5f0c2a3e-9a56-4c1d-8a43-9b7d1f0e2c55', '5f0c2a3e-9a56-4c1d-8a43-9b7d1f0e2c55'),
    ('a long text', 'x' * 1000, 'x' * 1000),
]
NO_UNITS = [None, {}, {'id': 'ada'}, [], ['ada'], [42]]


def add_units(cases):
    """Units on the bound of two flags: one more bucket treats them, one less does not."""
    flags = {}
    for name, _, text in UNITS:
        bucket = bucket_of('rollout', text)
        flags[f'{name}: in'] = flag(rollout=rollout(bucket + 1, by='account.id'))
        flags[f'{name}: out'] = flag(rollout=rollout(bucket, by='account.id'))
    asker = Asker(cases, 'units', ruleset(flags))
    for name, unit, _ in UNITS:
        context = {'targetingKey': 'somebody', 'account': {'id': unit}}
        asker.served(f'a unit that is {name} is below its bucket and one', f'{name}: in', context, 'rolled SPLIT', arm='treatment')
        asker.served(f'a unit that is {name} is not below its bucket', f'{name}: out', context, 'base DEFAULT', arm='control')
    for unit in NO_UNITS:
        context = {'targetingKey': 'somebody', 'account': {'id': unit}}
        asker.served(f'{dumps(unit)} is not a unit for a rollout', 'a text: in', context, 'base DEFAULT', MISSING_KEY)
    asker.served('an attribute that is missing is not a unit for a rollout', 'a text: in', {'targetingKey': 'somebody'}, 'base DEFAULT', MISSING_KEY)


def add_metadata(cases):
    asker = Asker(cases, 'plans', ruleset({
        'both': flag(rollout=rollout(50_000, **PLAN)),
        'plan-run': flag(rollout=rollout(50_000, planRun='run-8')),
        'step': flag(rollout=rollout(50_000, step=0)),
        'empty': flag(rollout=rollout(50_000, planRun='', step=0)),
        'rule': flag(rules=[rule([PRO])], rollout=rollout(50_000, **PLAN)),
        'split': flag(split(), rollout=rollout(50_000, **PLAN)),
        'off': flag(on=False, rollout=rollout(50_000, **PLAN)),
    }))
    asker.served('plan run and step stand beside the treatment', 'both', key(49_999), 'rolled SPLIT', arm='treatment', **PLAN)
    asker.served('plan run and step stand beside the control', 'both', key(50_000), 'base DEFAULT', arm='control', **PLAN)
    asker.served('a plan run may stand alone', 'plan-run', key(49_999), 'rolled SPLIT', arm='treatment', planRun='run-8')
    asker.served('a step may stand alone, and be 0', 'step', key(50_000), 'base DEFAULT', arm='control', step=0)
    asker.served('an empty plan run is in the metadata', 'empty', key(0), 'rolled SPLIT', arm='treatment', planRun='', step=0)
    asker.served('a rule before the rollout has no arm, plan run or step', 'rule', key(0, plan='pro'), 'rule TARGETING_MATCH', ruleId='rule-1')
    asker.served('a flag that is off has no arm, plan run or step', 'off', key(0), 'off DISABLED', 'off')
    asker.served('a missing unit has no arm, plan run or step', 'both', {}, 'base DEFAULT', MISSING_KEY)
    control = at_both(50_000, 50_000)
    asker.served('the control of a fallthrough split keeps arm, plan run and step', 'split', {'targetingKey': control}, 'b SPLIT', arm='control', **PLAN)


def at_both(rollout_from, split_from):
    """Returns a unit whose buckets with two salts are at or above the given ones."""
    units = (f'unit-{i}' for i in range(1000))
    return next(u for u in units if bucket_of('rollout', u) >= rollout_from and bucket_of('split', u) >= split_from)


def add_segments(cases):
    segments = {
        'testers': {'include': ['ada'], 'exclude': ['grace'], 'when': [[PRO]]},
        'germans': {'include': [], 'exclude': [], 'when': [[clause('country', 'in', 'DE')]]},
        'broken': {'include': 'ada'},
    }
    testers = {'segments': ['testers'], **PLAN}
    asker = Asker(cases, 'rollout-segments', ruleset({
        'nobody-else': flag(rollout=rollout(0, **testers)),
        'half': flag(rollout=rollout(50_000, **testers)),
        'two': flag(rollout=rollout(0, segments=['germans', 'testers'])),
        'missing': flag(rollout=rollout(50_000, segments=['nowhere', '__proto__', 'constructor'])),
        'missing-and-testers': flag(rollout=rollout(0, segments=['nowhere', 'testers'])),
        'broken': flag(rollout=rollout(0, segments=['broken'])),
        'none': flag(rollout=rollout(0, segments=[])),
        'by-account': flag(rollout=rollout(50_000, by='account', **testers)),
        'split': flag(rollout=rollout(0, split(), **testers)),
        'split-by-account': flag(rollout=rollout(100_000, split('account'), **testers)),
        'gap': flag(rollout=rollout(0, split(ranges=[]), **testers)),
        'rule': flag(rules=[rule([PRO])], rollout=rollout(0, **testers)),
    }, segments))
    ada = {'targetingKey': 'ada'}
    asker.served('a context in a segment of the rollout is served without an arm', 'nobody-else', ada, 'rolled TARGETING_MATCH', **PLAN)
    asker.served('a context that matches a segment of the rollout is served without an arm', 'nobody-else', {'plan': 'pro'}, 'rolled TARGETING_MATCH', **PLAN)
    asker.served('a context that the segment excludes is placed by the share', 'nobody-else', {'targetingKey': 'grace', 'plan': 'pro'}, 'base DEFAULT', arm='control', **PLAN)
    asker.served('a context in no segment is placed by the share: treated', 'half', key(49_999), 'rolled SPLIT', arm='treatment', **PLAN)
    asker.served('a context in no segment is placed by the share: control', 'half', key(50_000), 'base DEFAULT', arm='control', **PLAN)
    asker.served('the segment comes before the share', 'half', key(0, plan='pro'), 'rolled TARGETING_MATCH', **PLAN)
    asker.served('the first of two segments is enough', 'two', {'country': 'DE'}, 'rolled TARGETING_MATCH')
    asker.served('the second of two segments is enough', 'two', ada, 'rolled TARGETING_MATCH')
    asker.served('neither of two segments', 'two', key(0), 'base DEFAULT', arm='control')
    asker.served('segments that do not exist hold nobody', 'missing', key(50_000), 'base DEFAULT', arm='control')
    asker.served('segments that do not exist do not disturb the share', 'missing', key(0), 'rolled SPLIT', arm='treatment')
    asker.served('a segment that does not exist does not disturb another', 'missing-and-testers', ada, 'rolled TARGETING_MATCH')
    asker.served('a broken segment holds nobody', 'broken', ada, 'base DEFAULT', arm='control')
    asker.served('an empty list of segments is none', 'none', ada, 'base DEFAULT', arm='control')
    asker.served('a context in a segment needs no unit', 'by-account', ada, 'rolled TARGETING_MATCH', **PLAN)
    asker.served('a context in no segment needs a unit', 'by-account', {'targetingKey': 'linus'}, 'base DEFAULT', MISSING_KEY)
    a, b = ({'targetingKey': at(bucket, 'split'), 'plan': 'pro'} for bucket in (49_999, 50_000))
    asker.served('a context in a segment may get a split, without an arm: below the bound', 'split', a, 'a SPLIT', **PLAN)
    asker.served('a context in a segment may get a split, without an arm: at the bound', 'split', b, 'b SPLIT', **PLAN)
    asker.served('a context in a segment that has no unit for the split is passed over', 'split', {'plan': 'pro'}, 'base DEFAULT', MISSING_KEY)
    asker.served('a context in a segment that has no other unit for the split is passed over', 'split-by-account', ada, 'base DEFAULT', MISSING_KEY)
    asker.served('a context in a segment may fall into a gap, without an arm', 'gap', ada, 'off DEFAULT', **PLAN)
    asker.served('a rule comes before the segments of the rollout', 'rule', {'targetingKey': 'ada', 'plan': 'pro'}, 'rule TARGETING_MATCH', ruleId='rule-1')


def unit_for(treated, variant):
    """Returns a unit on one side of a rollout at half, with one variant of a split at half."""
    units = (f'unit-{i}' for i in range(1000))
    return next(
        unit for unit in units
        if (bucket_of('rollout', unit) < 50_000) == treated and (bucket_of('split', unit) < 50_000) == (variant == 'a')
    )


def add_splits(cases):
    asker = Asker(cases, 'rollout-splits', ruleset({
        'split': flag(rollout=rollout(50_000, split())),
        'fallthrough': flag(split(), rollout=rollout(50_000)),
        'both': flag(split(), rollout=rollout(50_000, split(ranges=[(0, 50_000, 'rule'), (50_000, 100_000, 'other')]))),
        'same-salt': flag(rollout=rollout(50_000, split(salt='rollout', ranges=[(0, 25_000, 'a'), (25_000, 50_000, 'b')]))),
        'gap': flag(rollout=rollout(50_000, split(ranges=[(0, 50_000, 'a')]), **PLAN)),
        'gap-behind': flag(split(ranges=[(0, 50_000, 'a')]), rollout=rollout(50_000, **PLAN)),
    }))
    for variant in 'ab':
        treated, control = ({'targetingKey': unit_for(side, variant)} for side in (True, False))
        other = {'a': 'rule', 'b': 'other'}[variant]
        asker.served(f'a rollout may serve a split: {variant}', 'split', treated, f'{variant} SPLIT', arm='treatment')
        asker.served(f'the control of a rollout that serves a split, {variant} or not', 'split', control, 'base DEFAULT', arm='control')
        asker.served(f'a rollout before a fallthrough split treats, {variant} or not', 'fallthrough', treated, 'rolled SPLIT', arm='treatment')
        asker.served(f'a rollout before a fallthrough split: control gets {variant}', 'fallthrough', control, f'{variant} SPLIT', arm='control')
        asker.served(f'a split in the rollout and one behind it: treated gets {other}', 'both', treated, f'{other} SPLIT', arm='treatment')
        asker.served(f'a split in the rollout and one behind it: control gets {variant}', 'both', control, f'{variant} SPLIT', arm='control')
    asker.served('a split with the salt of its rollout: first half', 'same-salt', key(24_999), 'a SPLIT', arm='treatment')
    asker.served('a split with the salt of its rollout: second half', 'same-salt', key(25_000), 'b SPLIT', arm='treatment')
    asker.served('a treated bucket in no range gets the off variant by default, as treatment', 'gap', {'targetingKey': unit_for(True, 'b')}, 'off DEFAULT', arm='treatment', **PLAN)
    asker.served('a control bucket in no range of the fallthrough gets the off variant by default, as control', 'gap-behind', {'targetingKey': unit_for(False, 'b')}, 'off DEFAULT', arm='control', **PLAN)


def add_order(cases):
    instances = {'acme': configuration('a', rollout=rollout(50_000, 'b')), 'globex': configuration('a')}
    asker = Asker(cases, 'rollout-order', ruleset({
        'rule': flag(rules=[rule([PRO])], rollout=rollout(100_000)),
        'rule-split': flag(rules=[rule([PRO], serves=split())], rollout=rollout(100_000)),
        'killed': flag(killed=True, rollout=rollout(100_000)),
        'instances': flag(rollout=rollout(100_000), instances=instances),
        'prerequisite': flag(rollout=rollout(50_000), prerequisites=[{'flag': 'plain', 'variants': ['base']}]),
        'plain': flag(),
    }))
    pro = {'targetingKey': unit_for(True, 'b'), 'plan': 'pro'}
    asker.served('a rule comes before the rollout', 'rule', pro, 'rule TARGETING_MATCH', ruleId='rule-1')
    asker.served('where no rule holds, the rollout is asked', 'rule', {**pro, 'plan': 'free'}, 'rolled SPLIT', arm='treatment')
    asker.served('the split of a rule comes before the rollout, without an arm', 'rule-split', pro, 'b SPLIT', ruleId='rule-1')
    asker.served('a kill comes before the rollout, without an arm', 'killed', pro, 'off DISABLED', 'killed')
    asker.served('an instance has its own rollout: treated', 'instances', key(49_999, instance='acme'), 'b SPLIT', arm='treatment')
    asker.served('an instance has its own rollout: control', 'instances', key(50_000, instance='acme'), 'a DEFAULT', arm='control')
    asker.served("an instance does not inherit the flag's rollout", 'instances', key(0, instance='globex'), 'a DEFAULT')
    asker.served("the flag's rollout is for other instances", 'instances', key(99_999, instance='hooli'), 'rolled SPLIT', arm='treatment')
    asker.served('the rollout of a flag with prerequisites', 'prerequisite', key(49_999), 'rolled SPLIT', arm='treatment')
    asker.served('the control of a flag with prerequisites', 'prerequisite', key(50_000), 'base DEFAULT', arm='control')


def add_missing(cases):
    asker = Asker(cases, 'missing-units', ruleset({
        'rollout': flag(rollout=rollout(100_000, by='account', **PLAN)),
        'nobody': flag(rollout=rollout(0, by='account')),
        'fallthrough-split': flag(split(), rollout=rollout(100_000, by='account')),
        'rollout-split': flag(rollout=rollout(50_000, split('account'), **PLAN)),
        'rollout-split-nobody': flag(rollout=rollout(0, split('account'), **PLAN)),
        'rollout-split-everybody': flag(rollout=rollout(100_000, split('account'), **PLAN)),
        'behind-control': flag(split('account'), rollout=rollout(50_000, **PLAN)),
        'rule-then-rollout': flag(rules=[rule([PRO], serves=split('account'))], rollout=rollout(50_000, **PLAN)),
        'rule-then-segment': flag(rules=[rule([PRO], serves=split('account'))], rollout=rollout(0, segments=['pro'], **PLAN)),
        'everything': flag(split('team'), rules=[rule([PRO], serves=split('account'))], rollout=rollout(50_000, by='device')),
        'instance': flag(instances={'acme': configuration('a', rollout=rollout(100_000, by='account'))}),
    }, {'pro': {'include': [], 'exclude': [], 'when': [[PRO]]}}))
    ada = {'targetingKey': 'ada'}
    asker.served('a rollout without its unit is passed over', 'rollout', ada, 'base DEFAULT', MISSING_KEY)
    asker.served('a rollout with its unit is not', 'rollout', {'account': 'acme'}, 'rolled SPLIT', arm='treatment', **PLAN)
    asker.served('a rollout to nobody without its unit is passed over as well', 'nobody', ada, 'base DEFAULT', MISSING_KEY)
    asker.served('a fallthrough split behind a rollout without its unit', 'fallthrough-split', {'targetingKey': at(50_000, 'split')}, 'b SPLIT', MISSING_KEY)
    asker.served('a rollout whose split misses its unit notes no treatment', 'rollout-split', key(49_999), 'base DEFAULT', MISSING_KEY)
    asker.served('a rollout whose split misses its unit notes no control either', 'rollout-split', key(50_000), 'base DEFAULT', MISSING_KEY)
    asker.served('a rollout to nobody whose split misses its unit notes no arm', 'rollout-split-nobody', ada, 'base DEFAULT', MISSING_KEY)
    asker.served('a rollout to everybody whose split misses its unit notes no arm', 'rollout-split-everybody', ada, 'base DEFAULT', MISSING_KEY)
    asker.served('a rollout whose split has its unit notes a control', 'rollout-split', key(50_000, account='acme'), 'base DEFAULT', arm='control', **PLAN)
    asker.served('a fallthrough split without its unit keeps the control', 'behind-control', key(50_000), 'off DEFAULT', MISSING_KEY, arm='control', **PLAN)
    asker.served('a treated unit does not miss the unit of the fallthrough', 'behind-control', key(49_999), 'rolled SPLIT', arm='treatment', **PLAN)
    asker.served('a treatment behind a rule that is passed over has the detail', 'rule-then-rollout', key(49_999, plan='pro'), 'rolled SPLIT', MISSING_KEY, arm='treatment', **PLAN)
    asker.served('a control behind a rule that is passed over has the detail', 'rule-then-rollout', key(50_000, plan='pro'), 'base DEFAULT', MISSING_KEY, arm='control', **PLAN)
    asker.served('a segment behind a rule that is passed over has the detail', 'rule-then-segment', {'plan': 'pro'}, 'rolled TARGETING_MATCH', MISSING_KEY, **PLAN)
    asker.served('a rule, a rollout and a fallthrough without units', 'everything', {**ada, 'plan': 'pro'}, 'off DEFAULT', MISSING_KEY)
    asker.served('an instance without the unit of its rollout', 'instance', {**ada, 'instance': 'acme'}, 'a DEFAULT', MISSING_KEY)
