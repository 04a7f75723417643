"""The operators of docs/spec.md §4 for reference.py.

Each compares one attribute value, which is never an array, with one value of the clause.
"""

import ipaddress
import re

from reference_values import is_number, is_text

MAX_GLOB = 256


def equal(value, wanted):
    if is_text(value, wanted):
        return value == wanted
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    return is_number(value) and is_number(wanted) and value == wanted


def glob_tokens(glob):
    """Returns ('many',), ('any',), ('one', code point), ('class', negated, [(low, high)]) items."""
    tokens, at = [], 0
    while at < len(glob):
        if glob[at] == '*':
            token, at = ('many',), at + 1
        elif glob[at] == '?':
            token, at = ('any',), at + 1
        elif glob[at] == '[' and (found := glob_class(glob, at + 1)):
            token, at = found
        else:
            code, at = glob_literal(glob, at)
            token = ('one', code)
        tokens.append(token)
    return tokens


def glob_literal(glob, at):
    if glob[at] == '\\' and at + 1 < len(glob):
        at += 1
    return glob[at], at + 1


def glob_class(glob, at):
    """Returns the class that starts at `at`, after '[', and its end; None without an end."""
    negated = glob[at : at + 1] in ('!', '^')
    at = first = at + negated
    ranges = []
    while at < len(glob):
        if glob[at] == ']' and at > first:
            return ('class', negated, ranges), at + 1
        low, at = glob_literal(glob, at)
        high = low
        if glob[at : at + 1] == '-' and glob[at + 1 : at + 2] not in ('', ']'):
            high, at = glob_literal(glob, at + 1)
        ranges.append((low, high))
    return None


def matches(text, glob):
    if len(glob) > MAX_GLOB:
        return False

    # The lengths of the prefixes of `text` that the tokens so far match.
    ends = {0}
    for token in glob_tokens(glob):
        if token[0] == 'many':
            ends = set(range(min(ends), len(text) + 1)) if ends else set()
        else:
            ends = {end + 1 for end in ends if end < len(text) and token_matches(token, text[end])}
    return len(text) in ends


def token_matches(token, code):
    if token[0] == 'class':
        return token[1] != any(low <= code <= high for low, high in token[2])
    return token[0] == 'any' or token[1] == code


DATE = re.compile(
    r'([0-9]{4})-([0-9]{2})-([0-9]{2})'
    r'(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?(?:Z|([+-])([0-9]{2}):([0-9]{2})))?'
)


def epoch_ms(value):
    if is_number(value):
        return value
    found = DATE.fullmatch(value) if is_text(value) else None
    if not found:
        return None

    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    fraction, sign, offset_hour, offset_minute = found.groups()[6:]
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    lengths = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    offset = [int(offset_hour or 0), int(offset_minute or 0)]
    if not (1 <= month <= 12 and 1 <= day <= lengths[month - 1]):
        return None
    if max(hour, offset[0]) > 23 or max(minute, second, offset[1]) > 59:
        return None

    before = year - 1
    days = 365 * year + before // 4 - before // 100 + before // 400 + sum(lengths[: month - 1]) + day
    # 719163 is the same sum for 1970-01-01.
    minutes = ((days - 719163 - 365) * 24 + hour) * 60 + minute
    minutes -= (offset[0] * 60 + offset[1]) * (-1 if sign == '-' else 1)
    return (minutes * 60 + second) * 1000 + int(((fraction or '') + '000')[:3])


NUMERIC = r'(?:0|[1-9][0-9]*)'
PART = rf'(?:{NUMERIC}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)'
SEMVER = re.compile(
    rf'({NUMERIC})\.({NUMERIC})\.({NUMERIC})(?:-({PART}(?:\.{PART})*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?'
)


def precedence(text):
    """Returns a version as a value that compares by precedence, or None."""
    found = SEMVER.fullmatch(text) if is_text(text) else None
    if not found:
        return None

    # Digits compare as numbers by length first: a version may exceed the digits that int() accepts.
    def by_value(digits):
        return len(digits), digits

    *numbers, prerelease = found.groups()
    parts = [(0, by_value(part)) if part.isdigit() else (1, part) for part in (prerelease or '').split('.')]
    return [by_value(number) for number in numbers], prerelease is None, parts


INCOMPLETE = re.compile(r'[vV]?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(.*)', re.DOTALL)


def read_precedence(text):
    """Reads a version of a context: drops a leading v, and adds missing numbers as zeros."""
    found = INCOMPLETE.fullmatch(text) if is_text(text) else None
    if not found:
        return None
    major, minor, patch, rest = found.groups()
    return precedence(f'{major}.{minor or 0}.{patch or 0}{rest}')


def network(text):
    """Returns family, address and prefix length (the full length for an address), or None."""
    address, slash, length = text.partition('/')
    if '%' in address or slash and not re.fullmatch('0|[1-9][0-9]{0,2}', length):
        return None
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None

    prefix = int(length) if slash else parsed.max_prefixlen
    if prefix > parsed.max_prefixlen:
        return None
    if parsed.version == 6 and parsed.ipv4_mapped and prefix >= 96:
        return 4, int(parsed.ipv4_mapped), prefix - 96
    return parsed.version, int(parsed), prefix


def in_block(value, block):
    address, of = network(value) if '/' not in value else None, network(block)
    if not address or not of or address[0] != of[0]:
        return False
    behind = (32 if of[0] == 4 else 128) - of[2]
    return address[1] >> behind == of[1] >> behind


def compared(parse, decide, read=None):
    """Compares a value of a context, read by `read`, with a value of a rule, read by `parse`."""

    def holds(value, wanted):
        left, right = (read or parse)(value), parse(wanted)
        return left is not None and right is not None and decide(left, right)

    return holds


def number(value):
    return value if is_number(value) else None


JSON_NUMBER = re.compile(r'-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?')


def read_number(value):
    return number(float(value)) if is_text(value) and JSON_NUMBER.fullmatch(value) else number(value)


def text_only(decide):
    return lambda value, wanted: is_text(value, wanted) and decide(value, wanted)


OPERATORS = {
    'in': equal,
    'startsWith': text_only(str.startswith),
    'endsWith': text_only(str.endswith),
    'contains': text_only(lambda value, wanted: wanted in value),
    'matches': text_only(matches),
    'lt': compared(number, lambda a, b: a < b, read_number),
    'lte': compared(number, lambda a, b: a <= b, read_number),
    'gt': compared(number, lambda a, b: a > b, read_number),
    'gte': compared(number, lambda a, b: a >= b, read_number),
    'before': compared(epoch_ms, lambda a, b: a < b),
    'after': compared(epoch_ms, lambda a, b: a > b),
    'semverEq': compared(precedence, lambda a, b: a == b, read_precedence),
    'semverLt': compared(precedence, lambda a, b: a < b, read_precedence),
    'semverLte': compared(precedence, lambda a, b: a <= b, read_precedence),
    'semverGt': compared(precedence, lambda a, b: a > b, read_precedence),
    'semverGte': compared(precedence, lambda a, b: a >= b, read_precedence),
    'cidr': text_only(in_block),
}
IGNORING_CASE = ('in', 'startsWith', 'endsWith', 'contains', 'matches')
