"""Steps 1 to 3, 5 and 7: types, configurations, kills, rules and the fallthrough."""

from json import dumps

from units import unit_at

from .document import ruleset
from .flags import MISSING_KEY, Asker, clause, configuration, flag, rule, split

PRO = clause('plan', 'in', 'pro')
GERMAN = clause('country', 'in', 'DE')
ADULT = clause('age', 'gte', 18)


def add_all(cases):
    for add_some in (add_types, add_keys, add_instances, add_stops, add_rules, add_groups, add_rule_splits, add_last):
        add_some(cases)


def typed(kind, values, served, **members):
    return {'type': kind, 'variants': values, 'on': True, 'off': next(iter(values)), 'fallthrough': {'variant': served}, **members}


def nested(levels):
    value = 'deep'
    for level in range(levels):
        value = [value] if level % 2 else {'in': value}
    return value


def add_types(cases):
    structured = {'off': {}, 'object': {'theme': 'dark', 'sizes': [1, 2.5, None, True]}, 'deep': nested(200)}
    asker = Asker(cases, 'types', ruleset({
        'boolean': typed('boolean', {'off': False, 'on': True}, 'on'),
        'string': typed('string', {'off': '', 'text': 'grüße 😀'}, 'text'),
        'number': typed('number', {'off': 0, 'pi': 3.25}, 'pi'),
        'json': typed('json', structured, 'object'),
        'json-deep': typed('json', structured, 'deep'),
        'json-array': typed('json', {'off': [], 'list': [1, 'two', {'three': 3}]}, 'list'),
        'json-null': typed('json', {'off': {}, 'nothing': None}, 'nothing'),
        'json-boolean': typed('json', {'off': {}, 'yes': True}, 'yes'),
        'json-text': typed('json', {'off': {}, 'text': 'text'}, 'text'),
        'json-number': typed('json', {'off': {}, 'seven': 7}, 'seven'),
        'number-negative': typed('number', {'off': 0, 'low': -1.5e-7}, 'low'),
        'number-great': typed('number', {'off': 0, 'great': 9007199254740991}, 'great'),
        'string-empty': typed('string', {'off': 'off', 'empty': ''}, 'empty'),
        'boolean-false': typed('boolean', {'off': True, 'no': False}, 'no'),
        'killed': typed('boolean', {'off': False, 'on': True}, 'on', killed=True),
    }))
    served = {'boolean': 'on', 'string': 'text', 'number': 'pi', 'json': 'object'}
    defaults = {'boolean': False, 'string': 'default', 'number': -1, 'json': {'default': True}}
    for kind, variant in served.items():
        asker.served(f'a {kind} flag is static when nothing in it asks', kind, {}, f'{variant} STATIC', default=defaults[kind])
        for other, default in defaults.items():
            if other != kind:
                asker.failed(f'a {kind} flag is not asked for as {other}', kind, 'TYPE_MISMATCH', default)
    for default in ([], None, [1], {}):
        asker.served(f'a default of {dumps(default)} asks for json', 'json', {}, 'object STATIC', default=default)
        asker.failed(f'a default of {dumps(default)} does not ask for a text', 'string', 'TYPE_MISMATCH', default)
    for key, variant, default in (
        ('json-deep', 'deep', None), ('json-array', 'list', None), ('json-null', 'nothing', {}), ('json-boolean', 'yes', None),
        ('json-text', 'text', None), ('json-number', 'seven', None), ('number-negative', 'low', 0), ('number-great', 'great', 0),
        ('string-empty', 'empty', 'x'), ('boolean-false', 'no', True),
    ):
        asker.served(f'the value of {key} is served as it is', key, {}, f'{variant} STATIC', default=default)
    asker.failed('the type decides, not the value: a json flag that serves a boolean', 'json-boolean', 'TYPE_MISMATCH', False)
    asker.failed('the type decides, not the value: a json flag that serves a text', 'json-text', 'TYPE_MISMATCH', 'x')
    asker.failed('the type is compared before a kill', 'killed', 'TYPE_MISMATCH', 'x')
    asker.failed('a mismatch returns the default, whatever it is', 'boolean', 'TYPE_MISMATCH', '')


def add_keys(cases):
    inherited = {name: name.upper() for name in ('off', '__proto__', 'constructor')}
    asker = Asker(cases, 'keys', ruleset({
        '__proto__': flag(),
        'constructor': flag('a'),
        '': flag('b'),
        'with.dots and spaces 😀': flag('rule'),
        'variants': {'type': 'string', 'variants': inherited, 'on': True, 'off': 'constructor', 'fallthrough': {'variant': '__proto__'}},
        'variants-off': {'type': 'string', 'variants': inherited, 'on': False, 'off': 'constructor', 'fallthrough': {'variant': '__proto__'}},
    }))
    asker.served('a flag may be named __proto__', '__proto__', {}, 'base STATIC')
    asker.served('a flag may be named constructor', 'constructor', {}, 'a STATIC')
    asker.served('a flag may have an empty key', '', {}, 'b STATIC')
    asker.served('a flag may have any text as key', 'with.dots and spaces 😀', {}, 'rule STATIC')
    asker.served('a variant may be named __proto__', 'variants', {}, '__proto__ STATIC')
    asker.served('a variant may be named constructor', 'variants-off', {}, 'constructor DISABLED', 'off')
    for key in ('toString', 'hasOwnProperty', 'valueOf', 'missing', 'Constructor', 'with', ' '):
        asker.failed(f'the flag "{key}" is not found', key, 'FLAG_NOT_FOUND')

    asker = Asker(cases, 'empty', ruleset({}))
    for key in ('__proto__', 'constructor', '', 'flag'):
        asker.failed(f'the flag "{key}" is not found in an empty ruleset', key, 'FLAG_NOT_FOUND')
    for default in (True, False, 'text', '', 0, 7.5, None, [], {'a': [1]}):
        asker.failed(f'a flag that is not found returns the default {dumps(default)}', 'flag', 'FLAG_NOT_FOUND', default)


def add_instances(cases):
    differing = {
        'acme': configuration('a'),
        'globex': configuration('b', killed=True),
        'initech': configuration('b', on=False, off='other'),
        'ruled': configuration('b', rules=[rule([PRO])]),
        '': configuration('other'),
        '7': configuration('other'),
        '__proto__': configuration('rolled'),
    }
    asker = Asker(cases, 'instances', ruleset({
        'flag': flag(instances=differing),
        'ruled': flag(rules=[rule([PRO])], instances={'acme': configuration('a')}),
        'killed': flag(killed=True, instances={'acme': configuration('a')}),
        'off': flag(on=False, instances={'acme': configuration('a')}),
        'plain': flag(),
        'nobody': flag(instances={}),
        'split': flag(instances={'acme': configuration(split(ranges=[(0, 100_000, 'b')]))}),
    }))

    def instance(name):
        return {'targetingKey': 'ada', 'instance': name}

    asker.served("an instance has its own configuration", 'flag', instance('acme'), 'a DEFAULT')
    asker.served("without an instance, the flag's own configuration is asked", 'flag', {}, 'base DEFAULT')
    asker.served("an instance without a configuration gets the flag's own", 'flag', instance('hooli'), 'base DEFAULT')
    asker.served("an instance that is killed is killed for itself", 'flag', instance('globex'), 'off DISABLED', 'killed')
    asker.served("an instance that is off is off for itself, with its own off variant", 'flag', instance('initech'), 'other DISABLED', 'off')
    asker.served("an instance has its own rules", 'flag', {'instance': 'ruled', 'plan': 'pro'}, 'rule TARGETING_MATCH', ruleId='rule-1')
    asker.served("an instance's rules need not hold", 'flag', {'instance': 'ruled', 'plan': 'free'}, 'b DEFAULT')
    asker.served("an instance's rules are nobody else's", 'flag', {'instance': 'acme', 'plan': 'pro'}, 'a DEFAULT')
    asker.served('the empty instance is a name', 'flag', instance(''), 'other DEFAULT')
    asker.served('an instance may be named __proto__', 'flag', instance('__proto__'), 'rolled DEFAULT')
    asker.served('an instance named constructor is a plain miss', 'flag', instance('constructor'), 'base DEFAULT')
    asker.served('instances are compared exactly', 'flag', instance('Acme'), 'base DEFAULT')
    for wrong in (7, None, True, ['acme'], {'acme': True}):
        asker.served(f"an instance of {dumps(wrong)} is not text, so the flag's own configuration is used", 'flag', instance(wrong), 'base DEFAULT')
    asker.served("an instance does not inherit the flag's rules", 'ruled', {'instance': 'acme', 'plan': 'pro'}, 'a DEFAULT')
    asker.served("the flag's rules are asked for other instances", 'ruled', {'instance': 'hooli', 'plan': 'pro'}, 'rule TARGETING_MATCH', ruleId='rule-1')
    asker.served("an instance does not inherit the flag's kill", 'killed', instance('acme'), 'a DEFAULT')
    asker.served("the flag's kill is for other instances", 'killed', instance('hooli'), 'off DISABLED', 'killed')
    asker.served("an instance does not inherit that the flag is off", 'off', instance('acme'), 'a DEFAULT')
    asker.served('a flag without instances does not look at the instance', 'plain', instance('acme'), 'base STATIC')
    asker.served('a flag with an empty list of instances has none', 'nobody', instance('acme'), 'base STATIC')
    asker.served('an instance may have a split', 'split', instance('acme'), 'b SPLIT')
    asker.served('a split of an instance is not for others', 'split', instance('hooli'), 'base DEFAULT')


def add_stops(cases):
    everything = {'rules': [rule([PRO])], 'rollout': {'by': 'targetingKey', 'salt': 's', 'share': 100_000, 'serve': {'variant': 'rolled'}}}
    asker = Asker(cases, 'stops', ruleset({
        'killed': flag(killed=True),
        'not-killed': flag(killed=False),
        'off': flag(on=False),
        'killed-and-off': flag(killed=True, on=False),
        'not-killed-and-off': flag(killed=False, on=False),
        'killed-with-everything': flag(killed=True, **everything),
        'off-with-everything': flag(on=False, **everything),
        'off-variant': flag(on=False, off='b'),
        'killed-split': flag(split('missing'), killed=True),
        'off-split': flag(split('missing'), on=False),
        'boolean': {'type': 'boolean', 'variants': {'yes': True, 'no': False}, 'on': False, 'off': 'yes', 'fallthrough': {'variant': 'no'}},
        'json': {'type': 'json', 'variants': {'none': None, 'some': {}}, 'on': True, 'killed': True, 'off': 'none', 'fallthrough': {'variant': 'some'}},
        'number': {'type': 'number', 'variants': {'zero': 0, 'one': 1}, 'on': False, 'off': 'zero', 'fallthrough': {'variant': 'one'}},
    }))
    pro = {'targetingKey': 'ada', 'plan': 'pro'}
    asker.served('a killed flag serves the off variant', 'killed', {}, 'off DISABLED', 'killed')
    asker.served('a flag whose kill is over serves again', 'not-killed', {}, 'base STATIC')
    asker.served('a flag that is off serves the off variant', 'off', {}, 'off DISABLED', 'off')
    asker.served('a kill is the reason before off', 'killed-and-off', {}, 'off DISABLED', 'killed')
    asker.served('a flag whose kill is over may be off', 'not-killed-and-off', {}, 'off DISABLED', 'off')
    asker.served('a killed flag asks no rule and no rollout', 'killed-with-everything', pro, 'off DISABLED', 'killed')
    asker.served('a flag that is off asks no rule and no rollout', 'off-with-everything', pro, 'off DISABLED', 'off')
    asker.served('the off variant may be any variant', 'off-variant', {}, 'b DISABLED', 'off')
    asker.served('a killed flag does not miss a unit', 'killed-split', {}, 'off DISABLED', 'killed')
    asker.served('a flag that is off does not miss a unit', 'off-split', {}, 'off DISABLED', 'off')
    asker.served('the off variant of a boolean flag may be true', 'boolean', {}, 'yes DISABLED', 'off', default=False)
    asker.served('the off variant of a json flag may be null', 'json', {}, 'none DISABLED', 'killed', default={})
    asker.served('the off variant of a number flag may be 0', 'number', {}, 'zero DISABLED', 'off', default=9)


def add_rules(cases):
    asker = Asker(cases, 'rules', ruleset({
        'one': flag(rules=[rule([PRO])]),
        'two': flag(rules=[rule([PRO]), rule([GERMAN], id='rule-2', serves='other')]),
        'same-variant': flag(rules=[rule([PRO], serves='base'), rule([GERMAN], id='rule-2', serves='base')]),
        'off-variant': flag(rules=[rule([PRO], serves='off')]),
        'same-id': flag(rules=[rule([PRO]), rule([GERMAN], serves='other')]),
        'empty-id': flag(rules=[rule([PRO], id='')]),
        'prototype-id': flag(rules=[rule([PRO], id='__proto__')]),
        'many': flag(rules=[rule([clause('level', 'in', i)], id=f'level-{i}', serves='ab'[i % 2]) for i in range(100)]),
        'clock': flag(rules=[rule([clause('$now', 'after', '1970-01-01')])]),
    }))
    pro, german = {'plan': 'pro'}, {'country': 'DE'}
    asker.served('a rule that holds serves its variant', 'one', pro, 'rule TARGETING_MATCH', ruleId='rule-1')
    asker.served('a rule that does not hold is passed over', 'one', {'plan': 'free'}, 'base DEFAULT')
    asker.served('a rule needs no targeting key', 'one', {'plan': 'pro', 'targetingKey': None}, 'rule TARGETING_MATCH', ruleId='rule-1')
    asker.served('the first rule that holds serves', 'two', {**pro, **german}, 'rule TARGETING_MATCH', ruleId='rule-1')
    asker.served('a later rule serves where no earlier one holds', 'two', german, 'other TARGETING_MATCH', ruleId='rule-2')
    asker.served('where no rule holds, the fallthrough serves by default', 'two', {}, 'base DEFAULT')
    asker.served('a rule may serve what the fallthrough serves', 'same-variant', pro, 'base TARGETING_MATCH', ruleId='rule-1')
    asker.served('the rule that serves is in the metadata, not another with its variant', 'same-variant', german, 'base TARGETING_MATCH', ruleId='rule-2')
    asker.served('a rule may serve the off variant, and is not disabled', 'off-variant', pro, 'off TARGETING_MATCH', ruleId='rule-1')
    asker.served('rules may have the same id', 'same-id', german, 'other TARGETING_MATCH', ruleId='rule-1')
    asker.served('an empty rule id is in the metadata', 'empty-id', pro, 'rule TARGETING_MATCH', ruleId='')
    asker.served('a rule id may be any text', 'prototype-id', pro, 'rule TARGETING_MATCH', ruleId='__proto__')
    asker.served('the last of a hundred rules', 'many', {'level': 99}, 'b TARGETING_MATCH', ruleId='level-99')
    asker.served('none of a hundred rules', 'many', {'level': 100}, 'base DEFAULT')
    asker.served('without a time the clock of a case stands at 0', 'clock', {}, 'base DEFAULT')


def add_groups(cases):
    broken, unknown = {'attribute': 'plan'}, clause('plan', 'regex', '.*')
    segments = {'germans': {'include': [], 'exclude': [], 'when': [[GERMAN]]}}
    asker = Asker(cases, 'groups', ruleset({
        'or': flag(rules=[rule([PRO], [GERMAN], [ADULT])]),
        'and': flag(rules=[rule([PRO, GERMAN])]),
        'and-three': flag(rules=[rule([PRO, GERMAN, ADULT])]),
        'and-four': flag(rules=[rule([PRO, GERMAN, ADULT, clause('beta', 'in', True)])]),
        'or-of-and': flag(rules=[rule([PRO, GERMAN], [ADULT])]),
        'empty-when': flag(rules=[rule()]),
        'empty-group': flag(rules=[rule([])]),
        'empty-groups': flag(rules=[rule([], [])]),
        'empty-group-beside': flag(rules=[rule([], [PRO])]),
        'empty-group-behind': flag(rules=[rule([PRO], [])]),
        'empty-when-before': flag(rules=[rule(), rule([PRO], id='rule-2', serves='other')]),
        'not': flag(rules=[rule([clause('plan', 'in', 'pro', negate=True)])]),
        'not-and': flag(rules=[rule([clause('plan', 'in', 'pro', negate=True), GERMAN])]),
        'contradiction': flag(rules=[rule([PRO, clause('plan', 'in', 'pro', negate=True)])]),
        'same-attribute': flag(rules=[rule([clause('age', 'gte', 18), clause('age', 'lt', 65)])]),
        'broken-in-group': flag(rules=[rule([PRO, broken])]),
        'broken-beside': flag(rules=[rule([broken], [PRO])]),
        'unknown-in-group': flag(rules=[rule([unknown, PRO])]),
        'unknown-beside': flag(rules=[rule([unknown], [PRO])]),
        'segment': flag(rules=[rule([clause('targetingKey', 'segment', 'germans'), PRO])]),
        'segment-not': flag(rules=[rule([clause('targetingKey', 'segment', 'germans', negate=True)])]),
    }, segments))

    def holds(name, key, context):
        asker.served(name, key, context, 'rule TARGETING_MATCH', ruleId='rule-1')

    def not_held(name, key, context):
        asker.served(name, key, context, 'base DEFAULT')

    pro, german, adult = {'plan': 'pro'}, {'country': 'DE'}, {'age': 18}
    holds('the first group is enough', 'or', pro)
    holds('a group in the middle is enough', 'or', german)
    holds('the last group is enough', 'or', adult)
    not_held('no group is not enough', 'or', {'plan': 'free', 'country': 'FR', 'age': 17})
    holds('two clauses of a group hold', 'and', {**pro, **german})
    not_held('the first clause of two is not enough', 'and', pro)
    not_held('the second clause of two is not enough', 'and', german)
    holds('three clauses of a group hold', 'and-three', {**pro, **german, **adult})
    for missing in ('plan', 'country', 'age'):
        context = {k: v for k, v in {**pro, **german, **adult}.items() if k != missing}
        not_held(f'three clauses without the one on {missing} are not enough', 'and-three', context)
    holds('four clauses of a group hold', 'and-four', {**pro, **german, **adult, 'beta': True})
    for missing in ('plan', 'country', 'age', 'beta'):
        context = {k: v for k, v in {**pro, **german, **adult, 'beta': True}.items() if k != missing}
        not_held(f'four clauses without the one on {missing} are not enough', 'and-four', context)
    holds('one whole group of several holds', 'or-of-and', adult)
    not_held('half a group and no other do not hold', 'or-of-and', pro)
    not_held('an empty when holds for nobody', 'empty-when', {'targetingKey': 'ada', **pro})
    not_held('an empty group holds for nobody', 'empty-group', pro)
    not_held('two empty groups hold for nobody', 'empty-groups', pro)
    holds('an empty group before another does not disturb it', 'empty-group-beside', pro)
    not_held('an empty group before another does not hold for it', 'empty-group-beside', {})
    holds('an empty group behind another does not disturb it', 'empty-group-behind', pro)
    not_held('an empty group behind another does not hold for it', 'empty-group-behind', {})
    asker.served('a rule behind one with an empty when is asked', 'empty-when-before', pro, 'other TARGETING_MATCH', ruleId='rule-2')
    holds('a negated clause holds for another value', 'not', {'plan': 'free'})
    holds('a negated clause holds for a missing attribute', 'not', {})
    not_held('a negated clause does not hold for its value', 'not', pro)
    holds('a negated clause holds beside another', 'not-and', german)
    not_held('a negated clause alone is not its group', 'not-and', {})
    not_held('a clause and its negation hold for nobody', 'contradiction', pro)
    not_held('a clause and its negation hold for nobody without the attribute', 'contradiction', {})
    holds('two clauses on one attribute make a range', 'same-attribute', {'age': 64})
    not_held('two clauses on one attribute exclude higher values', 'same-attribute', {'age': 65})
    not_held('a broken clause keeps its group from holding', 'broken-in-group', pro)
    holds('a broken clause does not disturb another group', 'broken-beside', pro)
    not_held('an unknown operator keeps its group from holding', 'unknown-in-group', pro)
    holds('an unknown operator does not disturb another group', 'unknown-beside', pro)
    holds('a segment and a clause hold', 'segment', {**pro, **german})
    not_held('a segment without the clause beside it is not enough', 'segment', german)
    holds('a negated segment holds for a context that is not in it', 'segment-not', pro)
    not_held('a negated segment does not hold for a context that is in it', 'segment-not', german)


def add_rule_splits(cases):
    a, b = ({'targetingKey': unit_at('split', bucket), 'plan': 'pro'} for bucket in (49_999, 50_000))
    gap = split(ranges=[(10, 20, 'a')])
    asker = Asker(cases, 'rule-splits', ruleset({
        'split': flag(rules=[rule([PRO], serves=split())]),
        'by-account': flag(rules=[rule([PRO], serves=split('account'))]),
        'by-path': flag(rules=[rule([PRO], serves=split('account.id'))]),
        'gap': flag(rules=[rule([PRO], serves=gap)]),
        'then-rule': flag(rules=[rule([PRO], serves=split('account')), rule([PRO], id='rule-2', serves='other')]),
        'then-split': flag(rules=[rule([PRO], serves=split('account')), rule([PRO], id='rule-2', serves=split())]),
        'then-two': flag(rules=[rule([PRO], serves=split('account')), rule([PRO], id='rule-2', serves=split('team'))]),
        'then-gap': flag(rules=[rule([PRO], serves=split('account')), rule([PRO], id='rule-2', serves=gap)]),
        'then-fallthrough-split': flag(split(), rules=[rule([PRO], serves=split('account'))]),
        'nothing-left': flag(split('team'), rules=[rule([PRO], serves=split('account'))]),
        'everybody': flag(rules=[rule([PRO], serves=split(ranges=[(0, 100_000, 'a')]))]),
    }))
    asker.served('a rule splits: below the bound', 'split', a, 'a SPLIT', ruleId='rule-1')
    asker.served('a rule splits: at the bound', 'split', b, 'b SPLIT', ruleId='rule-1')
    asker.served('a split of one range is still a split', 'everybody', b, 'a SPLIT', ruleId='rule-1')
    asker.served('a split is for those alone for whom its rule holds', 'split', {**a, 'plan': 'free'}, 'base DEFAULT')
    asker.served('a split may bucket by another attribute', 'by-account', {**b, 'account': a['targetingKey']}, 'a SPLIT', ruleId='rule-1')
    asker.served('a split may bucket by a path', 'by-path', {**b, 'account': {'id': a['targetingKey']}}, 'a SPLIT', ruleId='rule-1')
    asker.served('a bucket in no range gets the off variant by default', 'gap', b, 'off DEFAULT', ruleId='rule-1')
    asker.served('a bucket in a range between gaps', 'gap', {**b, 'targetingKey': unit_at('split', 19)}, 'a SPLIT', ruleId='rule-1')
    asker.served('a rule whose split misses its unit is passed over', 'by-account', a, 'base DEFAULT', MISSING_KEY)
    asker.served('a rule that does not hold misses no unit', 'by-account', {'plan': 'free'}, 'base DEFAULT')
    for wrong in (None, {}, [], ['acme'], {'id': 7}):
        asker.served(f'a unit of {dumps(wrong)} is missing', 'by-account', {**a, 'account': wrong}, 'base DEFAULT', MISSING_KEY)
    asker.served('without a targeting key the default split misses its unit', 'split', {'plan': 'pro'}, 'base DEFAULT', MISSING_KEY)
    asker.served('the rule behind one that is passed over serves, with the detail', 'then-rule', a, 'other TARGETING_MATCH', MISSING_KEY, ruleId='rule-2')
    asker.served('the split behind a rule that is passed over serves, with the detail', 'then-split', b, 'b SPLIT', MISSING_KEY, ruleId='rule-2')
    asker.served('two rules may be passed over', 'then-two', a, 'base DEFAULT', MISSING_KEY)
    asker.served('a gap behind a rule that is passed over has the detail', 'then-gap', b, 'off DEFAULT', MISSING_KEY, ruleId='rule-2')
    asker.served('the fallthrough split behind a rule that is passed over has the detail', 'then-fallthrough-split', b, 'b SPLIT', MISSING_KEY)
    asker.served('where every unit is missing, the off variant is served by default', 'nothing-left', a, 'off DEFAULT', MISSING_KEY)


def add_last(cases):
    a, b = ({'targetingKey': unit_at('split', bucket)} for bucket in (49_999, 50_000))
    asker = Asker(cases, 'fallthrough', ruleset({
        'plain': flag(),
        'empty-rules': flag(rules=[]),
        'no-prerequisites': flag(prerequisites=[]),
        'rules': flag(rules=[rule()]),
        'rollout': flag(rollout={'by': 'targetingKey', 'salt': 's', 'share': 0, 'serve': {'variant': 'rolled'}}),
        'instances': flag(instances={'acme': configuration('a')}),
        'required': flag(prerequisites=[{'flag': 'plain', 'variants': ['base']}]),
        'split': flag(split()),
        'by-account': flag(split('account')),
        'gap': flag(split(ranges=[(10, 20, 'a')])),
        'off-variant': flag('off'),
    }))
    context = {'targetingKey': 'ada', 'instance': 'hooli'}
    asker.served('a flag without anything else is static', 'plain', context, 'base STATIC')
    asker.served('an empty list of rules has no effect', 'empty-rules', context, 'base STATIC')
    asker.served('an empty list of prerequisites has no effect', 'no-prerequisites', context, 'base STATIC')
    asker.served('a rule that can never hold makes a default', 'rules', context, 'base DEFAULT')
    asker.served('a rollout to nobody makes a default', 'rollout', context, 'base DEFAULT', arm='control')
    asker.served('instances make a default', 'instances', context, 'base DEFAULT')
    asker.served('a prerequisite that is met makes a default', 'required', context, 'base DEFAULT')
    asker.served('the fallthrough may serve the off variant, and is not disabled', 'off-variant', context, 'off STATIC')
    asker.served('the fallthrough splits: below the bound', 'split', a, 'a SPLIT')
    asker.served('the fallthrough splits: at the bound', 'split', b, 'b SPLIT')
    asker.served('a fallthrough split without its unit serves the off variant by default', 'by-account', a, 'off DEFAULT', MISSING_KEY)
    asker.served('a fallthrough split without a targeting key serves the off variant', 'split', {}, 'off DEFAULT', MISSING_KEY)
    asker.served('a fallthrough split with an empty unit has a unit', 'split', {'targetingKey': ''}, 'a SPLIT')
    asker.served('a bucket in no range of the fallthrough gets the off variant by default', 'gap', b, 'off DEFAULT')
