"""A second implementation of docs/spec.md, written from that text alone.

It checks the expectations of the conformance cases, so it is plain rather than fast. It shares no
code with the TypeScript packages: to go unnoticed, a mistake must be made twice, in two languages.
Each function implements the section of the specification that its heading names.
"""

import math

from reference_operators import IGNORING_CASE, OPERATORS
from reference_values import (
    bucket_of,
    hash_identifier,
    in_range,
    is_bucket,
    is_number,
    is_text,
    unit_text,
)

MAX_DEPTH = 32
# The variant key that names no variant.
CALLERS_DEFAULT = ''
MISSING = object()


# §4 Clauses


class Subject:
    """A context in one ruleset: its own attributes, those of the scope, and the clock."""

    def __init__(self, ruleset, context, now):
        self.segments = ruleset['segments']
        self.instance = ruleset['scope'].partition('/')[2] or None
        self.context = {**context, '$now': now}
        if self.instance is not None:
            self.context['instance'] = self.instance

    def attribute(self, name):
        value = self.context.get(name, MISSING)
        if value is MISSING and '.' in name:
            value = self.context
            for step in name.split('.'):
                value = value.get(step, MISSING) if isinstance(value, dict) else MISSING
        return MISSING if value is None else value

    def unit(self, name):
        return unit_text(self.attribute(name))


def is_clause(clause):
    return (
        isinstance(clause, dict)
        and is_text(clause.get('attribute'), clause.get('op'), clause.get('salt', ''))
        and isinstance(clause.get('values'), list)
        and all(isinstance(clause.get(option, False), bool) for option in ('negate', 'ignoreCase'))
    )


def clause_holds(clause, subject, inside_segment):
    if not is_clause(clause):
        return False

    op, values = clause['op'], clause['values']
    if op == 'segment' and not inside_segment:
        holds = any(in_segment(key, subject) for key in values)
    elif op == 'exists':
        holds = subject.attribute(clause['attribute']) is not MISSING
    elif op in OPERATORS:
        value = subject.attribute(clause['attribute'])
        elements = value if isinstance(value, list) else [value]
        holds = any(value_holds(clause, element, wanted) for element in elements for wanted in values)
    else:
        return False
    return holds != clause.get('negate', False)


def value_holds(clause, value, wanted):
    op = clause['op']
    lower = clause.get('ignoreCase', False) and op in IGNORING_CASE
    if lower and is_text(value):
        value = value.lower()
    if op == 'in' and 'salt' in clause:
        text = unit_text(value)
        return text is not None and hash_identifier(clause['salt'], text) == wanted
    if lower and is_text(wanted):
        wanted = wanted.lower()
    return OPERATORS[op](value, wanted)


def when_holds(when, subject, inside_segment=False):
    return any(group and all(clause_holds(clause, subject, inside_segment) for clause in group) for group in when)


def is_when(when):
    return isinstance(when, list) and all(isinstance(group, list) for group in when)


def is_segment(segment):
    return (
        isinstance(segment, dict)
        and isinstance(segment.get('include'), list)
        and isinstance(segment.get('exclude'), list)
        and is_when(segment.get('when'))
        and is_text(segment.get('salt', ''))
    )


def in_segment(key, subject):
    segment = subject.segments.get(key) if is_text(key) else None
    if not is_segment(segment):
        return False

    identifier = subject.unit('targetingKey')
    if identifier is not None:
        if 'salt' in segment:
            identifier = hash_identifier(segment['salt'], identifier)
        if identifier in segment['exclude'] or identifier in segment['include']:
            return identifier not in segment['exclude']
    return when_holds(segment['when'], subject, inside_segment=True)


# §2 The shape of a flag

VALUE_OF_TYPE = {
    'boolean': lambda value: isinstance(value, bool),
    'string': is_text,
    'number': is_number,
    'json': lambda value: True,
}


def is_variant(key, variants):
    return is_text(key) and (key == CALLERS_DEFAULT or key in variants)


def is_serve(serve, variants):
    if not isinstance(serve, dict):
        return False
    if 'variant' in serve:
        return is_variant(serve['variant'], variants)
    split = serve.get('split')
    return isinstance(split, dict) and is_text(split.get('by'), split.get('salt')) and is_ranges(split, variants)


def is_ranges(split, variants):
    ranges, last = split.get('ranges'), 0
    if not isinstance(ranges, list):
        return False
    for owned in ranges:
        if not isinstance(owned, list) or len(owned) != 3 or not (is_bucket(owned[0]) and is_bucket(owned[1])):
            return False
        if not is_variant(owned[2], variants) or not last <= owned[0] <= owned[1]:
            return False
        last = owned[1]
    return True


def is_rule(rule, variants):
    return (
        isinstance(rule, dict)
        and is_text(rule.get('id'))
        and is_when(rule.get('when'))
        and is_serve(rule.get('serve'), variants)
    )


def is_rollout(rollout, variants):
    segments = rollout.get('segments', []) if isinstance(rollout, dict) else None
    return (
        isinstance(segments, list)
        and all(map(is_text, segments))
        and is_text(rollout.get('by'), rollout.get('salt'), rollout.get('planRun', ''))
        and is_bucket(rollout.get('share'))
        and is_number(rollout.get('step', 0))
        and is_serve(rollout.get('serve'), variants)
    )


def is_configuration(configuration, variants):
    return (
        isinstance(configuration, dict)
        and isinstance(configuration.get('on'), bool)
        and is_variant(configuration.get('off'), variants)
        and isinstance(configuration.get('killed', False), bool)
        and isinstance(configuration.get('rules', []), list)
        and all(is_rule(rule, variants) for rule in configuration.get('rules', []))
        and ('rollout' not in configuration or is_rollout(configuration['rollout'], variants))
        and is_serve(configuration.get('fallthrough'), variants)
    )


def is_prerequisite(prerequisite):
    return (
        isinstance(prerequisite, dict)
        and is_text(prerequisite.get('flag'))
        and isinstance(prerequisite.get('variants'), list)
        and all(map(is_text, prerequisite['variants']))
    )


def is_flag(flag):
    if not isinstance(flag, dict) or not is_text(flag.get('type')) or flag['type'] not in VALUE_OF_TYPE:
        return False
    variants, instances = flag.get('variants'), flag.get('instances', {})
    if not isinstance(variants, dict) or not isinstance(instances, dict):
        return False
    prerequisites = flag.get('prerequisites', [])
    return (
        all(map(VALUE_OF_TYPE[flag['type']], variants.values()))
        and all(is_configuration(configuration, variants) for configuration in [flag, *instances.values()])
        and isinstance(prerequisites, list)
        and all(map(is_prerequisite, prerequisites))
    )


# §3 Evaluation


def evaluate(ruleset, key, context, default, now=0):
    flags = ruleset['flags']
    if key not in flags:
        return failed(default, 'FLAG_NOT_FOUND')
    if not is_flag(flags[key]):
        return failed(default, 'PARSE_ERROR')
    if flags[key]['type'] != type_asked_for(default):
        return failed(default, 'TYPE_MISMATCH')

    answer = Evaluation(ruleset, Subject(ruleset, context, now)).answer(key)
    if answer['variant'] == CALLERS_DEFAULT:
        return {'value': default, 'reason': answer['reason'], 'flagMetadata': answer['flagMetadata']}
    return {'value': flags[key]['variants'][answer['variant']], **answer}


def failed(default, code):
    return {'value': default, 'reason': 'ERROR', 'errorCode': code, 'flagMetadata': {}}


def type_asked_for(default):
    if isinstance(default, bool):
        return 'boolean'
    if isinstance(default, str):
        return 'string'
    return 'number' if isinstance(default, (int, float)) else 'json'


def depths(flags):
    """Returns the depth of each flag that is not on a cycle and does not depend on one."""
    prerequisites = {key: flag.get('prerequisites', []) if is_flag(flag) else [] for key, flag in flags.items()}
    waiting = {key: [p['flag'] for p in named if p['flag'] in flags] for key, named in prerequisites.items()}
    known = {}
    while ready := [key for key, named in waiting.items() if all(flag in known for flag in named)]:
        for key in ready:
            named = waiting.pop(key)
            known[key] = 1 + max((known[flag] for flag in named), default=0) if prerequisites[key] else 0
    return known


class Evaluation:
    """One evaluation of a ruleset. A flag that several others require is evaluated once."""

    def __init__(self, ruleset, subject):
        self.flags = ruleset['flags']
        self.subject = subject
        self.depths = depths(self.flags)
        self.answers = {}

    def answer(self, key):
        if key not in self.answers:
            self.answers[key] = self.ask(key)
        return self.answers[key]

    def ask(self, key):
        flag = self.flags[key]
        instance = self.subject.context.get('instance')
        configuration = flag.get('instances', {}).get(instance, flag) if is_text(instance) else flag
        for member, detail in ((configuration.get('killed', False), 'killed'), (not configuration['on'], 'off')):
            if member:
                return disabled(configuration, detail)
        if not self.prerequisites_met(key, flag.get('prerequisites', [])):
            return disabled(configuration, 'prerequisite')
        return self.serve_configuration(flag, configuration)

    def prerequisites_met(self, key, prerequisites):
        if prerequisites and self.depths.get(key, math.inf) > MAX_DEPTH:
            return False
        return all(
            is_flag(self.flags.get(p['flag'])) and self.serves_one_of(p['flag'], p['variants'])
            for p in prerequisites
        )

    def serves_one_of(self, key, variants):
        variant = self.answer(key)['variant']
        return variant != CALLERS_DEFAULT and variant in variants

    def serve_configuration(self, flag, configuration):
        metadata = {}
        rollout = configuration.get('rollout')
        for rule in configuration.get('rules', []):
            if when_holds(rule['when'], self.subject):
                served = self.served(configuration, rule['serve'], 'TARGETING_MATCH')
                if served:
                    return answered(served, {**metadata, 'ruleId': rule['id']})
                metadata['reasonDetail'] = 'bucket-key-missing'

        if rollout:
            step = {member: rollout[member] for member in ('planRun', 'step') if member in rollout}
            served, arm = self.rolled_out(configuration, rollout)
            if served:
                return answered(served, {**metadata, **step, **arm})
            metadata |= {**step, **arm} if arm else {'reasonDetail': 'bucket-key-missing'}

        simple = not (flag.get('prerequisites') or flag.get('instances') or configuration.get('rules') or rollout)
        served = self.served(configuration, configuration['fallthrough'], 'STATIC' if simple else 'DEFAULT')
        if not served:
            served = configuration['off'], 'DEFAULT'
            metadata['reasonDetail'] = 'bucket-key-missing'
        return answered(served, metadata)

    def rolled_out(self, configuration, rollout):
        """Returns the served variant and the arm, or neither if a unit is missing."""
        served = self.served(configuration, rollout['serve'], 'TARGETING_MATCH')
        if not served:
            return None, {}
        if any(in_segment(key, self.subject) for key in rollout.get('segments', [])):
            return served, {}

        unit = self.subject.unit(rollout['by'])
        if unit is None:
            return None, {}
        if bucket_of(rollout['salt'], unit) < rollout['share']:
            return self.served(configuration, rollout['serve'], 'SPLIT'), {'arm': 'treatment'}
        return None, {'arm': 'control'}

    def served(self, configuration, serve, reason):
        """Returns variant and reason, or None if the unit of the split is missing."""
        if 'variant' in serve:
            return serve['variant'], reason
        unit = self.subject.unit(serve['split']['by'])
        if unit is None:
            return None
        variant = in_range(serve['split']['ranges'], bucket_of(serve['split']['salt'], unit))
        return (configuration['off'], 'DEFAULT') if variant is None else (variant, 'SPLIT')


def answered(served, metadata):
    return {'variant': served[0], 'reason': served[1], 'flagMetadata': metadata}


def disabled(configuration, detail):
    return {'variant': configuration['off'], 'reason': 'DISABLED', 'flagMetadata': {'reasonDetail': detail}}
