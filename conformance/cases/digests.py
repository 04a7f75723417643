"""digests.json: the digest of a ruleset."""

from reference_values import digest, digest_texts, parse_json

from .document import Document, ruleset
from .flags import clause, flag, rollout, rule, split

DESCRIPTION = (
    'Digests (§6). "ruleset" holds flags and segments; "texts" are the texts whose hashes are added up, in any order: they '
    'show where a canonical JSON differs. "expected" is the digest.'
)
SEGMENT = {'include': ['ada'], 'exclude': [], 'when': []}

# An item and its canonical text, written by hand.
CANONICAL = [
    ('members are sorted', '{"b": 1, "a": 2, "": 3, "A": 4}', '{"":3,"A":4,"a":2,"b":1}'),
    ('members of members are sorted', '{"x": {"b": 1, "a": [{"d": 1, "c": 2}]}}', '{"x":{"a":[{"c":2,"d":1}],"b":1}}'),
    ('elements of an array are not sorted', '{"x": [3, 1, 2]}', '{"x":[3,1,2]}'),
    ('digits sort as text', '{"10": 1, "9": 2, "1": 3}', '{"1":3,"10":1,"9":2}'),
    ('members are sorted by UTF-16, not by code point', r'{"\ufffd": 1, "\ud83d\ude00": 2, "é": 3, "z": 4}', '{"z":4,"é":3,"😀":2,"\ufffd":1}'),
    ('a member that starts another comes first', '{"ab": 1, "a": 2, "a b": 3}', '{"a":2,"a b":3,"ab":1}'),
    ('members may have the names of inherited ones', '{"toString": 1, "__proto__": {"b": 1, "a": 2}, "constructor": 3}', '{"__proto__":{"a":2,"b":1},"constructor":3,"toString":1}'),
    ('null, true and false', '{"x": [null, true, false]}', '{"x":[null,true,false]}'),
    ('empty things', '{"x": [[], {}, "", 0]}', '{"x":[[],{},"",0]}'),
    ('white space goes', ' { "x" : [ 1 , { "y" : 2 } ] } ', '{"x":[1,{"y":2}]}'),
    ('whole numbers', '{"x": [1.0, 10E1, -0, -0.0, 0e5, 9007199254740991]}', '{"x":[1,100,0,0,0,9007199254740991]}'),
    ('fractions', '{"x": [0.10, 1.50, -2.25e1, 0.1e-1, 3.0000000000000004]}', '{"x":[0.1,1.5,-22.5,0.01,3.0000000000000004]}'),
    ('great numbers', '{"x": [1e20, 1e21, 123456789012345680000, 1.5e300, -1e21]}', '{"x":[100000000000000000000,1e+21,123456789012345680000,1.5e+300,-1e+21]}'),
    ('small numbers', '{"x": [0.000001, 0.0000001, 1.25e-9, 5e-324]}', '{"x":[0.000001,1e-7,1.25e-9,5e-324]}'),
    ('numbers with more digits than a double has', '{"x": [9007199254740993, 0.1000000000000000055511]}', '{"x":[9007199254740992,0.1]}'),
    ('escapes that JSON has a letter for', r'{"x": "\b\t\n\f\r\"\\"}', r'{"x":"\b\t\n\f\r\"\\"}'),
    ('escapes that JSON has no letter for', r'{"x": "\u0000\u001F\u000b"}', r'{"x":"\u0000\u001f\u000b"}'),
    ('characters that need no escape', r'{"x": "\/\u007f\u00e9\u2028\ud83d\ude00<>&"}', '{"x":"/\x7fé\u2028😀<>&"}'),
    ('escapes in a name', r'{"a\nb": 1, "a\"b": 2}', r'{"a\nb":1,"a\"b":2}'),
]


def document():
    cases = Document(DESCRIPTION)

    def add(name, flags=None, segments=None, texts=None):
        held = ruleset(flags or {}, segments)
        read = {kind: parse_canonical(held[kind]) for kind in ('flags', 'segments')}
        assert texts is None or sorted(digest_texts(read)) == sorted(texts), (name, digest_texts(read))
        cases.add(name, ruleset=held, texts=digest_texts(read), expected=digest(read))

    add('an empty ruleset', texts=[])
    add('one flag', {'checkout': flag()})
    add('the same flag with another key', {'payment': flag()})
    add('one segment', segments={'testers': SEGMENT})
    add('a flag and a segment with one key', {'testers': flag()}, {'testers': SEGMENT})
    add('a segment in the place of a flag', {'testers': SEGMENT})
    add('two flags', {'checkout': flag(), 'theme': flag('a')})
    add('the same two flags in another order', {'theme': flag('a'), 'checkout': flag()})
    assert cases.cases[-1]['expected'] == cases.cases[-2]['expected']
    add('two flags that are equal', {'checkout': flag(), 'payment': flag()})
    add('a flag with everything', {'checkout': flag(
        split(), killed=False, rules=[rule([clause('plan', 'in', 'pro', negate=True)])], rollout=rollout(25_000, planRun='run-7', step=2),
        prerequisites=[{'flag': 'theme', 'variants': ['a']}], instances={'acme': {'on': True, 'off': 'off', 'fallthrough': {'variant': 'a'}}},
    )})
    add('a hundred flags, whose sums run over 32 bits', {f'flag-{i}': flag('ab'[i % 2]) for i in range(100)})
    add('members that nobody knows count', {'checkout': {**flag(), 'later': {'b': None, 'a': [1]}}})
    add('broken flags count', {'checkout': {}, 'list': []}, {'testers': {}}, ['flag:checkout:{}', 'flag:list:[]', 'segment:testers:{}'])
    add('flags that are no objects count', {'null': None, 'text': 'on', 'true': True, 'seven': 7}, {'nothing': None}, ['flag:null:null', 'flag:text:"on"', 'flag:true:true', 'flag:seven:7', 'segment:nothing:null'])
    add('keys are not escaped', {'a"b\\c\nd': 1, 'é😀': 2, '': 3, '__proto__': 4}, texts=['flag:a"b\\c\nd:1', 'flag:é😀:2', 'flag::3', 'flag:__proto__:4'])
    add('a key with colons', {'a:b': 1}, {'flag:a': 2}, ['flag:a:b:1', 'segment:flag:a:2'])
    deep = 'x'
    for _ in range(100):
        deep = {'a': [deep]}
    add('an item of 200 levels', {'deep': deep}, texts=['flag:deep:' + '{"a":[' * 100 + '"x"' + ']}' * 100])
    for name, item, text in CANONICAL:
        add(f'canonical JSON: {name}', {'x': Raw(item)}, texts=[f'flag:x:{text}'])
    return cases


class Raw(str):
    """JSON that is copied to the file verbatim, including numbers and escapes."""


def parse_canonical(items):
    return {key: parse_json(item) if isinstance(item, Raw) else item for key, item in items.items()}
