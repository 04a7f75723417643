"""§5 and §6 of docs/spec.md: units, hashes, buckets, canonical JSON, digests and patches."""

import json
import math
import re
from decimal import Decimal

BUCKETS = 100_000


def parse_json(text):
    """Parses JSON with every number as a double: integers would compare and print too exactly."""
    return json.loads(text, parse_int=float)


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def is_text(*values):
    return all(isinstance(value, str) for value in values)


def is_bucket(value):
    return is_number(value) and value == int(value) and 0 <= value <= BUCKETS


# §5 Units, hashes, buckets


def murmur3(text, seed):
    data = re.sub('[\ud800-\udfff]', '\ufffd', text).encode()
    mask = 0xFFFFFFFF

    def rotate(x, bits):
        return (x << bits | x >> 32 - bits) & mask

    def scramble(block):
        return rotate(block * 0xCC9E2D51 & mask, 15) * 0x1B873593 & mask

    hashed = seed
    whole = len(data) // 4 * 4
    for start in range(0, whole, 4):
        hashed ^= scramble(int.from_bytes(data[start : start + 4], 'little'))
        hashed = (rotate(hashed, 13) * 5 + 0xE6546B64) & mask

    hashed ^= scramble(int.from_bytes(data[whole:], 'little')) ^ len(data)
    hashed = (hashed ^ hashed >> 16) * 0x85EBCA6B & mask
    hashed = (hashed ^ hashed >> 13) * 0xC2B2AE35 & mask
    return hashed ^ hashed >> 16


def bucket_of(salt, unit):
    return murmur3(unit, murmur3(salt, 0)) * BUCKETS // 2**32


def hash_identifier(salt, text):
    return ''.join(f'{murmur3(text, murmur3(salt, seed)):08x}' for seed in (0, 1))


def is_sampled(salt, unit, one_in):
    return murmur3(unit, murmur3(salt, 1)) * one_in < 2**32


def unit_text(value):
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if is_number(value):
        return number_text(value)
    return value if isinstance(value, str) else None


def in_range(ranges, bucket):
    return next((variant for start, end, variant in ranges if start <= bucket < end), None)


# §6 Patches and digests; RFC 8785 for the canonical text


def number_text(value):
    """Number::toString of ECMAScript (RFC 8785 §3.2.2.3). repr() finds the same shortest digits."""
    if value == 0:
        return '0'

    sign, digits, exponent = Decimal(repr(float(value))).normalize().as_tuple()
    text, point = ''.join(map(str, digits)), len(digits) + exponent
    if len(text) <= point <= 21:
        text = text + '0' * (point - len(text))
    elif 0 < point <= 21:
        text = f'{text[:point]}.{text[point:]}'
    elif -6 < point <= 0:
        text = f'0.{"0" * -point}{text}'
    else:
        text = f'{text[0]}{"." if text[1:] else ""}{text[1:]}e{point - 1:+d}'
    return '-' * sign + text


def canonical_json(value):
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode('utf-16-be'))
        return '{' + ','.join(f'{canonical_json(key)}:{canonical_json(value[key])}' for key in keys) + '}'
    if isinstance(value, list):
        return '[' + ','.join(map(canonical_json, value)) + ']'
    return number_text(value) if is_number(value) else json.dumps(value, ensure_ascii=False)


def digest_texts(ruleset):
    items = [('flag', ruleset['flags']), ('segment', ruleset['segments'])]
    return [f'{kind}:{key}:{canonical_json(item)}' for kind, of in items for key, item in of.items()]


def digest(ruleset):
    texts = digest_texts(ruleset)
    return ''.join(f'{sum(murmur3(text, seed) for text in texts) % 2**32:08x}' for seed in (0, 1))


def patch(ruleset, change):
    """Returns the patched ruleset, or None if the SDK must fetch the whole ruleset."""
    fits = change['epoch'] == ruleset['epoch'] and change['from'] == ruleset['version']
    if not fits or change['to'] <= change['from']:
        return None

    def merged(kind):
        items = {**ruleset[kind], **change[kind]}
        return {key: item for key, item in items.items() if item is not None}

    return {**ruleset, 'version': change['to'], 'flags': merged('flags'), 'segments': merged('segments')}
