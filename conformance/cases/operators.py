"""operators.json: every operator, and the attributes that it reads."""

from json import dumps

from . import operators_ordered, operators_text
from .document import Document, ruleset

DESCRIPTION = (
    'Clauses (§4). Put "clause" in the place of "$clause" in "ruleset" and evaluate "flag" with "context"; "now" is the '
    'clock in epoch ms (0 without one), "scope" replaces the scope of the ruleset. "expected" is the value. Give its '
    'opposite as the default, so that an error never passes.'
)
BOOLEAN = {'type': 'boolean', 'variants': {'true': True, 'false': False}, 'on': True, 'off': 'false'}
RULE = {'id': 'rule', 'when': [['$clause']], 'serve': {'variant': 'true'}}
RULESET = ruleset(
    {'flag': {**BOOLEAN, 'rules': [RULE], 'fallthrough': {'variant': 'false'}}},
    {
        'testers': {'include': ['ada'], 'exclude': [], 'when': []},
        'staff': {'include': ['grace'], 'exclude': [], 'when': []},
        'nobody': {'include': [], 'exclude': [], 'when': []},
    },
)

# Operator, a matching attribute and value, an attribute and a value that do not match them,
# attributes of a wrong type, values of a wrong type.
SAMPLES = [
    ('in', 'pro', 'pro', 'free', 'trial', [{'plan': 'pro'}], [None, {}, ['pro']]),
    ('startsWith', 'checkout', 'check', 'market', 'cart', [7, True, {}], [7, True, None]),
    ('endsWith', 'checkout', 'out', 'market', 'cart', [7, True, {}], [7, True, None]),
    ('contains', 'checkout', 'eck', 'market', 'cart', [7, True, {}], [7, True, None]),
    ('matches', 'checkout', 'ch*t', 'market', 'cart', [7, True, {}], [7, True, None]),
    ('lt', 4, 5, 5, 4, ['four', True, {}], ['5', True, None]),
    ('lte', 5, 5, 5.5, 4.5, ['five', True, {}], ['5', True, None]),
    ('gt', 5, 4, 4, 5, ['five', True, {}], ['4', False, None]),
    ('gte', 5, 5, 4.5, 5.5, ['five', True, {}], ['4', False, None]),
    ('before', '2026-11-19', '2026-11-20', '2026-11-20', '2026-11-19', [True, 'yesterday', {}], [True, 'tomorrow', None]),
    ('after', '2026-11-20', '2026-11-19', '2026-11-19', '2026-11-20', [True, 'tomorrow', {}], [True, 'yesterday', None]),
    ('semverEq', '1.2.3', '1.2.3', '1.2.4', '1.2.2', [1, True, '1.2.', {}], [1, True, 'v1.2.3', None]),
    ('semverLt', '1.2.3', '1.2.4', '1.2.4', '1.2.3', [1, True, '1.2.', {}], [9, True, 'v9.0.0', None]),
    ('semverLte', '1.2.3', '1.2.3', '1.2.4', '1.2.2', [1, True, '1.2.', {}], [9, True, 'v9.0.0', None]),
    ('semverGt', '1.2.3', '1.2.2', '1.2.2', '1.2.3', [2, True, '2.0.', {}], [0, True, 'v0.0.0', None]),
    ('semverGte', '1.2.3', '1.2.3', '1.2.2', '1.2.4', [2, True, '2.0.', {}], [0, True, 'v0.0.0', None]),
    ('cidr', '10.1.2.3', '10.0.0.0/8', '11.1.2.3', '192.168.0.0/16', [7, True, 'localhost', {}], [10, True, 'any', None]),
]


def document():
    cases = Document(DESCRIPTION, ruleset=RULESET)
    for sample in SAMPLES:
        add_common(cases, *sample)
    add_segment(cases)
    add_exists(cases)
    add_unknown(cases)
    add_attributes(cases)
    operators_text.add_all(cases)
    operators_ordered.add_all(cases)
    return cases


def add_clause(cases, name, clause, context, expected, **more):
    cases.add(name, clause=clause, context=context, **more, expected=expected)


def add_common(cases, op, attribute, value, other, other_value, wrong_types, wrong_values):
    def add(name, expected, values, *held, **options):
        context = {'x': held[0]} if held else {}
        clause = {'attribute': 'x', 'op': op, 'values': values, **options}
        add_clause(cases, f'{op} {name}', clause, context, expected)

    add('is true when the attribute fits', True, [value], attribute)
    add('is false when the attribute does not fit', False, [value], other)
    add('is false when the value does not fit', False, [other_value], attribute)
    add('negated is false when the attribute fits', False, [value], attribute, negate=True)
    add('negated is true when the attribute does not fit', True, [value], other, negate=True)
    add('with negate false is as without', True, [value], attribute, negate=False)
    add('is false when the attribute is missing', False, [value])
    add('negated is true when the attribute is missing', True, [value], negate=True)
    add('is false when the attribute is null', False, [value], None)
    add('negated is true when the attribute is null', True, [value], None, negate=True)
    for wrong in wrong_types:
        add(f'is false when the attribute is {dumps(wrong)}', False, [value], wrong)
        add(f'negated is true when the attribute is {dumps(wrong)}', True, [value], wrong, negate=True)
    add('is true when the first of several values fits', True, [value, other_value], attribute)
    add('is true when the last of several values fits', True, [other_value, other_value, value], attribute)
    add('is false when none of several values fits', False, [other_value, other_value], attribute)
    add('negated is false when one of several values fits', False, [other_value, value], attribute, negate=True)
    add('without values is false', False, [], attribute)
    add('without values and negated is true', True, [], attribute, negate=True)
    add('is false when all values are of the wrong type', False, wrong_values, attribute)
    add('negated is true when all values are of the wrong type', True, wrong_values, attribute, negate=True)
    add('is true when a value fits beside others of the wrong type', True, [*wrong_values, value], attribute)
    add('is true when one element of an array fits', True, [value], [other, attribute])
    add('is true when one element fits one of several values', True, [other_value, value], [attribute, other])
    add('is false when no element of an array fits', False, [value], [other, other])
    add('is false for an empty array', False, [value], [])
    add('negated is false when one element of an array fits', False, [value], [attribute, other], negate=True)
    add('negated is true when no element of an array fits', True, [value], [other, other], negate=True)
    add('negated is true for an empty array', True, [value], [], negate=True)
    add('is false for an array in an array', False, [value], [[attribute]])
    add('is true when an element fits beside null, an object and an array', True, [value], [None, {}, [other], attribute])


def add_segment(cases):
    ada = {'targetingKey': 'ada'}

    def add(name, expected, values, context=ada, **options):
        clause = {'attribute': 'targetingKey', 'op': 'segment', 'values': values, **options}
        add_clause(cases, f'segment {name}', clause, context, expected)

    add('is true for a context in the segment', True, ['testers'])
    add('is false for a context that is not in the segment', False, ['staff'])
    add('negated is false for a context in the segment', False, ['testers'], negate=True)
    add('negated is true for a context that is not in the segment', True, ['staff'], negate=True)
    add('is true for a context in one of several segments', True, ['staff', 'nobody', 'testers'])
    add('is false for a context in none of several segments', False, ['staff', 'nobody'])
    add('is false when the segment does not exist', False, ['missing'])
    add('negated is true when the segment does not exist', True, ['missing'], negate=True)
    add('is true when one segment fits beside one that does not exist', True, ['missing', 'testers'])
    add('is false for the name of an inherited member', False, ['__proto__', 'constructor', 'toString'])
    add('without values is false', False, [])
    add('without values and negated is true', True, [], negate=True)
    add('is false when the values are of the wrong type', False, [7, True, None, ['testers']])
    add('is false without a targeting key', False, ['testers'], {})
    add('does not look at its attribute', True, ['testers'], {**ada, 'targetingkey': 'grace'})
    clause = {'attribute': 'no.such.attribute', 'op': 'segment', 'values': ['testers']}
    add_clause(cases, 'segment is true whatever attribute it names', clause, ada, True)


def add_exists(cases):
    def add(name, expected, context, attribute='x', **options):
        clause = {'attribute': attribute, 'op': 'exists', 'values': [], **options}
        add_clause(cases, f'exists {name}', clause, context, expected)

    for held in ('text', '', 0, 7.5, True, False, {}, {'a': 1}, [], [None], [1]):
        add(f'is true for {dumps(held)}', True, {'x': held})
    add('is false for a missing attribute', False, {'y': 1})
    add('is false for null', False, {'x': None})
    add('negated is true for a missing attribute', True, {}, negate=True)
    add('negated is true for null', True, {'x': None}, negate=True)
    add('negated is false for the empty text', False, {'x': ''}, negate=True)
    add('does not look at its values', True, {'x': 1}, values=[False])
    add('is true at the end of a path', True, {'x': {'y': False}}, 'x.y')
    add('is false for null at the end of a path', False, {'x': {'y': None}}, 'x.y')
    add('is true for the clock', True, {}, '$now')


def add_unknown(cases):
    fits = {'x': 'pro'}
    known = {'attribute': 'x', 'op': 'in', 'values': ['pro']}

    def add(name, clause, context=fits):
        add_clause(cases, name, clause, context, False)
        if isinstance(clause, dict):
            add_clause(cases, f'{name}, also with negate', {**clause, 'negate': True}, context, False)

    for op in ('regex', 'IN', 'equals', '', '__proto__', 'constructor', 'toString', 'hasOwnProperty'):
        add(f'the unknown operator "{op}" is false', {**known, 'op': op})
    add('an unknown operator is false for a missing attribute', {**known, 'op': 'regex'}, {})
    for member in known:
        add(f'a clause without "{member}" is false', {k: v for k, v in known.items() if k != member})
    for member, wrong in (('attribute', 7), ('attribute', None), ('op', 7), ('op', None), ('op', ['in']), ('values', 'pro'), ('values', None), ('values', {'0': 'pro'}), ('salt', 7)):
        add(f'a clause whose "{member}" is {dumps(wrong)} is false', {**known, member: wrong})
    for wrong in ('yes', 1):
        add_clause(cases, f'a clause whose "negate" is {dumps(wrong)} is false', {**known, 'negate': wrong}, fits, False)
        add(f'a clause whose "ignoreCase" is {dumps(wrong)} is false', {**known, 'ignoreCase': wrong})
    for wrong in (None, 7, True, 'in', [], [known]):
        add(f'a clause that is {dumps(wrong)} is false', wrong)
    add_clause(cases, 'a clause with a member that nobody knows is as without', {**known, 'note': {'by': 'ada'}}, fits, True)


def add_attributes(cases):
    def add(name, attribute, value, context, expected, **more):
        clause = {'attribute': attribute, 'op': 'in', 'values': [value]}
        add_clause(cases, name, clause, context, expected, **more)

    add('a path leads through objects', 'device.os.name', 'linux', {'device': {'os': {'name': 'linux'}}}, True)
    add('a path ends where a member is missing', 'device.os.name', 'linux', {'device': {'name': 'linux'}}, False)
    add('a path does not lead through null', 'device.os', 'linux', {'device': None}, False)
    add('a path does not lead through a text', 'device.length', 5, {'device': 'phone'}, False)
    add('a path does not lead through an array', 'devices.0', 'phone', {'devices': ['phone']}, False)
    add('a path does not find the length of an array', 'devices.length', 1, {'devices': ['phone']}, False)
    add('a path does not lead through an array of objects', 'devices.os', 'linux', {'devices': [{'os': 'linux'}]}, False)
    add('a path may end in an array', 'user.roles', 'admin', {'user': {'roles': ['editor', 'admin']}}, True)
    add('a path may end in a number', 'user.age', 36, {'user': {'age': 36}}, True)
    add('an exact name with a dot is found', 'device.os', 'linux', {'device.os': 'linux'}, True)
    add('an exact name with a dot comes before the path', 'device.os', 'linux', {'device.os': 'linux', 'device': {'os': 'mac'}}, True)
    add('the path is not looked at where the exact name has another value', 'device.os', 'mac', {'device.os': 'linux', 'device': {'os': 'mac'}}, False)
    add('the path is not looked at where the exact name is null', 'device.os', 'mac', {'device.os': None, 'device': {'os': 'mac'}}, False)
    add('an exact name is looked for in the context only, not along the path', 'a.b.c', 'x', {'a': {'b.c': 'x'}}, False)
    add('an exact name is not looked for in the first part of the path', 'a.b.c', 'x', {'a.b': {'c': 'x'}}, False)
    add('a path may have empty parts', 'a..b', 'x', {'a': {'': {'b': 'x'}}}, True)
    add('a dot alone is a path of two empty parts', '.', 'x', {'': {'': 'x'}}, True)
    add('the empty name is a name', '', 'x', {'': 'x'}, True)
    add('names are compared exactly', 'Plan', 'pro', {'plan': 'pro'}, False)
    add('a name may be any text', 'план 😀', 'pro', {'план 😀': 'pro'}, True)
    for name in ('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'):
        clause = {'attribute': name, 'op': 'exists', 'values': []}
        add_clause(cases, f'{name} is a plain miss in the context', clause, {}, False)
        add_clause(cases, f'{name} is a plain miss along a path', {**clause, 'attribute': f'user.{name}'}, {'user': {}}, False)
        add(f'{name} is found where the context holds it', name, 'x', {name: 'x'}, True)
        add(f'{name} is found where a path holds it', f'user.{name}', 'x', {'user': {name: 'x'}}, True)
    for path in ('__proto__.x', 'constructor.name', 'constructor.prototype', 'toString.length'):
        clause = {'attribute': path, 'op': 'exists', 'values': []}
        add_clause(cases, f'the path {path} leads nowhere', clause, {}, False)
    add('a path leads through a __proto__ that the context holds', '__proto__.admin', True, {'__proto__': {'admin': True}}, True)
    add('what a __proto__ in the context holds is not in the context', 'admin', True, {'__proto__': {'admin': True}}, False)
    add('a path leads through 200 levels', '.'.join(['a'] * 200), 'x', nested(200, 'x'), True)
    add('a path of 200 levels ends where the context does', '.'.join(['a'] * 201), 'x', nested(200, 'x'), False)
    add('an array 200 levels deep matches nothing', 'x', 'x', {'x': nested_array(200, 'x')}, False)
    add_scope(cases, add)


def add_scope(cases, add):
    acme = {'scope': 'production/acme'}
    add("in an environment, instance is the context's", 'instance', 'globex', {'instance': 'globex'}, True)
    add('in an environment, instance may be missing', 'instance', 'acme', {}, False)
    add("in an instance's ruleset, instance is that one", 'instance', 'acme', {}, True, **acme)
    add("in an instance's ruleset, the context cannot claim another", 'instance', 'globex', {'instance': 'globex'}, False, **acme)
    add("in an instance's ruleset, the context's claim is not looked at", 'instance', 'acme', {'instance': 'globex'}, True, **acme)
    add("in an instance's ruleset, other attributes are the context's", 'plan', 'pro', {'plan': 'pro'}, True, **acme)

    noon = 1_795_176_000_000  # 2026-11-20T12:00:00Z
    for name, op, value, expected in (
        ('$now is before a later time', 'before', '2026-11-20T12:00:01Z', True),
        ('$now is not before an earlier time', 'before', '2026-11-20T11:59:59Z', False),
        ('$now is after an earlier time', 'after', '2026-11-20T11:59:59.999Z', True),
        ('$now is not after itself', 'after', '2026-11-20T12:00:00Z', False),
        ('$now is a number', 'gte', noon, True),
        ('$now is equal to its number', 'in', noon, True),
    ):
        clause = {'attribute': '$now', 'op': op, 'values': [value]}
        add_clause(cases, name, clause, {}, expected, now=noon)
        add_clause(cases, f'{name}, whatever the context says', clause, {'$now': 'never'}, expected, now=noon)


def nested(levels, value):
    for _ in range(levels):
        value = {'a': value}
    return value


def nested_array(levels, value):
    for _ in range(levels):
        value = [value]
    return value
