"""operators.json: edge cases of texts and of equality."""

from reference_values import hash_identifier

from .document import adder

TEXT_OPERATORS = ('in', 'startsWith', 'endsWith', 'contains', 'matches')


def add_all(cases):
    for add_some in (add_in, add_salted, add_ignore_case, add_texts, add_globs, add_glob_limits):
        add_some(cases)


def add_in(cases):
    add = adder(cases, 'in')
    add('numbers are equal by value', 7, 7.0, True)
    add('fractions are equal by value', 0.1, 0.1, True)
    add('zero is equal to zero', 0, 0, True)
    add('minus zero is equal to zero', -0.0, 0, True)
    add('zero is equal to minus zero', 0, -0.0, True)
    add('a number with an exponent is equal to the same number', 1e3, 1000, True)
    add('numbers beyond 2^53 are doubles', 9007199254740993, 9007199254740992, True)
    add('true is equal to true', True, True, True)
    add('false is equal to false', False, False, True)
    add('false is not equal to true', False, True, False)
    add('a number is not equal to its text', 7, '7', False)
    add('a text is not equal to its number', '7', 7, False)
    add('true is not equal to its text', True, 'true', False)
    add('true is not equal to 1', True, 1, False)
    add('1 is not equal to true', 1, True, False)
    add('0 is not equal to false', 0, False, False)
    add('false is not equal to the empty text', False, '', False)
    add('zero is not equal to the empty text', 0, '', False)
    add('null is equal to nothing', None, None, False)
    add('null in an array is equal to nothing', [None], None, False)
    add('an object is equal to nothing', {}, {}, False)
    add('an array in an array is equal to nothing', [['pro']], ['pro'], False)
    add('the empty text is equal to the empty text', '', '', True)
    add('texts are compared exactly', 'Pro', 'pro', False)
    add('white space counts', 'pro ', 'pro', False)
    add('a composed accent is not equal to a decomposed one', 'é', 'e\u0301', False)
    add('emoji are equal to themselves', '😀', '😀', True)
    add('the text of a prototype is a text', '__proto__', '__proto__', True)
    add('an array of numbers and texts holds a number', ['7', 7], 7, True)
    many = [f'user-{i}' for i in range(300)]
    for name, held, expected in (('holds its last one', 'user-299', True), ('does not hold another', 'user-300', False)):
        clause = {'attribute': 'x', 'op': 'in', 'values': many}
        cases.add(f'in: a list of 300 values {name}', clause=clause, context={'x': held}, expected=expected)


def add_hashed_identifiers(cases, hashed, salted):
    def add(name, values, context, expected, **members):
        clause = {'attribute': 'user.id', 'op': 'in', 'values': values, **members}
        cases.add(f'in: {name}', clause=clause, context=context, expected=expected)

    both = [hashed['Ada'], hashed['42']]
    add('with salt, the value at a path is hashed', both, {'user': {'id': 'Ada'}}, True, **salted)
    add('with salt, a number at a path is hashed as its text', both, {'user': {'id': 42}}, True, **salted)
    add('with salt and negate, a missing attribute fits', both, {}, True, negate=True, **salted)
    add('a number beside its text is equal to a number', ['42', 42], {'user': {'id': 42}}, True)
    add('a boolean beside its text is equal to a boolean', ['true', True], {'user': {'id': True}}, True)


def add_salted(cases):
    add = adder(cases, 'in')
    hashed = {text: hash_identifier('salt-1', text) for text in ('ada', 'Ada', '', '42', '1.5', 'true', 'straße', '1e+21', '0')}
    salted = {'salt': 'salt-1'}
    add('with salt, the hash of the attribute is compared', 'ada', hashed['ada'], True, **salted)
    add('with salt, the text itself is equal to nothing', 'ada', 'ada', False, **salted)
    add('without salt, a hash is a text like any other', 'ada', hashed['ada'], False)
    add('with another salt, the hash is another', 'ada', hashed['ada'], False, salt='salt-2')
    add('the empty salt is a salt', 'ada', hash_identifier('', 'ada'), True, salt='')
    add('with the empty salt, the text itself is equal to nothing', 'ada', 'ada', False, salt='')
    add('with salt, the empty text has a hash', '', hashed[''], True, **salted)
    add('with salt, a number is hashed as its text', 42, hashed['42'], True, **salted)
    add('with salt, a fraction is hashed as its text', 1.5, hashed['1.5'], True, **salted)
    add('with salt, a huge number is hashed as its JSON text', 1e21, hashed['1e+21'], True, **salted)
    add('with salt, minus zero is hashed as 0', -0.0, hashed['0'], True, **salted)
    add('with salt, a boolean is hashed as its text', True, hashed['true'], True, **salted)
    add('with salt, case counts', 'Ada', hashed['ada'], False, **salted)
    add('with salt and ignoreCase, the text is mapped before it is hashed', 'ADA', hashed['ada'], True, ignoreCase=True, **salted)
    add('with salt and ignoreCase, the hash of a text with capitals is never met', 'Ada', hashed['Ada'], False, ignoreCase=True, **salted)
    add('with salt, an accented text is hashed', 'straße', hashed['straße'], True, **salted)
    add('with salt, an element of an array may fit', ['grace', 'ada'], hashed['ada'], True, **salted)
    add('with salt, an object has no text', {}, hashed[''], False, **salted)
    add('with salt, a hash in capitals is another text', 'ada', hashed['ada'].upper(), False, **salted)
    add('with salt and negate, a text that is not listed fits', 'grace', hashed['ada'], True, negate=True, **salted)
    add('with salt and negate, a listed text does not fit', 'ada', hashed['ada'], False, negate=True, **salted)
    add_hashed_identifiers(cases, hashed, salted)
    for op in ('startsWith', 'contains', 'matches'):
        adder(cases, op)('salt is not looked at', 'ada', 'ada', True, salt='salt-1')


def add_ignore_case(cases):
    parts = {'in': 'CHECKOUT', 'startsWith': 'CHECK', 'endsWith': 'OUT', 'contains': 'ECK', 'matches': 'C*T'}
    for op in TEXT_OPERATORS:
        add = adder(cases, op)
        add('case counts', 'checkout', parts[op], False)
        add('ignoreCase maps the value', 'checkout', parts[op], True, ignoreCase=True)
        add('ignoreCase maps the attribute', 'CHECKOUT', parts[op].lower(), True, ignoreCase=True)
        add('ignoreCase maps both sides', 'ChEcKoUt', parts[op], True, ignoreCase=True)
        add('ignoreCase false is as without', 'checkout', parts[op], False, ignoreCase=False)
        add('ignoreCase maps elements of an array', ['CART', 'CHECKOUT'], parts[op].lower(), True, ignoreCase=True)
        add('ignoreCase and negate', 'CHECKOUT', parts[op].lower(), False, ignoreCase=True, negate=True)

    add = adder(cases, 'in')
    add('ignoreCase maps letters outside ASCII', 'ÉCOLE ПЛАН', 'école план', True, ignoreCase=True)
    add('ignoreCase maps a capital sigma at the end of a word', 'ΟΔΟΣ', 'οδος', True, ignoreCase=True)
    add('ignoreCase maps a capital sigma in a word', 'ΣΟΦΙΑ', 'σοφια', True, ignoreCase=True)
    add('ignoreCase maps, it does not fold: ß is not ss', 'STRASSE', 'straße', False, ignoreCase=True)
    add('ignoreCase maps a capital ß', 'STRAẞE', 'straße', True, ignoreCase=True)
    add('ignoreCase maps a dotted capital I to i and a dot', 'İ', 'i\u0307', True, ignoreCase=True)
    add('ignoreCase knows no language: I is i', 'I', 'i', True, ignoreCase=True)
    add('ignoreCase knows no language: I is not a dotless ı', 'I', 'ı', False, ignoreCase=True)
    add('ignoreCase maps letters of four bytes', '𐐀', '𐐨', True, ignoreCase=True)
    add('ignoreCase maps the Kelvin sign', 'K', 'k', True, ignoreCase=True)
    add('ignoreCase does not make a text a number', '7', 7, False, ignoreCase=True)
    add('ignoreCase leaves numbers alone', 7, 7, True, ignoreCase=True)
    adder(cases, 'matches')('ignoreCase maps the bounds of a class', 'b', '[A-C]', True, ignoreCase=True)
    adder(cases, 'matches')('ignoreCase maps what a class is asked', 'B', '[a-c]', True, ignoreCase=True)
    adder(cases, 'matches')('without ignoreCase a class is exact', 'B', '[a-c]', False)
    adder(cases, 'semverEq')('ignoreCase is not looked at', '1.0.0-RC', '1.0.0-rc', False, ignoreCase=True)
    adder(cases, 'before')('ignoreCase does not make a small t a date', '2026-01-01t00:00:00z', '2026-06-01', False, ignoreCase=True)


def add_texts(cases):
    for op in ('startsWith', 'endsWith', 'contains'):
        add = adder(cases, op)
        add('the empty value fits every text', 'checkout', '', True)
        add('the empty value fits the empty text', '', '', True)
        add('a text fits itself', 'checkout', 'checkout', True)
        add('a longer value fits nothing', 'check', 'checkout', False)
        add('a value fits the empty text only if it is empty', '', 'c', False)
        add('an emoji fits', '😀', '😀', True)
        add('a star is only a star', 'checkout', '*', False)
        add('the empty value does not fit a number', 7, '', False)
    adder(cases, 'startsWith')('the end is not the start', 'checkout', 'out', False)
    adder(cases, 'endsWith')('the start is not the end', 'checkout', 'check', False)
    adder(cases, 'contains')('parts in another order are not contained', 'checkout', 'outcheck', False)
    adder(cases, 'contains')('a part may overlap one that fails', 'aaab', 'aab', True)
    adder(cases, 'startsWith')('a composed accent does not start with its letter', 'été', 'e', False)
    adder(cases, 'startsWith')('a decomposed accent starts with its letter', 'e\u0301te\u0301', 'e', True)


GLOBS = [
    ('a text without special characters fits itself', 'checkout', 'checkout', True),
    ('a text without special characters fits no longer text', 'checkouts', 'checkout', False),
    ('a text without special characters fits no part', 'a checkout', 'checkout', False),
    ('the empty glob fits the empty text', '', '', True),
    ('the empty glob fits nothing else', 'a', '', False),
    ('a star fits the empty text', '', '*', True),
    ('a star fits every text', 'any text', '*', True),
    ('a star fits line feeds', 'a\nb', 'a*b', True),
    ('a star in front', 'ada@example.com', '*@example.com', True),
    ('a star in front fits no longer text', 'ada@example.com.evil', '*@example.com', False),
    ('a star behind', 'eng-3', 'eng-*', True),
    ('a star behind may fit nothing', 'eng-', 'eng-*', True),
    ('a star between', 'abc', 'a*c', True),
    ('a star between may fit nothing', 'ac', 'a*c', True),
    ('a star releases characters that it matched', 'abcbc', 'a*bc', True),
    ('a star takes as much as it needs', 'abcabd', 'a*d', True),
    ('two stars', 'xxabyyabzz', '*ab*ab*', True),
    ('two stars need what stands between them twice', 'xxabyyzz', '*ab*ab*', False),
    ('what two stars enclose may not overlap', 'aba', '*ab*ba*', False),
    ('stars in a row are one', 'abc', 'a***c', True),
    ('stars alone fit the empty text', '', '****', True),
    ('many stars that all have to give back', 'a' * 40, '*a' * 20 + 'b', False),
    ('many stars that all take little', 'a' * 40, '*a' * 20, True),
    ('a question mark fits one character', 'a', '?', True),
    ('a question mark does not fit the empty text', '', '?', False),
    ('a question mark does not fit two characters', 'ab', '?', False),
    ('a question mark fits an emoji, which is one code point', '😀', '?', True),
    ('two question marks do not fit one emoji', '😀', '??', False),
    ('a question mark does not fit a decomposed accent, which is two', 'e\u0301', '?', False),
    ('two question marks fit a decomposed accent', 'e\u0301', '??', True),
    ('a question mark fits a line feed', 'a\nb', 'a?b', True),
    ('a question mark and a star ask for one or more', '', '?*', False),
    ('a star and a question mark fit one character', 'a', '*?', True),
    ('a question mark fits a lone surrogate', '\ud800', '?', True),
    ('a class fits one of its characters', 'b', '[abc]', True),
    ('a class fits no other character', 'd', '[abc]', False),
    ('a class does not fit the empty text', '', '[abc]', False),
    ('a class fits only one character', 'ab', '[abc]', False),
    ('a class amid text', 'eng-3', 'eng-[1-7]', True),
    ('a class amid text that does not fit', 'eng-8', 'eng-[1-7]', False),
    ('the first of a range fits', 'a', '[a-c]', True),
    ('the last of a range fits', 'c', '[a-c]', True),
    ('what lies before a range does not fit', '`', '[a-c]', False),
    ('what lies behind a range does not fit', 'd', '[a-c]', False),
    ('several ranges', 'f', '[0-9a-f]', True),
    ('several ranges leave a gap', 'G', '[0-9a-f]', False),
    ('a range of one', 'a', '[a-a]', True),
    ('a range that ends before it starts holds nothing', 'b', '[c-a]', False),
    ('a range that ends before it starts does not hold its bounds', 'c', '[c-a]', False),
    ('an empty range beside a character', 'x', '[c-ax]', True),
    ('a range of emoji goes by code point', '😃', '[😀-😆]', True),
    ('a range of emoji has an end', '🙈', '[😀-😆]', False),
    ('a range over the surrogates goes by code point, not by UTF-16', '😀', '[\ue000-\uffff]', False),
    ('a range from three bytes to four', '😀', '[\uffff-\U0001ffff]', True),
    ('an emoji in a class', '😀', '[a😀]', True),
    ('! negates a class', 'd', '[!abc]', True),
    ('! excludes what the class holds', 'a', '[!abc]', False),
    ('^ negates a class', 'd', '[^abc]', True),
    ('^ excludes what the class holds', 'a', '[^abc]', False),
    ('a negated class needs a character', '', '[!abc]', False),
    ('a negated class fits an emoji', '😀', '[!a]', True),
    ('a negated range', 'd', '[!a-c]', True),
    ('a negated range excludes its end', 'c', '[!a-c]', False),
    ('! is literal behind the first place', '!', '[a!]', True),
    ('^ is literal behind the first place', '^', '[a^]', True),
    ('a second ! is literal', '!', '[!!]', False),
    ('! behind ^ is literal', '!', '[^!]', False),
    ('a ] in the first place is literal', ']', '[]]', True),
    ('a ] in the first place is one of several', 'a', '[]a]', True),
    ('a ] in the first place behind a negation is literal', ']', '[!]]', False),
    ('a class without ]', 'a', '[!]]', True),
    ('a range from ] in the first place', '^', '[]-a]', True),
    ('a [ in a class is literal', '[', '[[]', True),
    ('a [ in a class opens nothing', 'a', '[[a]', True),
    ('a - in the first place is literal', '-', '[-a]', True),
    ('a - in the last place is literal', '-', '[a-]', True),
    ('a - in the last place makes no range', 'b', '[a-]', False),
    ('a - behind a range is literal', '-', '[a-c-e]', True),
    ('a - behind a range makes no other range', 'd', '[a-c-e]', False),
    ('a - alone', '-', '[-]', True),
    ('a range from - to /', '.', '[--/]', True),
    ('a - behind a negation is literal', '-', '[!-]', False),
    ('a star in a class is literal', '*', '[*]', True),
    ('a star in a class fits nothing else', 'a', '[*]', False),
    ('a question mark in a class is literal', '?', '[?]', True),
    ('a question mark in a class fits nothing else', 'a', '[?]', False),
    ('\\ in a class makes ] literal', ']', '[a\\]]', True),
    ('\\ in a class is not literal itself', '\\', '[a\\]]', False),
    ('\\ in a class makes - literal', '-', '[a\\-c]', True),
    ('\\ in a class makes no range of an escaped -', 'b', '[a\\-c]', False),
    ('\\ in a class makes ! literal', '!', '[\\!a]', True),
    ('\\ before the ! of a class takes the negation away', 'b', '[\\!a]', False),
    ('\\ in a class may stand at the bounds of a range', 'b', '[\\a-\\c]', True),
    ('\\ in a class makes \\ literal', '\\', '[\\\\]', True),
    ('a class of an escaped ] without an end is literal', '[a]', '[a\\]', True),
    ('a [ without an end is literal', '[abc', '[abc', True),
    ('a [ without an end is not a class', 'a', '[abc', False),
    ('a [ alone is literal', '[', '[', True),
    ('an empty class has no end', '[]', '[]', True),
    ('an empty negated class has no end', '[!]', '[!]', True),
    ('behind a [ without an end stars are stars', '[abc', '[a*', True),
    ('behind a [ without an end question marks are question marks', '[ab', '[a?', True),
    ('behind a [ without an end escapes are escapes', '[*', '[\\*', True),
    ('two [ without an end', '[[', '[[', True),
    ('a class behind text with a ]', ']a', ']a', True),
    ('a class before a [ without an end', 'a[b', '[a][b', True),
    ('a ] outside a class is literal', 'a]', 'a]', True),
    ('a - outside a class is literal', 'a-c', 'a-c', True),
    ('a ! outside a class is literal', '!a', '!a', True),
    ('\\ makes a star literal', '*', '\\*', True),
    ('an escaped star fits nothing else', 'a', '\\*', False),
    ('\\ makes a question mark literal', 'a?', 'a\\?', True),
    ('an escaped question mark fits nothing else', 'ab', 'a\\?', False),
    ('\\ makes a [ literal', '[a]', '\\[a]', True),
    ('an escaped [ opens no class', 'a', '\\[a]', False),
    ('\\ makes \\ literal', '\\', '\\\\', True),
    ('an escaped \\ escapes nothing', '\\abc', '\\\\*', True),
    ('\\ before a plain character is that character', 'a', '\\a', True),
    ('\\ before n is not a line feed', '\n', '\\n', False),
    ('\\ before an emoji is that emoji', '😀', '\\😀', True),
    ('\\ at the end is itself', 'a\\', 'a\\', True),
    ('\\ at the end is not another character', 'ab', 'a\\', False),
    ('two classes fit two characters', 'b7', '[a-c][0-9]', True),
    ('two classes in another order do not fit', '7b', '[a-c][0-9]', False),
    ('two classes with text between', 'eng-b-7', 'eng-[a-c]-[!a-c]', True),
    ('two classes with a star between', 'b and then 7', '[a-c]*[0-9]', True),
    ('a class behind an escaped [', '[a', '\\[[a]', True),
    ('a class behind a literal ]', ']a', '][a]', True),
    ('characters of regular expressions are literal', 'a.b+c(d)$', 'a.b+c(d)$', True),
    ('a dot fits only a dot', 'axb', 'a.b', False),
    ('braces are literal', '{a,b}', '{a,b}', True),
    ('braces are no alternatives', 'a', '{a,b}', False),
    ('two stars are no more than one', 'a/b/c', 'a/**', True),
    ('a star fits slashes', 'a/b/c', 'a/*', True),
]


def add_globs(cases):
    add = adder(cases, 'matches')
    for name, text, glob, expected in GLOBS:
        add(name, text, glob, expected)


def add_glob_limits(cases):
    add = adder(cases, 'matches')
    add('a glob of 256 code points counts', 'a' * 256, 'a' * 256, True)
    add('a glob of 257 code points matches nothing', 'a' * 257, 'a' * 257, False)
    add('a glob of 257 code points matches nothing, negated', 'a' * 257, 'a' * 257, True, negate=True)
    add('a glob of 256 emoji counts', '😀' * 256, '😀' * 256, True)
    add('a glob of 257 emoji matches nothing', '😀' * 257, '😀' * 257, False)
    add('a glob of 256 code points with a star counts', 'a' * 300, 'a' * 255 + '*', True)
    add('a glob of 257 stars matches nothing', 'a', '*' * 257, False)
    add('a glob of 258 characters that escape 129 matches nothing', 'a' * 129, '\\a' * 129, False)
    add('a long text may fit a short glob', 'a' * 3000 + 'b', 'a*b', True)
    clause = {'attribute': 'x', 'op': 'matches', 'values': ['*' * 257, 'a*']}
    cases.add('matches: a glob that is too long does not disturb another', clause=clause, context={'x': 'ab'}, expected=True)
