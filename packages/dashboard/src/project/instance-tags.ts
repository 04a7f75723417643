import { type Tag, tagText } from '../forms/wanted-tags.ts'
import { project } from './project.svelte.ts'

/** Returns the tags of all instances and the others that are given, in order. */
export function instanceTags(others: readonly Tag[]): readonly Tag[] {
  const own = project.instances.flatMap(({ tags }): Tag[] => Object.entries(tags))
  const all = new Map([...own, ...others].map((tag) => [tagText(tag), tag]))
  return [...all.values()].toSorted((a, b) => (tagText(a) < tagText(b) ? -1 : 1))
}
