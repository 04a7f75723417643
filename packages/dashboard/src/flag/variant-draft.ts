import type { Schema } from '../api/client.ts'
import { jsonDefect } from './json-defect.ts'

export type FlagType = NonNullable<Schema<'FlagRequest'>['type']>
export type Variant = Schema<'Variant'>
type Value = Variant['value']

/** A variant of a flag, as people type it. */
export interface VariantDraft {
  key: string
  /** Text of the value: that of a string without quotes, JSON of an object. */
  value: string
  description: string
}

export const newVariantDraft = (type: FlagType): VariantDraft => ({
  key: '',
  value: type === 'boolean' ? 'true' : '',
  description: '',
})

/** Returns a variant as people type it. */
export function variantDraftOf(variant: Variant, type: FlagType): VariantDraft {
  const { key, value, description = '' } = variant
  return { key, value: valueText(value, type), description }
}

/** Returns the variant of a draft whose value has no defect. */
export function variantOf({ key, value, description }: VariantDraft, type: FlagType): Variant {
  return {
    key: key.trim(),
    value: typedValue(value, type),
    ...(description !== '' && { description }),
  }
}

/** Returns why a text is not a value of a type; undefined for a value, and for no text yet. */
export function valueDefect(text: string, type: FlagType): string | undefined {
  if (type === 'number' && text !== '' && !isNumber(text))
    return 'Write a number, such as 20 or 0.5.'
  return type === 'json' && text !== '' ? jsonDefect(text) : undefined
}

function valueText(value: Value, type: FlagType): string {
  return type === 'string' ? String(value) : JSON.stringify(value, null, 2)
}

/** The value of a text that is none is `null`, which no type but `json` has. */
function typedValue(text: string, type: FlagType): Value {
  switch (type) {
    case 'string':
      return text
    case 'number':
      return isNumber(text) ? Number(text) : null
    case 'boolean':
      return text === 'true'
    case 'json':
      return jsonDefect(text) === undefined ? JSON.parse(text) : null
  }
}

/** An empty text is the number 0 to JavaScript. */
const isNumber = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text))
