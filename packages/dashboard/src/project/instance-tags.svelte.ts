import { untrack } from 'svelte'
import { type Tag, tagText } from '../forms/wanted-tags.ts'
import { project } from './project.svelte.ts'

/** Returns the tags of all instances and the others that are given, in order. */
export function instanceTags(others: readonly Tag[]): readonly Tag[] {
  const own = project.instances.flatMap(({ tags }): Tag[] => Object.entries(tags))
  const all = new Map([...own, ...others].map((tag) => [tagText(tag), tag]))
  return [...all.values()].toSorted((a, b) => (tagText(a) < tagText(b) ? -1 : 1))
}

/**
 * Keeps the tags that instances have had since a form began, so that a chosen one stays in it. For
 * the initialisation of a component.
 * @param own tags that the form names itself
 */
export function keepTags(own: () => readonly Tag[]): { readonly all: readonly Tag[] } {
  let kept = $state.raw<readonly Tag[]>([])
  const all = $derived(instanceTags([...own(), ...kept]))
  $effect(() => {
    kept = instanceTags(untrack(() => kept))
  })
  return {
    get all() {
      return all
    },
  }
}
