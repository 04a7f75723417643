import { z } from 'zod'

/** The origin of an entity of a kind that every project has some of. */
export const Origin = z.enum(['built-in', 'changed', 'own']).meta({
  description:
    'Origin: built in (`built-in`), built in and changed by this project (`changed`), or created by this project (`own`)',
  example: 'built-in',
})

interface Entities {
  /** Entities that every project has. */
  readonly builtIn: readonly { readonly key: string }[]
  /** Entities that the project has stored. */
  readonly stored: ReadonlyMap<string, unknown>
}

/** Returns the origin of an entity that a project has. */
export function originOf(key: string, { builtIn, stored }: Entities): z.infer<typeof Origin> {
  if (!stored.has(key)) return 'built-in'
  return builtIn.some((one) => one.key === key) ? 'changed' : 'own'
}
