import type { Schema } from '../../api/client.ts'
import { type FlagDraft, flagMembersOf, newFlagDraft } from '../../flag/flag-draft.ts'
import { type Prerequisite, prerequisitesOf } from '../../flag/prerequisite.ts'
import {
  type FlagType,
  newVariantDraft,
  type VariantDraft,
  variantOf,
} from '../../flag/variant-draft.ts'

/** A variant of a new flag. Its id outlasts edits of its key. */
export interface NewVariant extends VariantDraft {
  readonly id: string
}

/** A new flag, as people type it. */
export interface NewFlag extends FlagDraft {
  key: string
  type: FlagType
  variants: NewVariant[]
  /** Id of the variant that is served while the flag is on. */
  served: string
  /** Id of the variant that is served while the flag is off; empty for the caller's fallback. */
  off: string
  prerequisites: Prerequisite[]
}

let made = 0

export function newVariant(type: FlagType): NewVariant {
  made += 1
  return { id: String(made), ...newVariantDraft(type) }
}

/** Returns a flag that is boolean, with the variants that the server gives such a flag. */
export const newFlag = (): NewFlag => ({
  ...newFlagDraft(),
  key: '',
  prerequisites: [],
  ...variantsOf('boolean'),
})

/** Returns the variants that the form of a new flag of a type begins with. */
export function variantsOf(type: FlagType): Pick<NewFlag, 'type' | 'variants' | 'served' | 'off'> {
  const [first, second] = [newVariant(type), newVariant(type)]
  const variants =
    type === 'boolean'
      ? [
          { ...first, key: 'on', value: 'true' },
          { ...second, key: 'off', value: 'false' },
        ]
      : [first, second]
  return { type, variants, served: first.id, off: '' }
}

/** Returns the request that creates a flag. */
export function requestOf(flag: NewFlag): Schema<'FlagRequest'> {
  const { key, type, variants, prerequisites } = flag
  const { expectedRemovalAt, ...members } = flagMembersOf(flag, { tags: {} })
  return {
    key: key.trim(),
    type,
    ...members,
    variants: variants.map((variant) => variantOf(variant, type)),
    prerequisites: prerequisitesOf(prerequisites),
    ...(expectedRemovalAt && { expectedRemovalAt }),
    // The server knows which variant of a boolean flag is on, and which is off.
    ...(type !== 'boolean' && { layers: { '*': servedBy(flag) } }),
  }
}

function servedBy({ variants, served, off }: NewFlag) {
  const keyOf = (id: string) => variants.find((variant) => variant.id === id)?.key.trim()
  const [variant, offVariant] = [keyOf(served), keyOf(off)]
  return {
    ...(variant !== undefined && { fallthrough: { variant } }),
    ...(offVariant !== undefined && { off: offVariant }),
  }
}
