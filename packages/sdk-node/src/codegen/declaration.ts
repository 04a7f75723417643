import type { JsonValue } from '@flaghoist/core'
import type { DeclaredFlag } from './declared-flag.ts'

/**
 * A declaration file that makes flags known to TypeScript. The same flags give the same bytes.
 *
 * @param module SDK whose types are augmented; all SDKs share them
 */
export function declarationOf(flags: readonly DeclaredFlag[], module: string): string {
  return [
    '// Written by flaghoist-codegen from the flags of the project. Do not edit: run it again.',
    '',
    `import type {} from ${quoted(module)}`,
    '',
    `declare module ${quoted(module)} {`,
    '  interface FlagTypes {',
    ...flags.flatMap((flag) => [...comment(flag), `    ${nameOf(flag.key)}: ${valueType(flag)}`]),
    '  }',
    '',
    '  interface FlagVariants {',
    ...flags.map(
      ({ key, variants }) => `    ${nameOf(key)}: ${union([...variants.keys()].map(quoted))}`,
    ),
    '  }',
    '}',
    '',
  ].join('\n')
}

function comment({ description, deprecated }: DeclaredFlag): string[] {
  const lines = [
    ...(description ?? '').split('\n'),
    ...(deprecated === undefined ? [] : [`@deprecated ${deprecated}`]),
  ]
    .map((line) => line.trim().replaceAll('*/', '*\\/'))
    .filter((line) => line !== '')
  if (lines.length === 0) return []
  if (lines.length === 1) return [`    /** ${lines[0]} */`]
  return ['    /**', ...lines.map((line) => `     * ${line}`), '     */']
}

/** Texts are those that there are; numbers and objects have shapes, since a value may be edited at any time. */
function valueType({ type, variants }: DeclaredFlag): string {
  const values = [...variants.values()]
  if (type === 'string') return union(values.map((value) => quoted(String(value))))
  return type === 'json' ? union(values.map(shapeOf)) : type
}

function shapeOf(value: JsonValue): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return `readonly (${union(value.map(shapeOf))})[]`
  if (typeof value !== 'object') return typeof value
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `readonly ${nameOf(name)}: ${shapeOf(member as JsonValue)}`)
  return members.length === 0 ? 'Readonly<Record<string, never>>' : `{ ${members.join('; ')} }`
}

function union(types: readonly string[]): string {
  return [...new Set(types)].sort().join(' | ') || 'never'
}

function nameOf(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name)
}

function quoted(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}
