import type { Outcome } from './outcome.ts'
import type { PreparedFlag } from './prepared-flag.ts'
import type { EvaluationContext } from './resolution.ts'

type Answer = (flag: PreparedFlag, context: EvaluationContext) => Outcome

/**
 * Tells whether a flag's prerequisites are met. Remembers what it was asked during one evaluation, without
 * allocating: a flag that many depend on is evaluated once, so that a ruleset shaped like a ladder of
 * diamonds takes linear time.
 */
export class Prerequisites {
  readonly #flags: ReadonlyMap<string, PreparedFlag>
  readonly #unmeetable: ReadonlySet<PreparedFlag>
  readonly #remembered = new Map<PreparedFlag, { pass: number; outcome: Outcome }>()
  #pass = 0
  #depth = 0

  constructor(flags: ReadonlyMap<string, PreparedFlag>) {
    this.#flags = flags
    this.#unmeetable = findUnmeetable(flags)
  }

  areMet(flag: PreparedFlag, context: EvaluationContext, answer: Answer): boolean {
    if (this.#unmeetable.has(flag)) return false
    if (this.#depth === 0) this.#pass += 1
    this.#depth += 1
    try {
      for (const { flag: key, variants } of flag.prerequisites) {
        const other = this.#flags.get(key)
        if (other === undefined) return false
        if (!variants.includes(this.#answer(other, context, answer).variant)) return false
      }
      return true
    } finally {
      this.#depth -= 1
    }
  }

  #answer(flag: PreparedFlag, context: EvaluationContext, answer: Answer): Outcome {
    if (flag.prerequisites.length === 0) return answer(flag, context)
    const known = this.#remembered.get(flag)
    if (known?.pass === this.#pass) return known.outcome

    const pass = this.#pass
    const outcome = answer(flag, context)
    if (known === undefined) this.#remembered.set(flag, { pass, outcome })
    else Object.assign(known, { pass, outcome })
    return outcome
  }
}

/** Longer chains are never met: evaluation follows them, and its stack has an end. */
const MAX_DEPTH = 32

/**
 * The flags whose prerequisites can never be met: they are on a cycle, depend on one, or depend on a chain
 * of more than 32 (`docs/spec.md` §3, step 4). Kahn's algorithm, so that no ruleset makes it recurse.
 */
function findUnmeetable(flags: ReadonlyMap<string, PreparedFlag>): ReadonlySet<PreparedFlag> {
  const dependents = new Map<PreparedFlag, PreparedFlag[]>()
  const waitsFor = new Map<PreparedFlag, number>()
  const depth = new Map<PreparedFlag, number>()
  for (const flag of flags.values()) {
    if (flag.prerequisites.length === 0) continue
    const present = needed(flag, flags)
    waitsFor.set(flag, present.length)
    depth.set(flag, 1)
    for (const other of present) {
      const known = dependents.get(other)
      if (known === undefined) dependents.set(other, [flag])
      else known.push(flag)
    }
  }

  const ready = [...dependents.keys()].filter((flag) => !waitsFor.has(flag))
  for (const [flag, count] of waitsFor) if (count === 0) ready.push(flag)
  for (let flag = ready.pop(); flag !== undefined; flag = ready.pop()) {
    for (const dependent of dependents.get(flag) ?? []) {
      depth.set(dependent, Math.max(depth.get(dependent)!, (depth.get(flag) ?? 0) + 1))
      waitsFor.set(dependent, waitsFor.get(dependent)! - 1)
      if (waitsFor.get(dependent) === 0) ready.push(dependent)
    }
  }
  const isUnmeetable = ([flag, left]: [PreparedFlag, number]) =>
    left > 0 || depth.get(flag)! > MAX_DEPTH
  return new Set([...waitsFor].filter(isUnmeetable).map(([flag]) => flag))
}

/** Flags of the ruleset that this one names, each once. */
function needed(flag: PreparedFlag, flags: ReadonlyMap<string, PreparedFlag>): PreparedFlag[] {
  const found = new Set<PreparedFlag>()
  for (const { flag: key } of flag.prerequisites) {
    const other = flags.get(key)
    if (other !== undefined) found.add(other)
  }
  return [...found]
}
