import type { Chance } from './values.ts'

/** Values that code rarely expects in place of another one. */
const STRANGE: readonly unknown[] = [
  null,
  true,
  '',
  ' ',
  '__proto__',
  'constructor',
  'toString',
  '\ud800',
  '\u0000',
  '\u202e\ufeff',
  'İıſ',
  '../../etc/passwd',
  'a'.repeat(5_000),
  '9'.repeat(400),
  0,
  -0,
  -1,
  0.1,
  1e-320,
  2 ** 31,
  2 ** 53,
  1e308,
  -1e308,
  '1970-01-01T00:00:00Z',
  '+275760-09-13T00:00:00.001Z',
  '2026-02-30T00:00:00Z',
  [],
  {},
  [[]],
  [null],
  { length: 1e9 },
  { toJSON: 'x' },
]

/** Member names that mean something to objects of JavaScript, or to nobody. */
const STRANGE_NAMES = [
  ...['constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', 'length', 'then'],
  ...[
    '',
    ' ',
    'kéy',
    '\ud800',
    '0',
    '-1',
    'a.b',
    'a[0]',
    '$ref',
    'killed',
    'key',
    'salt',
    'revision',
  ],
]

const PROTO = '{"__proto__":{"isAdmin":true},'

/** Returns a copy of a JSON value with one member or item that is wrong. */
export function spoilValue(value: unknown, chance: Chance): unknown {
  const copy = structuredClone(value)
  const places = placesOf(copy)
  if (places.length === 0) return chance.pick(STRANGE)
  const { parent, name } = chance.pick(places)
  const change = chance.pick(CHANGES)
  change(parent, name, chance)
  return copy
}

type Container = Record<string | number, unknown>

interface Place {
  readonly parent: Container
  readonly name: string
}

function placesOf(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return []
  const parent = value as Container
  return Object.keys(parent).flatMap((name) => [{ parent, name }, ...placesOf(parent[name])])
}

const CHANGES: readonly ((parent: Container, name: string, chance: Chance) => void)[] = [
  (parent, name, chance) => {
    parent[name] = chance.pick(STRANGE)
  },
  (parent, name) => {
    delete parent[name]
  },
  (parent, name, chance) => {
    if (Array.isArray(parent)) parent.push(parent[0])
    else parent[chance.pick(STRANGE_NAMES)] = parent[name]
  },
  (parent, name) => {
    parent[name] = [parent[name]]
  },
  (parent, name) => {
    parent[name] = { value: parent[name] }
  },
  (parent, name) => {
    parent[name] = typeof parent[name] === 'string' ? `${parent[name]}\u0000` : `${parent[name]}`
  },
  (parent, name, chance) => {
    if (Array.isArray(parent[name])) parent[name] = manyOf(parent[name], chance)
    else parent[name] = nested(chance.pick([10, 20, 100, 3_000]))
  },
]

function manyOf(items: readonly unknown[], chance: Chance): unknown[] {
  const item = items[0] ?? chance.pick(STRANGE)
  return Array.from({ length: chance.pick([2, 20, 501]) }, () => item)
}

function nested(depth: number): unknown {
  let value: unknown = 'deep'
  for (let left = depth; left > 0; left -= 1) value = left % 2 === 0 ? [value] : { a: value }
  return value
}

/** Returns a JSON text with a defect of its text or of its encoding. */
export function spoilText(text: string, chance: Chance): Buffer {
  const bytes = Buffer.from(text)
  const cut = chance.below(bytes.length + 1)
  return chance.pick([
    () => bytes.subarray(0, cut),
    () => Buffer.concat([bytes.subarray(0, cut), Buffer.from([0xff, 0xc3]), bytes.subarray(cut)]),
    () => Buffer.from(`\ufeff${text}`),
    () => Buffer.from(`${text}${text}`),
    () => Buffer.from(text.replace('{', PROTO)),
    () => Buffer.from('['.repeat(20_000)),
    () => Buffer.from(text.replace(/\d+/, '1e999')),
    () => Buffer.from(text, 'utf16le'),
    () => Buffer.from(' '.repeat(1024 * 1024 + 1)),
    () => Buffer.alloc(0),
  ])()
}
