import { AsyncLocalStorage } from 'node:async_hooks'
import type { EvaluationContext, FlagKey, Flags, Ruleset, ScopedFlags } from '@flaghoist/client'

/** The flags of a Node.js process. */
export interface NodeFlags extends Flags {
  /**
   * Runs a function for one context: `current()` returns the flags of this context in everything
   * that the function calls or awaits.
   *
   * @param context context, or a function that returns flags, called at the first evaluation
   * @example
   * await flags.run({ targetingKey: user.id }, () => handle(request))
   */
  run<T>(context: EvaluationContext | (() => ScopedFlags), work: () => T): T
  /**
   * Returns the flags of the context of the enclosing `run`; outside of any, those of an empty
   * context.
   *
   * @example
   * if (flags.current().isEnabled('new-checkout')) …
   */
  current(): ScopedFlags
  /**
   * Returns the values of all flags for a context, as a ruleset without rules: the bootstrap of a
   * server-rendered page. Records no exposures. Returns undefined while there is no ruleset.
   *
   * @param keys flags to include
   * @default keys the flags that are clientVisible
   */
  snapshot(context: EvaluationContext, keys?: readonly FlagKey[]): Ruleset | undefined
}

/** Adds `run` and `current` to flags. Each flags object has its own contexts. */
export function withScopes<F extends Flags>(flags: F): F & Pick<NodeFlags, 'run' | 'current'> {
  const storage = new AsyncLocalStorage<() => ScopedFlags>()
  const unbound = once(() => flags.for({}))

  return {
    ...flags,
    run: (context, work) =>
      storage.run(typeof context === 'function' ? context : once(() => flags.for(context)), work),
    current: () => (storage.getStore() ?? unbound)(),
  }
}

/** Wraps a function that runs once, at the first call, and remembers its result. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
