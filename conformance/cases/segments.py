"""segments.json: membership in a segment."""

from json import dumps

from reference_values import hash_identifier

from .document import Document, ruleset

DESCRIPTION = (
    'Segments (§4). Put "segment" in the place of "$segment" in "ruleset" and evaluate "flag" with "context"; "now" and '
    '"scope" are as in operators.json. "expected" says whether the context is in the segment: it is the value of the flag. '
    'Give its opposite as the default.'
)
FLAG = {
    'type': 'boolean',
    'variants': {'in': True, 'out': False},
    'on': True,
    'off': 'out',
    'rules': [{'id': 'rule', 'when': [[{'attribute': 'targetingKey', 'op': 'segment', 'values': ['audience']}]], 'serve': {'variant': 'in'}}],
    'fallthrough': {'variant': 'out'},
}
EVERYBODY = {'include': [], 'exclude': [], 'when': [[{'attribute': 'nothing', 'op': 'exists', 'values': [], 'negate': True}]]}


def clause(attribute, op, *values, **options):
    return {'attribute': attribute, 'op': op, 'values': list(values), **options}


def segment(include=(), exclude=(), when=(), **more):
    return {'include': list(include), 'exclude': list(exclude), 'when': [list(group) for group in when], **more}


def document():
    cases = Document(DESCRIPTION, ruleset=ruleset({'flag': FLAG}, {'audience': '$segment', 'everybody': EVERYBODY}))

    def add(name, held, context, expected, **more):
        cases.add(name, segment=held, context=context, **more, expected=expected)

    add_lists(add)
    add_keys(add)
    add_salted(add)
    add_when(add)
    add_shapes(add)
    return cases


def key(value):
    return {'targetingKey': value}


def add_lists(add):
    pro = [[clause('plan', 'in', 'pro')]]
    add('a listed key is in', segment(['ada', 'grace']), key('grace'), True)
    add('a key that is not listed is out', segment(['ada', 'grace']), key('linus'), False)
    add('an excluded key is out', segment(exclude=['ada']), key('ada'), False)
    add('a key that is neither listed nor excluded is out without "when"', segment(exclude=['ada']), key('grace'), False)
    add('exclude comes before include', segment(['ada'], ['ada']), key('ada'), False)
    add('exclude comes before "when"', segment(exclude=['ada'], when=pro), {'targetingKey': 'ada', 'plan': 'pro'}, False)
    add('include comes before "when"', segment(['ada'], when=pro), {'targetingKey': 'ada', 'plan': 'free'}, True)
    add('"when" is asked for a key that is not listed', segment(['ada'], ['grace'], pro), {'targetingKey': 'linus', 'plan': 'pro'}, True)
    add('"when" may say no for a key that is not listed', segment(['ada'], ['grace'], pro), {'targetingKey': 'linus', 'plan': 'free'}, False)
    add('keys are compared exactly', segment(['Ada']), key('ada'), False)
    add('a long list holds its last key', segment([f'user-{i}' for i in range(300)]), key('user-299'), True)
    add('a long list does not hold another key', segment([f'user-{i}' for i in range(300)]), key('user-300'), False)
    add('an empty segment holds nobody', segment(), key('ada'), False)
    for name in ('__proto__', 'constructor', 'toString'):
        add(f'the key {name} is a plain miss', segment(['ada']), key(name), False)
        add(f'the key {name} may be listed', segment([name]), key(name), True)


def add_keys(add):
    pro = [[clause('plan', 'in', 'pro')]]
    add('without a targeting key nobody is listed', segment(['ada', '', 'undefined', 'null']), {}, False)
    add('without a targeting key only "when" is asked', segment(exclude=['ada', ''], when=pro), {'plan': 'pro'}, True)
    add('a targeting key of null is missing', segment(['null', '']), key(None), False)
    add('with a targeting key of null only "when" is asked', segment(exclude=['null', ''], when=pro), {'targetingKey': None, 'plan': 'pro'}, True)
    add('the empty key is a key', segment(['']), key(''), True)
    add('the empty key may be excluded', segment(exclude=[''], when=pro), {'targetingKey': '', 'plan': 'pro'}, False)
    add('a number is listed by its text', segment(['42']), key(42), True)
    add('a whole number has no fraction in its text', segment(['1.0']), key(1.0), False)
    add('a fraction is listed by its text', segment(['0.5']), key(0.5), True)
    add('a number may be excluded by its text', segment(exclude=['42'], when=pro), {'targetingKey': 42, 'plan': 'pro'}, False)
    add('true is listed by its text', segment(['true']), key(True), True)
    add('a text is not listed by its number', segment([42]), key('42'), False)
    add('an array is not a key', segment(['ada']), key(['ada']), False)
    add('an object is not a key', segment(['ada', '[object Object]']), key({'id': 'ada'}), False)
    add('with a key that is an array only "when" is asked', segment(exclude=['ada'], when=pro), {'targetingKey': ['ada'], 'plan': 'pro'}, True)
    add('another attribute is not a key', segment(['ada']), {'userId': 'ada'}, False)


def add_salted(add):
    ada, number, empty, true = (hash_identifier('audience-1', text) for text in ('ada', '42', '', 'true'))
    pro = [[clause('plan', 'in', 'pro')]]
    salted = {'salt': 'audience-1'}
    add('with salt, a key is listed by its hash', segment([ada], **salted), key('ada'), True)
    add('with salt, another key is out', segment([ada], **salted), key('grace'), False)
    add('with salt, a key is not listed by its text', segment(['ada'], **salted), key('ada'), False)
    add('with salt, a key is not listed by being a hash', segment([ada], **salted), key(ada), False)
    add('with salt, a key is excluded by its hash', segment([ada], [ada], **salted), key('ada'), False)
    add('with salt, "when" is asked for a key that is not listed', segment([ada], when=pro, **salted), {'targetingKey': 'grace', 'plan': 'pro'}, True)
    add('with salt, an excluded key is out whatever "when" says', segment(exclude=[ada], when=pro, **salted), {'targetingKey': 'ada', 'plan': 'pro'}, False)
    add('with another salt the hash is another', segment([ada], salt='audience-2'), key('ada'), False)
    add('without salt a hash is a text like any other', segment([ada]), key('ada'), False)
    add('the empty salt is a salt', segment([hash_identifier('', 'ada')], salt=''), key('ada'), True)
    add('with the empty salt, a key is not listed by its text', segment(['ada'], salt=''), key('ada'), False)
    add('with salt, a number is hashed as its text', segment([number], **salted), key(42), True)
    add('with salt, true is hashed as its text', segment([true], **salted), key(True), True)
    add('with salt, the empty key has a hash', segment([empty], **salted), key(''), True)
    add('with salt, a missing key has no hash', segment([empty], **salted), {}, False)


def add_when(add):
    plan, country = clause('plan', 'in', 'pro'), clause('country', 'in', 'DE')
    add('a clause holds', segment(when=[[plan]]), {'plan': 'pro'}, True)
    add('a clause does not hold', segment(when=[[plan]]), {'plan': 'free'}, False)
    add('all clauses of a group must hold', segment(when=[[plan, country]]), {'plan': 'pro', 'country': 'FR'}, False)
    add('all clauses of a group hold', segment(when=[[plan, country]]), {'plan': 'pro', 'country': 'DE'}, True)
    add('one of several groups is enough', segment(when=[[plan], [country]]), {'country': 'DE'}, True)
    add('no group holds', segment(when=[[plan], [country]]), {'plan': 'free', 'country': 'FR'}, False)
    add('an empty group holds for nobody', segment(when=[[]]), key('ada'), False)
    add('an empty group does not disturb another', segment(when=[[], [plan]]), {'plan': 'pro'}, True)
    add('a negated clause holds for a missing attribute', segment(when=[[clause('plan', 'in', 'free', negate=True)]]), {}, True)
    for name, options in (('', {}), (', also with negate', {'negate': True})):
        inner = clause('targetingKey', 'segment', 'everybody', **options)
        add(f'the operator segment is unknown in a segment{name}', segment(when=[[inner]]), key('ada'), False)
        add(f'an unknown operator does not disturb another group{name}', segment(when=[[inner], [plan]]), {'plan': 'pro'}, True)
        add(f'an unknown operator keeps its group from holding{name}', segment(when=[[plan, inner]]), {'plan': 'pro'}, False)
        own = clause('targetingKey', 'segment', 'audience', **options)
        add(f'a segment that names itself ends{name}', segment(when=[[own]]), key('ada'), False)
    add('a segment may look at the targeting key', segment(when=[[clause('targetingKey', 'startsWith', 'test-')]]), key('test-7'), True)
    add('a segment may look at the clock', segment(when=[[clause('$now', 'after', '2026-11-20')]]), {}, True, now=1_795_176_000_000)
    add("a segment in an instance's ruleset looks at that instance", segment(when=[[clause('instance', 'in', 'acme')]]), {'instance': 'globex'}, True, scope='production/acme')
    add("a segment in an environment looks at the context's instance", segment(when=[[clause('instance', 'in', 'acme')]]), {'instance': 'globex'}, False)


def add_shapes(add):
    listed = segment(['ada'], when=[[clause('plan', 'in', 'pro')]])
    context = {'targetingKey': 'ada', 'plan': 'pro'}
    add('a segment with a member that nobody knows is as without', {**listed, 'name': 'Testers'}, context, True)
    for member in ('include', 'exclude', 'when'):
        add(f'a segment without "{member}" holds nobody', {k: v for k, v in listed.items() if k != member}, context, False)
        for wrong in (None, 'ada', {'0': 'ada'}):
            add(f'a segment whose "{member}" is {dumps(wrong)} holds nobody', {**listed, member: wrong}, context, False)
    add('a segment whose "salt" is a number holds nobody', {**listed, 'salt': 7}, context, False)
    add('a segment with a group that is not a list holds nobody', {**listed, 'when': [clause('plan', 'in', 'pro')]}, context, False)
    add('a segment with a broken clause still holds who is listed', {**listed, 'when': [[7]]}, context, True)
    add('a broken clause holds for nobody', {**listed, 'when': [[7]]}, {'plan': 'pro'}, False)
    for wrong in (None, 7, 'ada', ['ada'], True):
        add(f'a segment that is {dumps(wrong)} holds nobody', wrong, context, False)
