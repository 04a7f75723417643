"""patches.json: the patched ruleset, or the refusal of the patch."""

from .document import Document, ruleset
from .flags import configuration, flag

DESCRIPTION = (
    'Patches (§6). Apply "patch" to the ruleset that "ruleset" names. "expected" holds the members that the patch has '
    'changed: all others are as before. It is null where the patch has to be refused, and the ruleset kept.'
)
ON, OFF, OTHER = flag(), flag(on=False), flag('other')
TESTERS = {'include': ['ada'], 'exclude': [], 'when': []}
STAFF = {'include': ['grace'], 'exclude': [], 'when': [], 'salt': 's'}


def document():
    full = ruleset({'checkout': ON, 'theme': OTHER}, {'testers': TESTERS}, version=7)
    odd = ruleset({'__proto__': ON, 'constructor': ON, '': ON}, {'__proto__': TESTERS}, version=7)
    cases = Document(DESCRIPTION, rulesets={'full': full, 'empty': ruleset({}, {}, version=7), 'odd': odd, 'extra': {**full, 'later': {'kept': True}}})

    def add(name, base, flags=None, segments=None, fits=None, **members):
        change = {'epoch': 'e1', 'from': 7, 'to': 8, 'flags': flags or {}, 'segments': segments or {}, **members}
        cases.add(name, ruleset=base, patch=change, expected=fits)

    def becomes(flags=None, segments=None, version=8):
        changed = {'version': version, 'flags': flags, 'segments': segments}
        return {member: value for member, value in changed.items() if value is not None}

    add('a patch replaces a flag', 'full', {'checkout': OFF}, fits=becomes({'checkout': OFF, 'theme': OTHER}))
    add('a patch adds a flag', 'full', {'search': OFF}, fits=becomes({'checkout': ON, 'theme': OTHER, 'search': OFF}))
    add('null removes a flag', 'full', {'checkout': None}, fits=becomes({'theme': OTHER}))
    add('a patch may do all three', 'full', {'checkout': OFF, 'theme': None, 'search': ON}, fits=becomes({'checkout': OFF, 'search': ON}))
    add('null for a flag that is not there does nothing', 'full', {'missing': None}, fits=becomes())
    add('a patch may remove every flag', 'full', {'checkout': None, 'theme': None}, fits=becomes({}))
    add('a patch may fill an empty ruleset', 'empty', {'checkout': ON}, {'testers': TESTERS}, fits=becomes({'checkout': ON}, {'testers': TESTERS}))
    add('a patch replaces a segment', 'full', segments={'testers': STAFF}, fits=becomes(segments={'testers': STAFF}))
    add('a patch adds a segment', 'full', segments={'staff': STAFF}, fits=becomes(segments={'testers': TESTERS, 'staff': STAFF}))
    add('null removes a segment', 'full', segments={'testers': None}, fits=becomes(segments={}))
    add('a flag and a segment of one name are two things', 'full', {'testers': ON}, {'checkout': STAFF}, fits=becomes({'checkout': ON, 'theme': OTHER, 'testers': ON}, {'testers': TESTERS, 'checkout': STAFF}))
    add('a patch without items makes a new version', 'full', fits=becomes())
    add('a patch may lead over several versions', 'full', {'checkout': OFF}, to=19, fits=becomes({'checkout': OFF, 'theme': OTHER}, version=19))
    add('an item is replaced as a whole, not member by member', 'full', {'checkout': configuration('a')}, fits=becomes({'checkout': configuration('a'), 'theme': OTHER}))
    add('an item that is not a flag is kept as it is', 'full', {'checkout': 7}, fits=becomes({'checkout': 7, 'theme': OTHER}))
    add('a member of a patch that nobody knows is ignored', 'full', {'checkout': OFF}, scope='staging', later={'flags': {}}, fits=becomes({'checkout': OFF, 'theme': OTHER}))
    add('a member of the ruleset that nobody knows is kept', 'extra', {'checkout': OFF}, fits=becomes({'checkout': OFF, 'theme': OTHER}))
    add('the key __proto__ may be added', 'full', {'__proto__': OFF}, fits=becomes({'checkout': ON, 'theme': OTHER, '__proto__': OFF}))
    add('the key __proto__ may be replaced', 'odd', {'__proto__': OFF}, {'__proto__': STAFF}, fits=becomes({'__proto__': OFF, 'constructor': ON, '': ON}, {'__proto__': STAFF}))
    add('the key __proto__ may be removed', 'odd', {'__proto__': None}, {'__proto__': None}, fits=becomes({'constructor': ON, '': ON}, {}))
    add('the keys constructor and "" are keys', 'odd', {'constructor': None, '': OFF}, fits=becomes({'__proto__': ON, '': OFF}))
    add('a patch of another epoch is refused', 'full', {'checkout': OFF}, epoch='e2')
    add('a patch of an empty epoch is refused', 'full', {'checkout': OFF}, epoch='')
    add('a patch from a later version is refused: there is a gap', 'full', {'checkout': OFF}, **{'from': 8, 'to': 9})
    add('a patch from an earlier version is refused: it was applied already', 'full', {'checkout': OFF}, **{'from': 6, 'to': 7})
    add('a patch from an earlier version to a later one is refused', 'full', {'checkout': OFF}, **{'from': 6, 'to': 8})
    add('a patch of another epoch and version is refused', 'full', {'checkout': OFF}, epoch='e2', **{'from': 1, 'to': 2})
    add('a patch that leads back is refused', 'full', {'checkout': OFF}, to=6)
    add('a patch that leads nowhere is refused', 'full', {'checkout': OFF}, to=7)
    return cases
