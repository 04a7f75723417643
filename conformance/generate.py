"""Writes the conformance cases as JSON if reference.py agrees with every expectation.

    python3 conformance/generate.py            writes the files
    python3 conformance/generate.py --check    reports whether they are current, without changes
"""

import json
import re
import sys
from pathlib import Path

import reference_values as values
from cases import bucketing, digests, evaluate, identifiers, operators, patches, samples, segments, splits
from cases.digests import Raw
from reference import evaluate as ask

HERE = Path(__file__).parent
WIDTH = 140
# Levels of a member that are laid out over several lines.
LEVELS = {'cases': 2, 'ruleset': 3, 'rulesets': 4}
# The markers around the table of README.md.
TABLE = re.compile(r'(<!-- counts -->\n).*(<!-- /counts -->)', re.DOTALL)


def answer_bucketing(_, case):
    if 'text' in case:
        return {'hash': values.murmur3(case['text'], int(case['seed']))}
    seed = values.murmur3(case['salt'], 0)
    hashed = values.murmur3(case['unit'], seed)
    return {'seed': seed, 'hash': hashed, 'bucket': values.bucket_of(case['salt'], case['unit'])}


def answer_identifier(_, case):
    return values.hash_identifier(case['salt'], case['text'])


def answer_sample(_, case):
    return values.is_sampled(case['salt'], case['unit'], int(case['oneIn']))


def answer_split(document, case):
    assert values.bucket_of(case['split']['salt'], case['unit']) == case['bucket'], case['name']
    ruleset = filled(document['ruleset'], '$split', case['split'])
    return ask(ruleset, 'flag', {'targetingKey': case['unit']}, 'none')['value']


def answer_operator(document, case):
    return answer_boolean(document, case, '$clause', case['clause'])


def answer_segment(document, case):
    return answer_boolean(document, case, '$segment', case['segment'])


def answer_boolean(document, case, place, item):
    ruleset = filled(document['ruleset'], place, item)
    ruleset['scope'] = case.get('scope', ruleset['scope'])
    return ask(ruleset, 'flag', case['context'], not case['expected'], case.get('now', 0))['value']


def answer_evaluation(document, case):
    ruleset = document['rulesets'][case['ruleset']]
    return ask(ruleset, case['flag'], case['context'], case['default'], case.get('now', 0))


def answer_patch(document, case):
    before = document['rulesets'][case['ruleset']]
    after = values.patch(before, case['patch'])
    return after and {member: item for member, item in after.items() if item != before[member]}


def answer_digest(_, case):
    assert values.digest_texts(case['ruleset']) == case['texts'], case['name']
    return values.digest(case['ruleset'])


FILES = {
    'bucketing': (bucketing, answer_bucketing),
    'identifiers': (identifiers, answer_identifier),
    'samples': (samples, answer_sample),
    'splits': (splits, answer_split),
    'operators': (operators, answer_operator),
    'segments': (segments, answer_segment),
    'evaluate': (evaluate, answer_evaluation),
    'patches': (patches, answer_patch),
    'digests': (digests, answer_digest),
}


def filled(item, place, content):
    """Returns a copy of the item in which the content replaces the placeholder text."""
    if isinstance(item, dict):
        return {key: filled(member, place, content) for key, member in item.items()}
    if isinstance(item, list):
        return [filled(member, place, content) for member in item]
    return content if item == place else item


def rendered(item, levels, indent=''):
    """Returns JSON with one line per case, flag or segment, so that diffs show changed items."""
    line = one_line(item)
    if levels == 0 or len(indent) + len(line) <= WIDTH or not isinstance(item, (dict, list)):
        return line
    inner = indent + '  '
    if isinstance(item, dict):
        lines = [f'{one_line(key)}: {rendered(member, LEVELS.get(key, levels) - 1, inner)}' for key, member in item.items()]
    else:
        lines = [rendered(member, levels - 1, inner) for member in item]
    opening, closing = '{}' if isinstance(item, dict) else '[]'
    return f'{opening}\n{inner}' + f',\n{inner}'.join(lines) + f'\n{indent}{closing}'


def one_line(item):
    if isinstance(item, Raw):
        return str(item)
    if isinstance(item, dict):
        return '{' + ', '.join(f'{one_line(key)}: {one_line(member)}' for key, member in item.items()) + '}'
    if isinstance(item, list):
        return '[' + ', '.join(map(one_line, item)) + ']'
    text = json.dumps(item, ensure_ascii=False, allow_nan=False)
    return ''.join(code if code.isprintable() else json.dumps(code)[1:-1] for code in text)


def check(name, text, answer):
    """Compares the reference with the expectations of the file, parsed as an SDK parses it."""
    document = values.parse_json(text)
    wrong = [case['name'] for case in document['cases'] if answer(document, case) != case['expected']]
    if wrong:
        sys.exit(f'{name}.json: the reference disagrees with {len(wrong)} cases, such as "{wrong[0]}"')


def build():
    """Returns the text of each file by its path."""
    files, rows = {}, []
    for name, (module, answer) in FILES.items():
        document = module.document()
        text = rendered(document.content(), 1) + '\n'
        check(name, text, answer)
        files[HERE / f'{name}.json'] = text
        rows.append((f'`{name}.json`', module.__doc__.split(': ', 1)[1].rstrip('.\n'), len(document.cases)))

    readme = HERE / 'README.md'
    rows.append(('**all**', '', sum(count for *_, count in rows)))
    lines = ['| file | cases about | count |', '| --- | --- | ---: |', *(f'| {a} | {b} | {c} |' for a, b, c in rows)]
    files[readme] = TABLE.sub(lambda found: found[1] + '\n'.join(lines) + '\n' + found[2], readme.read_text())
    return files


def main():
    files = build()
    stale = [path.name for path, text in files.items() if not path.exists() or path.read_text() != text]
    if '--check' not in sys.argv:
        for path, text in files.items():
            path.write_text(text)
        print(f'{len(files)} files written, {len(stale)} of them changed: {", ".join(stale) or "none"}')
    elif stale:
        sys.exit(f'Not current: {", ".join(stale)}. Run "python3 conformance/generate.py".')
    else:
        print(f'{len(files)} files are current.')


if __name__ == '__main__':
    main()
