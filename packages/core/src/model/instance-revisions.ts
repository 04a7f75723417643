import type { Instance } from '../schema/index.ts'
import { tagOf } from './instance-tags.ts'
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
