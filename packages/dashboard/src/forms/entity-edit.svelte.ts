import type { Versioned } from '../api/client.ts'
import { isSameValue } from '../api/same-value.ts'
import { listed } from '../parts/format.ts'
import { NOTHING_CHANGED } from './refusals.ts'
import { isVersionConflict, savedFirst } from './version-conflict.ts'

interface EditOptions<T, D, B> {
  /** The entity that the person sees when the form opens. */
  readonly seen: Versioned<T>
  /** Reads the entity again, after another person has changed it. */
  readonly read: () => Promise<Versioned<T>>
  /** Returns an entity as people type it. */
  readonly draftOf: (entity: T) => D
  /** Returns the body of the write that stores a draft. */
  readonly bodyOf: (draft: D, before: T) => B
}

/**
 * The edit of an entity in a form. It keeps the entity that it began with, also when the page
 * behind the form loads a newer one, so that no edit of another person is overwritten unseen.
 */
export class EntityEdit<T, D extends object, B> {
  readonly #options: EditOptions<T, D, B>
  #seen = $state.raw() as Versioned<T>
  /** The entity as the fields of the form show it. */
  draft = $state() as D

  constructor(options: EditOptions<T, D, B>) {
    this.#options = options
    this.#seen = options.seen
    this.draft = options.draftOf(options.seen.body)
  }

  /** The entity that the edit began with. */
  get before(): T {
    return this.#seen.body
  }

  /** Body of the write. */
  get body(): B {
    return this.#options.bodyOf(this.draft, this.before)
  }

  /** Reason that forbids to store the draft. */
  get refusal(): string | undefined {
    return this.isChanged ? undefined : NOTHING_CHANGED
  }

  get isChanged(): boolean {
    const { draftOf, bodyOf } = this.#options
    return !isSameValue(this.body, bodyOf(draftOf(this.before), this.before))
  }

  /**
   * Stores the draft by a write that names the version of the edit. If another person saved first,
   * puts the edits of the draft on top of the newer entity, for the person to save again.
   * @throws {RequestError} of the write; after a conflict, one that names the members that both
   *   people have edited
   */
  async save<R>(write: (seen: Versioned<T>, body: B) => Promise<R>): Promise<R> {
    try {
      return await write(this.#seen, this.body)
    } catch (error) {
      if (!isVersionConflict(error)) throw error
      throw changedMeanwhile(this.#rebase(await this.#options.read()))
    }
  }

  /** Keeps what the person has edited. Returns the members that the other has edited as well. */
  #rebase(newer: Versioned<T>): readonly string[] {
    const { draftOf } = this.#options
    const [before, theirs] = [draftOf(this.before), draftOf(newer.body)]
    const mine = { ...this.draft }
    const members = Object.keys({ ...before, ...mine }) as (keyof D & string)[]
    const edited = members.filter((member) => !isSameValue(mine[member], before[member]))
    this.#seen = newer
    this.draft = {
      ...theirs,
      ...Object.fromEntries(edited.map((member) => [member, mine[member]])),
    }
    return edited.filter(
      (member) =>
        !isSameValue(theirs[member], before[member]) && !isSameValue(theirs[member], mine[member]),
    )
  }
}

/** @param both members of the draft that both people have edited */
function changedMeanwhile(both: readonly string[]): Error {
  const words = both.map((member) => member.replace(/[A-Z]/g, (one) => ` ${one.toLowerCase()}`))
  const own = 'The form now shows their change, with your edits on top.'
  const lost = `You both changed ${listed(words)}: saving replaces theirs with yours.`
  return savedFirst(`${own} ${both.length === 0 ? '' : `${lost} `}Check it, then save again.`)
}
