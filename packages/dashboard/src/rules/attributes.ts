import type { Layer } from '../flag/flag-requests.ts'

interface TaggedInstance {
  readonly tags: Readonly<Record<string, string>>
}

/** Returns the attributes to suggest for a clause: those of the layers, and of every context. */
export function attributesIn(
  layers: Readonly<Record<string, Layer>>,
  instances: readonly TaggedInstance[],
): readonly string[] {
  const used = Object.values(layers).flatMap(({ rules = [] }) =>
    rules.flatMap(({ when }) => when.flat().map(({ attribute }) => attribute)),
  )
  const tags = instances.flatMap((one) => Object.keys(one.tags))
  return [
    ...new Set(['targetingKey', ...used, 'instance', ...tags.map((tag) => `instance.tags.${tag}`)]),
  ]
}
