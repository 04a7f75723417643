"""operators.json: edge cases of numbers, dates, versions and addresses."""

from json import dumps

from .document import adder


def add_all(cases):
    for add_some in (add_numbers, add_dates, add_semver, add_cidr):
        add_some(cases)


NO_NUMBERS = [' 1', '1 ', '1\n', '+1', '01', '-', '.5', '5.', '0x1', '1e', 'e1', '1e999', 'NaN', 'Infinity', '1_000', '1,5', '١', 'one']


def add_numbers(cases):
    for op, less, equal, greater in (('lt', True, False, False), ('lte', True, True, False), ('gt', False, False, True), ('gte', False, True, True)):
        add = adder(cases, op)
        add('a lesser number', -1, 0, less)
        add('an equal number', 0, 0, equal)
        add('a greater number', 1, 0, greater)
        add('minus zero and zero are equal', -0.0, 0, equal)
        add('fractions', 0.1, 0.2, less)
        add('the sum of a tenth and two tenths is a little more than three', 0.30000000000000004, 0.3, greater)
        add('huge numbers', 1e308, 1.7e308, less)
        add('the least positive number', 5e-324, 0, greater)
        add('numbers beyond 2^53 are doubles', 9007199254740993, 9007199254740992, equal)
        add('a number as text is a number', '1', 0, greater)
        add('a negative fraction as text is a number', '-0.50', -0.5, equal)
        add('an exponent as text is a number', '1E+2', 100, equal)
        add('minus zero as text is zero', '-0', 0, equal)
        add('a huge integer as text is a double', '9007199254740993', 9007199254740992, equal)
        add('a rule does not accept a number as text', 1, '1', False)
        for text in NO_NUMBERS:
            add(f'{dumps(text)} is not a number', text, 0, False)
        add('the empty text is not zero', '', 0, False)
        add('false is not zero', False, 0, False)
        clause = {'attribute': 'x', 'op': op, 'values': [-1, 1]}
        for held in ('', True, {}):
            cases.add(f'{op}: {dumps(held)} is not a number beside two bounds', clause=clause, context={'x': held}, expected=False)
    clause = {'attribute': 'x', 'op': 'lt', 'values': [1, 5]}
    cases.add('lt: one bound that fits is enough', clause=clause, context={'x': 3}, expected=True)
    clause = {'attribute': 'x', 'op': 'gt', 'values': [5, 1]}
    cases.add('gt: one bound that fits is enough', clause=clause, context={'x': 3}, expected=True)


# Texts of the same instant.
SAME_INSTANTS = [
    ('midnight of a day without a time', '2026-11-20', '2026-11-20T00:00:00Z'),
    ('a time without seconds', '2026-11-20T12:30Z', '2026-11-20T12:30:00Z'),
    ('one digit of fraction', '2026-11-20T12:30:00.5Z', '2026-11-20T12:30:00.500Z'),
    ('two digits of fraction', '2026-11-20T12:30:00.25Z', '2026-11-20T12:30:00.250Z'),
    ('a fraction is cut to ms, not rounded', '2026-11-20T12:30:00.123999999Z', '2026-11-20T12:30:00.123Z'),
    ('a fraction below a millisecond is cut', '2026-11-20T12:30:00.0009Z', '2026-11-20T12:30:00Z'),
    ('a fraction before 1970 is cut towards the second', '1969-12-31T23:59:59.9999Z', '1969-12-31T23:59:59.999Z'),
    ('an offset to the east', '2026-11-20T12:30:00+05:30', '2026-11-20T07:00:00Z'),
    ('an offset to the west', '2026-11-20T12:30:00-08:00', '2026-11-20T20:30:00Z'),
    ('an offset across midnight', '2026-11-20T23:30:00-01:00', '2026-11-21T00:30:00Z'),
    ('an offset across the year', '2026-01-01T00:30:00+01:00', '2025-12-31T23:30:00Z'),
    ('an offset of nothing', '2026-11-20T12:30:00+00:00', '2026-11-20T12:30:00Z'),
    ('an offset of minus nothing', '2026-11-20T12:30:00-00:00', '2026-11-20T12:30:00Z'),
    ('the greatest offset', '2026-11-20T23:59:00+23:59', '2026-11-20T00:00:00Z'),
    ('an offset behind a fraction', '2026-11-20T12:30:00.5+01:00', '2026-11-20T11:30:00.5Z'),
    ('an offset behind minutes', '2026-11-20T12:30+01:00', '2026-11-20T11:30Z'),
    ('the start of the epoch', '1970-01-01', 0),
    ('a second before the epoch', '1969-12-31T23:59:59Z', -1000),
    ('a number of epoch ms', 1_795_176_000_000, '2026-11-20T12:00:00Z'),
    ('a leap day', '2024-02-29T12:00:00Z', 1_709_208_000_000),
    ('the day behind a leap day', '2024-03-01', 1_709_251_200_000),
    ('the leap day of a century that has one', '2000-02-29', 951_782_400_000),
    ('the last ms of 1999', '1999-12-31T23:59:59.999Z', 946_684_799_999),
    ('the last ms of the year 9999', '9999-12-31T23:59:59.999Z', 253_402_300_799_999),
    ('a year below 100', '0099-01-01', -59_042_995_200_000),
    ('the year 0', '0000-01-01', -62_167_219_200_000),
    ('the leap day of the year 0', '0000-02-29', -62_162_121_600_000),
]

NO_DATES = [
    ('the empty text', ''),
    ('a text', 'today'),
    ('a number as text', '1795176000000'),
    ('a leap day of a common year', '2026-02-29'),
    ('a leap day of a century without one', '1900-02-29'),
    ('a thirteenth month', '2026-13-01'),
    ('a month 0', '2026-00-01'),
    ('a day 0', '2026-01-00'),
    ('a 31st of April', '2026-04-31'),
    ('a 32nd of January', '2026-01-32'),
    ('an hour 24', '2026-01-01T24:00:00Z'),
    ('a minute 60', '2026-01-01T00:60:00Z'),
    ('a leap second', '2016-12-31T23:59:60Z'),
    ('a time without a zone', '2026-01-01T00:00:00'),
    ('a day with a zone', '2026-01-01Z'),
    ('an hour without minutes', '2026-01-01T00Z'),
    ('a fraction of minutes', '2026-01-01T00:00.5Z'),
    ('a fraction without digits', '2026-01-01T00:00:00.Z'),
    ('ten digits of fraction', '2026-01-01T00:00:00.0000000001Z'),
    ('a comma before the fraction', '2026-01-01T00:00:00,5Z'),
    ('an offset without a colon', '2026-01-01T00:00:00+0100'),
    ('an offset of hours alone', '2026-01-01T00:00:00+01'),
    ('an offset of 24 hours', '2026-01-01T00:00:00+24:00'),
    ('an offset of 60 minutes', '2026-01-01T00:00:00+00:60'),
    ('a small t', '2026-01-01t00:00:00Z'),
    ('a small z', '2026-01-01T00:00:00z'),
    ('a space in place of T', '2026-01-01 00:00:00Z'),
    ('white space around', ' 2026-01-01 '),
    ('a line feed behind', '2026-01-01\n'),
    ('one digit of a month', '2026-1-01'),
    ('a year of two digits', '26-01-01'),
    ('a year of five digits', '12026-01-01'),
    ('a signed year', '+002026-01-01'),
    ('a day of the year', '2026-001'),
    ('a week', '2026-W01-1'),
    ('a date without dashes', '20260101'),
    ('a month alone', '2026-01'),
    ('digits that are not ASCII', '٢٠٢٦-٠١-٠١'),
    ('an RFC 1123 date', 'Thu, 01 Jan 2026 00:00:00 GMT'),
    ('true', True),
    ('an object', {}),
]


def add_dates(cases):
    before, after = adder(cases, 'before'), adder(cases, 'after')
    for name, one, other in SAME_INSTANTS:
        # Four cases show that two texts are the same instant: neither is before or after the other,
        # and one ms makes the difference.
        before(f'{name} is not before the same instant', one, other, False)
        after(f'{name} is not after the same instant', one, other, False)
        if not isinstance(other, str):
            before(f'{name} is before the next ms', one, other + 1, True)
            after(f'{name} is after the ms before', one, other - 1, True)
    for name, text in NO_DATES:
        before(f'{name} is not a date as attribute', text, '9999-12-31', False)
        after(f'{name} is not a date as value', '9999-12-31', text, False)
    before('a fraction of a ms is a number', 0.25, 0.5, True)
    before('a number need not be an instant that calendars know', -1e300, '2026-01-01', True)
    after('a huge number is after every date', 1e300, '9999-12-31', True)
    before('an array holds a date', ['never', '2026-01-01'], '2026-06-01', True)


CHAIN = ['1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta', '1.0.0-beta.2', '1.0.0-beta.11', '1.0.0-rc.1', '1.0.0', '1.0.1', '1.1.0', '2.0.0', '10.0.0']

IN_ORDER = [
    ('numbers compare as numbers', '1.9.0', '1.10.0'),
    ('the major number decides first', '1.99.99', '2.0.0'),
    ('the minor number decides before the patch', '1.1.99', '1.2.0'),
    ('numbers beyond 2^53 are exact', '1.0.9007199254740992', '1.0.9007199254740993'),
    ('numbers beyond 2^64 are exact', '18446744073709551615.0.0', '18446744073709551616.0.0'),
    ('numbers of 100 digits are exact', '1.0.' + '9' * 99, '1.0.1' + '0' * 99),
    ('numbers of ten digits', '1.0.999999999', '1.0.1000000000'),
    ('numbers in a prerelease compare as numbers', '1.0.0-9', '1.0.0-10'),
    ('huge numbers in a prerelease are exact', '1.0.0-9007199254740992', '1.0.0-9007199254740993'),
    ('a number is less than a word', '1.0.0-999999999999', '1.0.0-a'),
    ('a number is less than a hyphen', '1.0.0-1', '1.0.0--'),
    ('fewer parts are less', '1.0.0-a', '1.0.0-a.0'),
    ('an earlier part decides before the count', '1.0.0-a.b.c', '1.0.0-b'),
    ('words compare by ASCII: capitals first', '1.0.0-RC', '1.0.0-alpha'),
    ('words compare by ASCII: digits before letters', '1.0.0-1a', '1.0.0-a1'),
    ('words compare by ASCII: a hyphen before digits', '1.0.0-a-b', '1.0.0-a0b'),
    ('a word that starts another is less', '1.0.0-alpha', '1.0.0-alphabet'),
    ('a prerelease is less than its version', '1.0.0-z', '1.0.0'),
    ('a prerelease is more than the version before', '0.9.9', '1.0.0-0'),
    ('a number in a word is not a number', '1.0.0-a10', '1.0.0-a9'),
]

NO_VERSIONS = [
    ('the empty text', ''),
    ('four numbers', '1.0.0.0'),
    ('a v alone', 'v'),
    ('two v', 'vv1.0.0'),
    ('a v and white space', 'v 1.0.0'),
    ('a word', 'version1'),
    ('a leading zero after a v', 'v01'),
    ('two numbers and a dot', '1.0.'),
    ('an equals sign', '=1.0.0'),
    ('a leading zero of the major number', '01.0.0'),
    ('a leading zero of the minor number', '1.00.0'),
    ('a leading zero of the patch', '1.0.01'),
    ('a leading zero in a prerelease', '1.0.0-01'),
    ('a leading zero in a later part', '1.0.0-a.00'),
    ('an empty prerelease', '1.0.0-'),
    ('an empty part of a prerelease', '1.0.0-a..b'),
    ('a dot behind a prerelease', '1.0.0-a.'),
    ('empty build metadata', '1.0.0+'),
    ('an empty part of build metadata', '1.0.0+a..b'),
    ('two builds', '1.0.0+a+b'),
    ('an underscore', '1.0.0-a_b'),
    ('a letter that is not ASCII', '1.0.0-é'),
    ('a digit that is not ASCII', '١.0.0'),
    ('a negative number', '-1.0.0'),
    ('a sign', '+1.0.0'),
    ('a missing number', '1..0'),
    ('a dot behind', '1.0.0.'),
    ('a dot before', '.1.0.0'),
    ('white space before', ' 1.0.0'),
    ('white space behind', '1.0.0 '),
    ('a line feed behind', '1.0.0\n'),
    ('a range', '1.x'),
    ('a caret', '^1.0.0'),
    ('an exponent', '1e1.0.0'),
    ('a hexadecimal number', '0x1.0.0'),
]


# Versions that a context may hold, and what they are read as. A rule may not.
COMPLETED = [
    ('one number', '1', '1.0.0'),
    ('two numbers', '1.2', '1.2.0'),
    ('a v', 'v1.2.3', '1.2.3'),
    ('a capital V', 'V1.2.3', '1.2.3'),
    ('a v and one number', 'v2', '2.0.0'),
    ('a v and two numbers', 'v2.0', '2.0.0'),
    ('a prerelease behind two numbers', '2.0-beta.1', '2.0.0-beta.1'),
    ('a prerelease behind one number', 'v2-rc', '2.0.0-rc'),
    ('build metadata behind one number', '2+build.5', '2.0.0'),
    ('one number of eleven digits', '12345678901', '12345678901.0.0'),
]


def add_semver(cases):
    add = {op: adder(cases, op) for op in ('semverEq', 'semverLt', 'semverLte', 'semverGt', 'semverGte')}

    def ordered(name, lesser, greater):
        add['semverLt'](f'{name}: {lesser[:24]} is less', lesser, greater, True)
        add['semverLte'](f'{name}: {greater[:24]} is not less or equal', greater, lesser, False)
        add['semverGt'](f'{name}: {greater[:24]} is greater', greater, lesser, True)
        add['semverEq'](f'{name}: {lesser[:24]} is not equal', lesser, greater, False)

    for lesser, greater in zip(CHAIN, CHAIN[1:]):
        ordered(f'precedence up to {greater}', lesser, greater)
    ordered('precedence from end to end', CHAIN[0], CHAIN[-1])
    for name, lesser, greater in IN_ORDER:
        ordered(name, lesser, greater)
    for one, other in (('1.0.0', '1.0.0+build'), ('1.0.0+build.5', '1.0.0+001'), ('1.0.0-rc.1+a', '1.0.0-rc.1'), ('0.0.0', '0.0.0'), ('1.0.0--', '1.0.0--')):
        for op, expected in (('semverEq', True), ('semverLt', False), ('semverLte', True), ('semverGt', False), ('semverGte', True)):
            add[op](f'{one} and {other} have the same precedence', one, other, expected)
    for name, text, version in COMPLETED:
        add['semverEq'](f'{name} is completed in a context', text, version, True)
        add['semverGte'](f'{name} is completed in a context, and compared', text, version, True)
        add['semverLt'](f'{name} is completed in a context, and is not less', text, version, False)
        add['semverLt'](f'{name} is less than a greater version', text, '99999999999.0.0', True)
        add['semverGt'](f'{name} is greater than a lesser version', text, '0.9.9', True)
        add['semverEq'](f'{name} is not completed in a rule', version, text, False)
    for name, text in NO_VERSIONS:
        add['semverGte'](f'{name} is not a version as attribute', text, '0.0.0-0', False)
        add['semverLte'](f'{name} is not a version as value', '0.0.0-0', text, False)
        add['semverEq'](f'{name} is not even equal to itself', text, text, False)
        add['semverGte'](f'{name} is not a version beside a plain one', text, '0.0.0', False)
        add['semverLte'](f'{name} is not a version beside a plain one', text, '999.999.999', False)


BLOCKS = [
    ('an address is in its own block', '10.1.2.3', '10.1.2.3', True),
    ('another address is not in the block of one', '10.1.2.4', '10.1.2.3', False),
    ('/32 holds one address', '10.1.2.3', '10.1.2.3/32', True),
    ('/32 holds no other address', '10.1.2.2', '10.1.2.3/32', False),
    ('/31 holds two addresses', '10.1.2.2', '10.1.2.3/31', True),
    ('/31 holds no third address', '10.1.2.4', '10.1.2.3/31', False),
    ('the first address of /24', '10.1.2.0', '10.1.2.0/24', True),
    ('the last address of /24', '10.1.2.255', '10.1.2.0/24', True),
    ('the address behind /24', '10.1.3.0', '10.1.2.0/24', False),
    ('the last address of /20', '10.1.31.255', '10.1.16.0/20', True),
    ('the address behind /20', '10.1.32.0', '10.1.16.0/20', False),
    ('the last address of /16', '10.1.255.255', '10.1.0.0/16', True),
    ('the address behind /16', '10.2.0.0', '10.1.0.0/16', False),
    ('the last address of /15', '10.1.255.255', '10.0.0.0/15', True),
    ('the address behind /15', '10.2.0.0', '10.0.0.0/15', False),
    ('/1 holds the lower half', '127.255.255.255', '0.0.0.0/1', True),
    ('/1 does not hold the upper half', '128.0.0.0', '0.0.0.0/1', False),
    ('the upper /1', '255.255.255.255', '128.0.0.0/1', True),
    ('/0 holds every address', '203.0.113.7', '0.0.0.0/0', True),
    ('bits behind the length are not looked at', '10.200.1.1', '10.1.2.3/8', True),
    ('bits behind the length are not looked at in /0', '203.0.113.7', '10.1.2.3/0', True),
    ('the greatest address', '255.255.255.255', '255.255.255.255', True),
    ('a length of 33 is not a block', '10.1.2.3', '10.1.2.3/33', False),
    ('a length with a leading zero is not a block', '10.1.2.3', '10.0.0.0/08', False),
    ('a length of nothing is not a block', '10.1.2.3', '10.0.0.0/', False),
    ('a negative length is not a block', '10.1.2.3', '10.0.0.0/-8', False),
    ('a signed length is not a block', '10.1.2.3', '10.0.0.0/+8', False),
    ('a netmask is not a length', '10.1.2.3', '10.0.0.0/255.0.0.0', False),
    ('two lengths are no block', '10.1.2.3', '10.0.0.0/8/8', False),
    ('a fraction of a length is not a block', '10.1.2.3', '10.0.0.0/8.0', False),
    ('white space in a block', '10.1.2.3', '10.0.0.0 /8', False),
    ('a block of three numbers is not a block', '10.1.2.3', '10.0.0/8', False),
    ('the empty text is not a block', '10.1.2.3', '', False),
    ('a length alone is not a block', '10.1.2.3', '/8', False),
    ('an attribute with a length is not an address', '10.1.2.3/32', '10.0.0.0/8', False),
    ('an address with a leading zero', '10.01.2.3', '10.0.0.0/8', False),
    ('an address with two zeros', '10.00.2.3', '10.0.0.0/8', False),
    ('an address in octal', '012.1.2.3', '10.0.0.0/8', False),
    ('an address in hexadecimal', '0xa.1.2.3', '10.0.0.0/8', False),
    ('an address as one number', '167838211', '10.0.0.0/8', False),
    ('an address of three numbers', '10.1.2', '10.0.0.0/8', False),
    ('an address of five numbers', '10.1.2.3.4', '10.0.0.0/8', False),
    ('an address with a number of 256', '10.1.2.256', '10.0.0.0/8', False),
    ('an address with an empty number', '10..2.3', '10.0.0.0/8', False),
    ('an address with a dot behind', '10.1.2.3.', '10.0.0.0/8', False),
    ('an address with a port', '10.1.2.3:80', '10.0.0.0/8', False),
    ('an address with white space', ' 10.1.2.3', '10.0.0.0/8', False),
    ('an address with a line feed', '10.1.2.3\n', '10.0.0.0/8', False),
    ('an address with digits that are not ASCII', '١٠.1.2.3', '10.0.0.0/8', False),
    ('the empty text is not an address', '', '0.0.0.0/0', False),
    ('an IPv6 address is in its own block', '2001:db8::1', '2001:db8::1', True),
    ('another IPv6 address is not in the block of one', '2001:db8::2', '2001:db8::1', False),
    ('an IPv6 address in /32', '2001:db8:ffff::1', '2001:db8::/32', True),
    ('an IPv6 address behind /32', '2001:db9::1', '2001:db8::/32', False),
    ('an IPv6 address in /33', '2001:db8:7fff::1', '2001:db8::/33', True),
    ('an IPv6 address behind /33', '2001:db8:8000::1', '2001:db8::/33', False),
    ('an IPv6 address in /127', '2001:db8::1', '2001:db8::/127', True),
    ('an IPv6 address behind /127', '2001:db8::2', '2001:db8::/127', False),
    ('IPv6 /128 holds one address', '2001:db8::1', '2001:db8::1/128', True),
    ('IPv6 /0 holds every IPv6 address', '2001:db8::1', '::/0', True),
    ('an IPv6 length of 129 is not a block', '2001:db8::1', '2001:db8::/129', False),
    ('IPv6 bits behind the length are not looked at', '2001:db8::1', '2001:db8:1:2:3:4:5:6/32', True),
    ('IPv6 in full and shortened are the same', '2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1', True),
    ('IPv6 letters may be capitals', '2001:DB8::ABCD', '2001:db8::abcd', True),
    ('the unspecified address', '::', '::', True),
    ('the loopback address', '::1', '::1/128', True),
    (':: may stand for one group', '1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0', True),
    (':: may stand for one group in front', '::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8', True),
    (':: may stand for one group between', '1:2:3::5:6:7:8', '1:2:3:0:5:6:7:8', True),
    (':: stands for at least one group', '1:2:3:4::5:6:7:8', '::/0', False),
    (':: may stand once', '1::2::3', '::/0', False),
    ('three colons', '1:::2', '::/0', False),
    ('seven groups', '1:2:3:4:5:6:7', '::/0', False),
    ('nine groups', '1:2:3:4:5:6:7:8:9', '::/0', False),
    ('a group of five digits', '00001::', '::/0', False),
    ('a group that is not hexadecimal', 'g::', '::/0', False),
    ('a colon in front', ':1:2:3:4:5:6:7:8', '::/0', False),
    ('a colon behind', '1:2:3:4:5:6:7:8:', '::/0', False),
    ('an IPv6 address with a zone', 'fe80::1%eth0', 'fe80::/10', False),
    ('an IPv6 block with a zone', 'fe80::1', 'fe80::%eth0/10', False),
    ('an IPv6 address in brackets', '[2001:db8::1]', '2001:db8::/32', False),
    ('IPv6 with an IPv4 end', '64:ff9b::192.0.2.33', '64:ff9b::c000:221', True),
    ('IPv6 with an IPv4 end in full', '1:2:3:4:5:6:192.0.2.33', '1:2:3:4:5:6:c000:221', True),
    ('an IPv4 end counts as two groups', '1:2:3:4:5:6:7:192.0.2.33', '::/0', False),
    ('an IPv4 part that is not at the end', '::192.0.2.33:1', '::/0', False),
    ('an IPv4 part before ::', '192.0.2.33::', '::/0', False),
    ('an IPv4 end with a leading zero', '64:ff9b::192.0.02.33', '64:ff9b::/96', False),
    ('an IPv4 address is in no IPv6 block', '10.1.2.3', '::/0', False),
    ('an IPv6 address is in no IPv4 block', '2001:db8::1', '0.0.0.0/0', False),
    ('a mapped address is its IPv4 address', '::ffff:10.1.2.3', '10.0.0.0/8', True),
    ('a mapped address in hexadecimal', '::ffff:a01:203', '10.0.0.0/8', True),
    ('a mapped address in full', '0:0:0:0:0:ffff:a01:203', '10.1.2.3', True),
    ('a mapped address of another block', '::ffff:11.1.2.3', '10.0.0.0/8', False),
    ('an IPv4 address in a mapped block', '10.200.0.1', '::ffff:10.0.0.0/104', True),
    ('an IPv4 address behind a mapped block', '11.0.0.1', '::ffff:10.0.0.0/104', False),
    ('a mapped address in a mapped block', '::ffff:10.200.0.1', '::ffff:a00:0/104', True),
    ('a mapped block without a length is one address', '10.1.2.3', '::ffff:10.1.2.3', True),
    ('a mapped block of length 96 is all of IPv4', '203.0.113.7', '::ffff:0:0/96', True),
    ('a mapped block of length 95 is IPv6', '10.1.2.3', '::ffff:0:0/95', False),
    ('a mapped address is in no IPv6 block, not even a wider one', '::ffff:10.1.2.3', '::/0', False),
    ('an address next to the mapped ones is IPv6', '::fffe:10.1.2.3', '10.0.0.0/8', False),
    ('an IPv4-compatible address is IPv6', '::10.1.2.3', '10.0.0.0/8', False),
    ('an IPv4-compatible address is in an IPv6 block', '::10.1.2.3', '::/96', True),
]


NO_ADDRESSES = [
    '', '/', 'localhost', '10', '10.1.2', '10.1.2.3.4', '10.1.2.256', '10.01.2.3', '10.1.2.3.', '.10.1.2.3', '10.1.2.3/8',
    ':', ':::', '1', '1:2', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4::5:6:7:8', '1::2::3', '12345::', 'g::',
    '::1.2.3', '::1.2.3.4.5', '::1.2.3.256', '1.2.3.4::', '1:2:3:4:5:6:7:1.2.3.4', '1:2:3:4:5:1.2.3.4', 'fe80::1%eth0',
]


def add_cidr(cases):
    add = adder(cases, 'cidr')
    for name, address, block, expected in BLOCKS:
        add(name, address, block, expected)
    for address in NO_ADDRESSES:
        add(f'"{address}" is not even in itself', address, address, False)
