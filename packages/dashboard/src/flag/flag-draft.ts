import type { Schema } from '../api/client.ts'
import { dateField, endOfDay } from '../forms/days.ts'
import { tagsOf, tagsText } from '../forms/tags.ts'

type FlagMembers = Required<
  Pick<
    Schema<'FlagRequest'>,
    'kind' | 'description' | 'owner' | 'tags' | 'clientVisible' | 'permanent'
  >
> & { readonly expectedRemovalAt?: string | undefined }

/** The members of a flag that all its scopes share, as people type them. */
export interface FlagDraft {
  kind: FlagMembers['kind']
  description: string
  owner: string
  /** Such as `team=checkout, area=cart`. */
  tags: string
  clientVisible: boolean
  permanent: boolean
  /** Last day of the flag in the code, such as `2026-12-24`; empty for none. */
  lastDay: string
}

export const newFlagDraft = (): FlagDraft => ({
  kind: 'release',
  description: '',
  owner: '',
  tags: '',
  clientVisible: false,
  permanent: false,
  lastDay: '',
})

export function flagDraftOf({ tags, expectedRemovalAt, ...flag }: FlagMembers): FlagDraft {
  const { kind, description, owner, clientVisible, permanent } = flag
  return {
    ...{ kind, description, owner, clientVisible, permanent },
    tags: tagsText(tags),
    lastDay: dateField(expectedRemovalAt),
  }
}

/**
 * Returns the members of a draft; null for no removal.
 * @param before members that the draft began with
 */
export function flagMembersOf(
  { tags, lastDay, ...draft }: FlagDraft,
  before: Pick<FlagMembers, 'tags' | 'expectedRemovalAt'>,
) {
  const { kind, clientVisible, permanent } = draft
  return {
    ...{ kind, clientVisible, permanent },
    description: draft.description.trim(),
    owner: draft.owner.trim(),
    // A value with a comma is kept, unless the person types other tags.
    tags: tags === tagsText(before.tags) ? before.tags : tagsOf(tags),
    expectedRemovalAt: removalOf({ permanent, lastDay }, before.expectedRemovalAt),
  }
}

function removalOf(
  { permanent, lastDay }: Pick<FlagDraft, 'permanent' | 'lastDay'>,
  before: string | undefined,
): string | null {
  // The form shows no day for a permanent flag. A hidden one would make the flag overdue.
  if (permanent || lastDay === '') return null
  // An instant that the API has set is kept, unless the person types another day.
  return before !== undefined && lastDay === dateField(before) ? before : endOfDay(lastDay)
}
