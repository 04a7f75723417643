"""The structure of all case files."""


class Document:
    """One file of cases: its subject and the inputs that its cases share."""

    def __init__(self, description, **shared):
        self.description = description
        self.shared = shared
        self.cases = []
        self.names = set()

    def add(self, name, **fields):
        assert name not in self.names, f'two cases are named "{name}"'
        self.names.add(name)
        self.cases.append({'name': name, **fields})

    def content(self):
        return {'specVersion': 1, 'description': self.description, **self.shared, 'cases': self.cases}


def ruleset(flags, segments=None, scope='production', **members):
    return {
        'spec': 1,
        'project': 'shop',
        'scope': scope,
        'epoch': 'e1',
        'version': 1,
        'flags': flags,
        'segments': segments or {},
        **members,
    }


def adder(cases, op):
    """Adds a case for one attribute value and one clause value."""

    def add(name, attribute, value, expected, **options):
        clause = {'attribute': 'x', 'op': op, 'values': [value], **options}
        cases.add(f'{op}: {name}', clause=clause, context={'x': attribute}, expected=expected)

    return add
