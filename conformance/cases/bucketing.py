"""bucketing.json: hashes and buckets."""

from reference_values import bucket_of, murmur3
from units import unit_at

from .document import Document

DESCRIPTION = (
    'murmur3(text, seed), and bucket(salt, unit) with the seed that the salt gives (§5). A case has either "text" and '
    '"seed" and expects the hash alone, or "salt" and "unit". Lone surrogates stand as JSON escapes.'
)

# Values of MurmurHash3_x86_32 that many implementations publish. They check the reference itself.
KNOWN = [
    ('nothing, seed 0', '', 0, 0x00000000),
    ('nothing, seed 1', '', 1, 0x514E28B7),
    ('nothing, the greatest seed', '', 0xFFFFFFFF, 0x81F16F39),
    ('four zero bytes', '\0\0\0\0', 0, 0x2362F9DE),
    ('one letter', 'a', 0x9747B28C, 0x7FA09EA6),
    ('two equal letters', 'aa', 0x9747B28C, 0x5D211726),
    ('three equal letters', 'aaa', 0x9747B28C, 0x283E0130),
    ('four equal letters', 'aaaa', 0x9747B28C, 0x5A97808A),
    ('two letters', 'ab', 0x9747B28C, 0x74875592),
    ('three letters', 'abc', 0x9747B28C, 0xC84A62DD),
    ('four letters', 'abcd', 0x9747B28C, 0xF0478627),
    ('256 letters', 'a' * 256, 0x9747B28C, 0x37405BDC),
    ('a greeting', 'Hello, world!', 0x9747B28C, 0x24884CBA),
    ('Greek letters of two bytes', 'ππππππππ', 0x9747B28C, 0xD58063C1),
    ('a pangram', 'The quick brown fox jumps over the lazy dog', 0x9747B28C, 0x2FA826CD),
    ('the word test', 'test', 0, 0xBA6BD213),
    ('three letters with seed 0', 'abc', 0, 0xB3DD93FA),
    ('a message of 56 bytes', 'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', 0, 0xEE925B90),
]

UNITS = [
    ('the empty unit', ''),
    ('a number written as text', '42'),
    ('the text of a boolean', 'true'),
    ('a zero character', '\0'),
    ('a space', ' '),
    ('a line feed', '\n'),
    ('the last ASCII character', '\x7f'),
    ('the first character of two bytes', '\x80'),
    ('the last character of two bytes', '\u07ff'),
    ('the first character of three bytes', '\u0800'),
    ('the last character of three bytes', '\uffff'),
    ('the first character of four bytes', '\U00010000'),
    ('the last code point', '\U0010ffff'),
    ('a composed accent', 'é'),
    ('a decomposed accent', 'e\u0301'),
    ('an accent behind ASCII', 'andré'),
    ('an accent in the first of two blocks', 'über-al'),
    ('Chinese characters', '用户一二三'),
    ('Japanese kana', 'ユーザー'),
    ('Hebrew letters', 'משתמש'),
    ('an emoji', '😀'),
    ('a family of emoji joined to one glyph', '👩‍👩‍👧‍👦'),
    ('ASCII and an emoji', 'user-😀-1'),
    ('the replacement character', '\ufffd'),
    ('a lone high surrogate', '\ud800'),
    ('a lone low surrogate', '\udc00'),
    ('a high surrogate between letters', 'a\ud83db'),
    ('a low surrogate at the end', 'user-\ude00'),
    ('surrogates in the wrong order', '\ude00\ud83d'),
    ('two high surrogates and a low one', '\ud83d\U0001f600'),
    ('a UUID', '5f0c2a3e-9a56-4c1d-8a43-9b7d1f0e2c55'),
    ('an e-mail address', 'ada@example.com'),
    ('the name of a prototype', '__proto__'),
]

SALTS = [
    ('the empty salt', ''),
    ('a salt with an accent', 'café'),
    ('an emoji as salt', '🎲'),
    ('a lone surrogate as salt', '\ud800'),
    ('a salt of four characters', 'salt'),
    ('a salt of five characters', 'salt5'),
    ('a long salt', 'checkout.rollout.2026-11-20T00:00:00Z/production/acme'),
]

# Hashes on both sides of a bucket's first hash and of the sign bit. evaluate.json uses them too.
EDGES = [
    ('the hash 0', 'edge-10011', 'qhc7', 0, 0),
    ('the last hash of bucket 0', 'edge-1061', 'tmzz', 42_949, 0),
    ('the first hash of bucket 1', 'edge-2102', 'syhh', 42_950, 1),
    ('the greatest hash without the sign bit', 'edge-3527', '6izd', 2**31 - 1, 49_999),
    ('the least hash with the sign bit', 'edge-3578', '4y6u', 2**31, 50_000),
    ('the last hash of bucket 99,998', 'edge-482', '226g', 4_294_924_346, 99_998),
    ('the greatest hash', 'edge-3405', 'tauh', 2**32 - 1, 99_999),
]


def document():
    cases = Document(DESCRIPTION)

    def bucket(name, salt, unit):
        seed = murmur3(salt, 0)
        expected = {'seed': seed, 'hash': murmur3(unit, seed), 'bucket': bucket_of(salt, unit)}
        cases.add(name, salt=salt, unit=unit, expected=expected)

    for name, text, seed, known in KNOWN:
        cases.add(f'known hash: {name}', text=text, seed=seed, expected={'hash': known})
    for name, salt, unit, hashed, number in EDGES:
        bucket(f'edge: {name}', salt, unit)
        expected = cases.cases[-1]['expected']
        assert (expected['hash'], expected['bucket']) == (hashed, number), name
    for number in (0, 1, 2, 49_999, 50_000, 99_998, 99_999):
        for side, last in (('first', False), ('last', True)):
            bucket(f'the {side} hash of bucket {number} that four characters give', 'checkout', unit_at('checkout', number, last))
            assert cases.cases[-1]['expected']['bucket'] == number
    for name, unit in UNITS:
        bucket(f'unit: {name}', 'checkout', unit)
    for name, salt in SALTS:
        bucket(f'salt: {name}', salt, 'user-1')
        bucket(f'{name}, with a unit that is not ASCII', salt, 'andré')
    for length in range(1, 34):
        bucket(f'a unit of {length} ASCII characters', 'checkout', 'abcdefghijklmnopqrstuvwxyz0123456789'[:length])
    for length in range(1, 10):
        bucket(f'a unit of {length} characters of two bytes', 'checkout', 'áéíóúàèìò'[:length])
    for length in range(1, 6):
        bucket(f'a unit of {length} characters of three bytes', 'checkout', '用户一二三'[:length])
    for length in (255, 256, 257, 767, 768, 769, 1023, 1024, 1025, 4096):
        bucket(f'a unit of {length} ASCII characters, longer than many buffers', 'checkout', 'x' * length)
    for length in (85, 86, 256, 257, 341, 342, 1025):
        bucket(f'a unit of {length} characters of three bytes, longer than many buffers', 'checkout', '字' * length)
    bucket('a unit of 300 emoji', 'checkout', '😀' * 300)
    bucket('a unit of 300 lone surrogates', 'checkout', '\ud83d' * 300)
    return cases
