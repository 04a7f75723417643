/** The part of the project that a kill stops a flag in. */
export type Where =
  | { readonly kind: 'everywhere' }
  | { readonly kind: 'environment'; readonly environment: string }
  | { readonly kind: 'instance'; readonly environment: string; readonly instance: string }
  | { readonly kind: 'tag'; readonly environment: string; readonly tag: string }

interface TaggedInstance {
  readonly key: string
  readonly tags: Readonly<Record<string, string>>
}

interface Program {
  readonly scope: string
  readonly offlineSince?: string
  readonly relayed?: { readonly connected: number }
}

/** Returns the place that a scope names: `*`, an environment or an instance. */
export function whereOf(scope: string): Where {
  if (scope === '*') return { kind: 'everywhere' }
  const [environment = '', instance] = scope.split('/')
  return instance === undefined
    ? { kind: 'environment', environment }
    : { kind: 'instance', environment, instance }
}

/** Returns the scopes of a kill; empty if no instance has the tag. */
export function scopesOf(where: Where, instances: readonly TaggedInstance[]): readonly string[] {
  switch (where.kind) {
    case 'everywhere':
      return ['*']
    case 'environment':
      return [where.environment]
    case 'instance':
      return [`${where.environment}/${where.instance}`]
    case 'tag':
      return instances
        .filter(({ tags }) => tagsOf(tags).includes(where.tag))
        .map(({ key }) => `${where.environment}/${key}`)
  }
}

/** Returns every tag of instances, such as `region=eu`, with the number that have it. */
export function tagCounts(instances: readonly TaggedInstance[]): readonly [string, number][] {
  const counts = new Map<string, number>()
  for (const { tags } of instances)
    for (const tag of tagsOf(tags)) counts.set(tag, (counts.get(tag) ?? 0) + 1)
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Returns the connected programs that evaluate within scopes. */
export function programsIn<T extends Program>(
  programs: readonly T[],
  scopes: readonly string[],
): readonly T[] {
  return programs.filter(
    ({ scope, offlineSince }) =>
      offlineSince === undefined && scopes.some((wide) => isWithin(scope, wide)),
  )
}

/** Returns the connected programs that evaluate for an instance, in any environment. */
export function programsOf<T extends Program>(
  programs: readonly T[],
  instance: string,
): readonly T[] {
  return programs.filter(
    ({ scope, offlineSince }) => offlineSince === undefined && scope.endsWith(`/${instance}`),
  )
}

/** Returns the number of programs; a relay counts as those behind it. */
export function countPrograms(programs: readonly Program[]): number {
  return programs.reduce((sum, { relayed }) => sum + (relayed?.connected ?? 1), 0)
}

function isWithin(scope: string, wide: string): boolean {
  return wide === '*' || scope === wide || scope.startsWith(`${wide}/`)
}

const tagsOf = (tags: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(tags).map(([name, value]) => `${name}=${value}`)
