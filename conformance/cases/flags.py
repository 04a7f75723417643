"""Helpers that build flags and add evaluation cases."""

NAMES = ('off', 'base', 'rule', 'other', 'rolled', 'a', 'b')
VARIANTS = {name: name.upper() for name in NAMES}
MISSING_KEY = 'bucket-key-missing'


def flag(fallthrough='base', **members):
    """Builds a text flag whose values are its variants in capitals."""
    return {'type': 'string', 'variants': VARIANTS, **configuration(fallthrough, **members)}


def configuration(fallthrough='base', **members):
    return {'on': True, 'off': 'off', **members, 'fallthrough': serve(fallthrough)}


def serve(what):
    return {'variant': what} if isinstance(what, str) else what


def split(by='targetingKey', salt='split', ranges=((0, 50_000, 'a'), (50_000, 100_000, 'b'))):
    return {'split': {'by': by, 'salt': salt, 'ranges': [list(owned) for owned in ranges]}}


def clause(attribute, op, *values, **options):
    return {'attribute': attribute, 'op': op, 'values': list(values), **options}


def rule(*groups, id='rule-1', serves='rule'):
    return {'id': id, 'when': [list(group) for group in groups], 'serve': serve(serves)}


def rollout(share, serves='rolled', by='targetingKey', salt='rollout', **members):
    return {'by': by, 'salt': salt, 'share': share, 'serve': serve(serves), **members}


class Asker:
    """Adds cases that evaluate the flags of one ruleset."""

    def __init__(self, cases, name, ruleset):
        assert name not in cases.shared['rulesets'], name
        cases.shared['rulesets'][name] = ruleset
        self.cases = cases
        self.name = name

    def served(self, name, flag, context, expected, detail=None, default='default', **metadata):
        """`expected` is variant and reason, as in 'base STATIC'."""
        variant, reason = expected.split()
        known = self.cases.shared['rulesets'][self.name]['flags'][flag]['variants']
        if detail:
            metadata['reasonDetail'] = detail
        answer = {'value': known[variant], 'variant': variant, 'reason': reason, 'flagMetadata': metadata}
        self.ask(name, flag, context, default, answer)

    def failed(self, name, flag, code, default='default', context=None):
        answer = {'value': default, 'reason': 'ERROR', 'errorCode': code, 'flagMetadata': {}}
        self.ask(name, flag, context or {}, default, answer)

    def ask(self, name, flag, context, default, answer):
        self.cases.add(name, ruleset=self.name, flag=flag, context=context, default=default, expected=answer)
