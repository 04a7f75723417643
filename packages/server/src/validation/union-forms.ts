import { closest } from '@flaghoist/core/internal'
import { z } from 'zod'

const MAX_EXAMPLE = 60
const MAX_CHECKED = 20

/**
 * Lists the forms of a union, with the examples of its schemas: `{"variant":"on"}`.
 * @param issue an issue of code `invalid_union`
 */
export function formsOf({ inst, options }: z.core.$ZodRawIssue): string {
  if (Array.isArray(options)) return listed(options.map((option) => JSON.stringify(option)))
  return listed([...new Set(leavesOf(inst as z.core.$ZodType).map(formOf))])
}

/** The alternatives of nested unions, in order. */
function leavesOf(schema: z.core.$ZodType | undefined): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodUnion)
    return schema.options.flatMap((option) => leavesOf(option as never))
  return schema === undefined ? [] : [schema]
}

/** A question that suggests the correct name of a misspelt member; empty without one. */
export function misspelling({ inst }: z.core.$ZodRawIssue, value: unknown): string {
  if (typeof value !== 'object' || value === null) return ''
  const objects = leavesOf(inst as z.core.$ZodType).filter((leaf) => leaf instanceof z.ZodObject)
  const known = objects.flatMap(({ shape }) => Object.keys(shape))
  const nearest = Object.keys(value)
    .slice(0, MAX_CHECKED)
    .filter((name) => !known.includes(name))
    .map((name) => closest(name, known))
    .find((name) => name !== undefined)
  return nearest === undefined ? '' : ` Did you mean "${nearest}"?`
}

function formOf(schema: z.core.$ZodType): string {
  if (schema instanceof z.ZodObject) return objectForm(schema)
  if (schema instanceof z.ZodString) return 'text'
  if (schema instanceof z.ZodNumber) return 'a number'
  if (schema instanceof z.ZodBoolean) return 'true or false'
  if (schema instanceof z.ZodLiteral) return JSON.stringify(schema.value)
  return schema instanceof z.ZodArray ? 'a list' : schema._zod.def.type
}

/** An object with its required members. */
function objectForm({ shape }: z.ZodObject): string {
  const members = Object.entries(shape)
    .filter(([, member]) => !member.safeParse(undefined).success)
    .map(([name, member]) => {
      const example = JSON.stringify(z.globalRegistry.get(member)?.example)
      return `"${name}": ${example === undefined || example.length > MAX_EXAMPLE ? '…' : example}`
    })
  return `{${members.join(', ')}}`
}

function listed(forms: readonly string[]): string {
  return forms.length < 2 ? forms.join() : `${forms.slice(0, -1).join(', ')} or ${forms.at(-1)!}`
}
