"""identifiers.json: salted hashes of identifiers."""

from reference_values import hash_identifier

from .document import Document

DESCRIPTION = 'The identifier hash (§5): what a salted list holds in place of a text. 16 hexadecimal digits, padded with zeros.'

TEXTS = [
    ('an identifier', 'audience-1', 'ada'),
    ('another identifier', 'audience-1', 'grace'),
    ('the same identifier with another salt', 'audience-2', 'ada'),
    ('the empty identifier', 'audience-1', ''),
    ('the empty salt', '', 'ada'),
    ('the empty identifier with the empty salt', '', ''),
    ('an e-mail address', 'audience-1', 'ada@example.com'),
    ('an upper-case letter', 'audience-1', 'Ada'),
    ('the text of a number', 'audience-1', '42'),
    ('the text of a boolean', 'audience-1', 'true'),
    ('an accent', 'audience-1', 'andré'),
    ('Chinese characters', 'audience-1', '用户一二三'),
    ('an emoji', 'audience-1', '😀'),
    ('a lone surrogate', 'audience-1', 'a\ud800'),
    ('an emoji as salt', '🎲', 'ada'),
    ('a long identifier', 'audience-1', 'x' * 1000),
]


def document():
    cases = Document(DESCRIPTION)
    for name, salt, text in TEXTS:
        cases.add(name, salt=salt, text=text, expected=hash_identifier(salt, text))
    for half, digits in (('first', slice(0, 8)), ('second', slice(8, 16))):
        text = next(f'padded-{i}' for i in range(10_000) if hash_identifier('pad', f'padded-{i}')[digits].startswith('00'))
        cases.add(f'the {half} half begins with zeros', salt='pad', text=text, expected=hash_identifier('pad', text))
    return cases
