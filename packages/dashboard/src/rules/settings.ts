import type { Schema } from '../api/client.ts'
import { isSameValue } from '../api/same-value.ts'
import type { Layer } from '../flag/flag-requests.ts'
import { scopeChain } from '../flag/scope-chain.ts'

/** Settings of a flag in one scope, in the form of a request. An absent member is inherited. */
export type Settings = Schema<'LayerRequest'>

/** Members of settings that select the variant, in the order in which they decide. */
export const MEMBERS = ['on', 'off', 'rules', 'rollout', 'fallthrough'] as const
export type Member = (typeof MEMBERS)[number]

/** Returns the settings of a stored layer. A kill has actions of its own. */
export function settingsOf({ killed: _, note, ...others }: Layer): Settings {
  // The types of responses have no tuples, such as those of ranges.
  const settings = others as Settings
  if (note === undefined) return settings
  const { expired: __, ...written } = note
  return { ...settings, note: written }
}

/** Checks that settings leave every member to the more general scope. */
export const isEmpty = (settings: Settings): boolean =>
  Object.values(settings).every((value) => value === undefined)

/** Checks that two settings are written the same. */
export function isSame(one: Settings, other: Settings): boolean {
  const members = [...MEMBERS, 'note'] as const
  return members.every((member) => isSameValue(one[member], other[member]))
}

/** Returns settings without a member, which the scope then inherits. */
export function withoutMember(settings: Settings, member: Member): Settings {
  const { [member]: _, ...others } = settings
  return others
}

/** The settings that a scope has, its own or inherited, with the scope that sets each. */
export interface View {
  readonly settings: Settings
  readonly origins: Readonly<Partial<Record<Member, string>>>
}

/** Returns the settings of a scope over those of the more general scopes. */
export function viewOf(
  own: Settings,
  scope: string,
  layers: Readonly<Record<string, Layer>>,
): View {
  const view: { settings: Settings; origins: Partial<Record<Member, string>> } = {
    settings: {},
    origins: {},
  }
  for (const place of scopeChain(scope)) {
    const settings = place === scope ? own : settingsOf(layers[place] ?? {})
    for (const member of MEMBERS) {
      if (settings[member] === undefined) continue
      Object.assign(view.settings, { [member]: settings[member] })
      view.origins[member] = place
    }
  }
  return view
}
