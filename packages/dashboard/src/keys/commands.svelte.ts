import { untrack } from 'svelte'

/** An action that people start by a key, or from the palette. */
export interface Command {
  readonly id: string
  /** Verb phrase, such as `Go to flags`. */
  readonly title: string
  readonly group: 'Go to' | 'Act' | 'View'
  /**
   * Keys: `g f` for two keys in a row, `Shift+K`, or `Mod+k` for ⌘ or Ctrl. Several sets mean the
   * same; the first is shown.
   */
  readonly keys?: readonly string[]
  /** Words that find the command in the palette beside its title. */
  readonly words?: string
  readonly run: () => void
}

let registered = $state.raw<readonly Command[]>([])

/** Every command that the current screen has. Feeds the palette, the list of keys and the keys. */
export const commands = {
  get all(): readonly Command[] {
    return registered
  },

  /** Adds commands. Returns a function that removes them, for `$effect`. */
  register(added: readonly Command[]): () => void {
    // The newest come first, so that a screen may give a key another meaning.
    registered = [...added, ...untrack(() => registered)]
    return () => {
      registered = registered.filter((command) => !added.includes(command))
    }
  },
}

interface Creation {
  /** Reason that forbids it, such as a missing right; undefined if it is allowed. */
  readonly refusal?: string | undefined
  readonly run: () => void
}

/**
 * Adds the command that creates an entity of the screen, unless it is forbidden. For the
 * initialisation of a component.
 * @param title verb phrase, such as `Create a key`
 */
export function registerCreation(title: string, { refusal, run }: Creation): void {
  $effect(() => {
    if (refusal !== undefined) return
    return commands.register([{ id: 'create', title, group: 'Act', run }])
  })
}
