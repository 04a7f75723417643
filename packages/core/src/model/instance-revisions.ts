import type { Flag, Instance } from '../schema/index.ts'
import { readsTags, tagOf } from './instance-tags.ts'
import { readsInstanceKey } from './resolved-clauses.ts'
import type { InstanceRevisions } from './state.ts'

const UNREVISED: InstanceRevisions = { retirement: 0, tags: new Map() }

/**
 * Returns the revisions of an instance after the change `seq`; undefined while it has none. Only
 * its retirement, its tags and its deletion can affect how flags are served; its name, its owner
 * and a pause cannot.
 */
export function reviseInstance(
  revisions: InstanceRevisions | undefined,
  { before, after, seq }: RevisedInstance,
): InstanceRevisions | undefined {
  const isReplaced = after === undefined || before === undefined
  const isMoved = isRetired(before) !== isRetired(after) || (isReplaced && revisions !== undefined)
  const tags = changedTags(before?.tags ?? {}, after?.tags ?? {})
  if (!isMoved && tags.length === 0) return revisions
  const { retirement, tags: known } = revisions ?? UNREVISED
  return {
    retirement: isMoved ? seq : retirement,
    tags: new Map([...known, ...tags.map((name) => [name, seq] as const)]),
  }
}

interface RevisedInstance {
  readonly before: Instance | undefined
  readonly after: Instance | undefined
  readonly seq: number
}

/** Checks that an instance exists and serves off variants only. */
export function isRetired(instance: Instance | undefined): boolean {
  return instance?.status === 'retired'
}

type Tags = Instance['tags']

function changedTags(before: Tags, after: Tags): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].filter((name) => tagOf(before, name) !== tagOf(after, name))
}

const selective = new WeakMap<Flag, boolean>()

/** Checks that a rule of a flag reads the key or a tag of the instance; cached per flag. */
export function readsInstances(flag: Flag): boolean {
  const cached = selective.get(flag) ?? (readsTags(flag) || readsInstanceKey(flag))
  selective.set(flag, cached)
  return cached
}

type RevisedInstances = ReadonlyMap<string, InstanceRevisions>

const retirements = new WeakMap<RevisedInstances, string>()

/** Names the retirements of all instances: equal texts, equal retirements. */
export function retirementsIn(revisions: RevisedInstances): string {
  const cached = retirements.get(revisions)
  if (cached !== undefined) return cached

  const retired = [...revisions].filter(([, { retirement }]) => retirement > 0)
  const text = retired.map(([key, { retirement }]) => `${key} ${retirement}`).join()
  retirements.set(revisions, text)
  return text
}
