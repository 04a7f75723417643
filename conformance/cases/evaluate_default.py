"""§2 and §3: variant keys that are empty serve the caller's default."""

from json import dumps

from units import unit_at

from .document import ruleset
from .flags import MISSING_KEY, VARIANTS, Asker, clause, configuration, flag, rollout, rule, split

PRO = clause('plan', 'in', 'pro')
ADA = {'targetingKey': 'ada'}
DEFAULTS = {
    'boolean': (True, False),
    'string': ('default', ''),
    'number': (-1, 0),
    'json': ({'default': True}, [], None),
}
VALUES = {'boolean': True, 'string': 'text', 'number': 7, 'json': {}}


class DefaultAsker(Asker):
    def defaulted(self, name, flag, context, reason, detail=None, default='default', **metadata):
        if detail:
            metadata['reasonDetail'] = detail
        answer = {'value': default, 'reason': reason, 'flagMetadata': metadata}
        self.ask(f"the caller's default: {name}", flag, context, default, answer)


def add_all(cases):
    add_types(cases)
    add_off(cases)
    add_serves(cases)
    add_prerequisites(cases)


def without_off(fallthrough='base', **members):
    return {**flag(fallthrough, **members), 'off': ''}


def add_types(cases):
    asker = DefaultAsker(cases, 'default-types', ruleset({
        kind: {'type': kind, 'variants': {'some': VALUES[kind]}, 'on': False, 'off': '', 'fallthrough': {'variant': 'some'}}
        for kind in DEFAULTS
    }))
    for kind, defaults in DEFAULTS.items():
        for default in defaults:
            asker.defaulted(f'{dumps(default)} of a {kind} flag that is off', kind, ADA, 'DISABLED', 'off', default)
    asker.failed("the caller's default: the type is compared all the same", 'string', 'TYPE_MISMATCH', False)


def add_off(cases):
    asker = DefaultAsker(cases, 'default-off', ruleset({
        'off': without_off(on=False),
        'killed': without_off(killed=True),
        'on': without_off(),
        'in-acme': flag(instances={'acme': {**configuration(on=False), 'off': ''}}),
        'gaps': without_off(split(ranges=[(10, 20, 'a')])),
        'no-variants': {'type': 'string', 'variants': {}, 'on': True, 'off': '', 'fallthrough': {'variant': ''}},
        'empty-key': {**without_off(on=False), 'variants': {**VARIANTS, '': 'never'}},
    }))
    asker.defaulted('a flag that is off', 'off', ADA, 'DISABLED', 'off')
    asker.defaulted('a flag that is killed', 'killed', ADA, 'DISABLED', 'killed')
    asker.served("the caller's default: a flag that is on serves its fallthrough", 'on', ADA, 'base STATIC')
    asker.defaulted('a flag that is off for an instance', 'in-acme', {'instance': 'acme'}, 'DISABLED', 'off')
    asker.served("the caller's default: another instance has a variant", 'in-acme', {'instance': 'globex'}, 'base DEFAULT')
    asker.defaulted('a bucket in no range', 'gaps', {'targetingKey': unit_at('split', 20)}, 'DEFAULT')
    asker.defaulted('a split as the fallthrough, without its unit', 'gaps', {}, 'DEFAULT', MISSING_KEY)
    asker.defaulted('a flag without any variant', 'no-variants', ADA, 'STATIC')
    asker.defaulted('an empty key names no variant, even if there is one', 'empty-key', ADA, 'DISABLED', 'off')


def add_serves(cases):
    plan = {'planRun': 'run-7', 'step': 2}
    asker = DefaultAsker(cases, 'default-serves', ruleset({
        'fallthrough': without_off('', rules=[rule([PRO])]),
        'rollout': without_off('', rollout=rollout(25_000, **plan)),
        'rule': flag(rules=[rule([PRO], serves='')]),
        'treated': flag(rollout=rollout(100_000, '')),
        'range': flag(split(ranges=[(0, 50_000, ''), (50_000, 100_000, 'a')])),
    }))
    treated, control = ({'targetingKey': unit_at('rollout', bucket)} for bucket in (24_999, 25_000))
    asker.served("the caller's default: a rule that matches has a variant", 'fallthrough', {'plan': 'pro'}, 'rule TARGETING_MATCH', ruleId='rule-1')
    asker.defaulted('a context that no rule matches', 'fallthrough', ADA, 'DEFAULT')
    asker.served("the caller's default: a treated unit has a variant", 'rollout', treated, 'rolled SPLIT', arm='treatment', **plan)
    asker.defaulted('a control unit keeps its arm', 'rollout', control, 'DEFAULT', arm='control', **plan)
    asker.defaulted('a rollout without its unit', 'rollout', {}, 'DEFAULT', MISSING_KEY)
    asker.defaulted('a rule can serve it', 'rule', {'plan': 'pro'}, 'TARGETING_MATCH', ruleId='rule-1')
    asker.defaulted('a rollout can serve it', 'treated', ADA, 'SPLIT', arm='treatment')
    asker.defaulted('a range can serve it', 'range', {'targetingKey': unit_at('split', 49_999)}, 'SPLIT')
    asker.served("the caller's default: the next range has a variant", 'range', {'targetingKey': unit_at('split', 50_000)}, 'a SPLIT')


def add_prerequisites(cases):
    asker = DefaultAsker(cases, 'default-prerequisites', ruleset({
        'off': without_off(on=False),
        'needs-base': {**without_off(), 'prerequisites': [{'flag': 'off', 'variants': ['base']}]},
        'needs-empty': {**flag(), 'prerequisites': [{'flag': 'off', 'variants': ['']}]},
    }))
    asker.defaulted('a prerequisite is not met, and there is no off variant', 'needs-base', ADA, 'DISABLED', 'prerequisite')
    asker.served("the caller's default: no prerequisite is met by it", 'needs-empty', ADA, 'off DISABLED', 'prerequisite')
