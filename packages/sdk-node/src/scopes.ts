import { AsyncLocalStorage } from 'node:async_hooks'
import type { EvaluationContext, FlagKey, Flags, Ruleset, ScopedFlags } from '@flaghoist/client'

/** The flags of a Node.js program. */
export interface NodeFlags extends Flags {
  /**
   * Runs a function, and everything that it calls or awaits, for one context: `current()` gives its flags anywhere in there.
   *
   * @param context who is asked for; or a function that gives flags, called when somebody first asks for them
   * @example
   * await flags.run({ targetingKey: user.id }, () => handle(request))
   */
  run<T>(context: EvaluationContext | (() => ScopedFlags), work: () => T): T
  /**
   * The flags of the context that this code runs for. Outside of any, those of nobody in particular.
   *
   * @example
   * if (flags.current().isEnabled('new-checkout')) …
   */
  current(): ScopedFlags
  /**
   * What flags answer a context, as a ruleset without rules: the bootstrap of a page that a server renders. Counts nothing, because nobody
   * was shown anything yet. Undefined while there is no ruleset.
   *
   * @param keys flags to decide; those that browsers get (`clientVisible`) unless it says otherwise
   */
  snapshot(context: EvaluationContext, keys?: readonly FlagKey[]): Ruleset | undefined
}

/** Adds `run` and `current` to flags; each of them has contexts of its own. */
export function withScopes<F extends Flags>(flags: F): F & Pick<NodeFlags, 'run' | 'current'> {
  const storage = new AsyncLocalStorage<() => ScopedFlags>()
  const nobody = once(() => flags.for({}))

  return {
    ...flags,
    run: (context, work) =>
      storage.run(typeof context === 'function' ? context : once(() => flags.for(context)), work),
    current: () => (storage.getStore() ?? nobody)(),
  }
}

/** A function that works once and remembers. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
