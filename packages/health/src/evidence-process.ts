/**
 * The logarithms of several bets on the same data, each also as it stood at every restart.
 *
 * Each `exp(log)` starts at 1 and has expectation at most 1 without harm: a test martingale or
 * less. By Ville's inequality, a weighted mean of them passes 1/α with probability α at most, ever.
 */
export interface EvidenceProcess {
  readonly logs: readonly number[]
  /** A copy of `logs` for each time the share grew, oldest first. */
  readonly restarts: readonly (readonly number[])[]
}

/** Weight of the bets from the beginning; each restart has half of the weight before. */
const FIRST_WEIGHT = 0.5

/** Starts as many bets as there are weights. */
export function startProcess(weights: readonly number[]): EvidenceProcess {
  return { logs: weights.map(() => 0), restarts: [] }
}

/** Adds a restart at the present state: a late regression need not earn back earlier losses. */
export function restarted({ logs, restarts }: EvidenceProcess): EvidenceProcess {
  return { logs: [...logs], restarts: [...restarts, logs] }
}

/**
 * Returns the logarithm of the mixture over bets and restarts.
 *
 * The weights of restarts are fixed in advance: 1/2 from the beginning, then 1/4, 1/8 … Weight of
 * restarts that have not happened is cash: it counts 1.
 *
 * @param restartsAhead the largest number of restarts that the plan allows; the last one has the
 *   rest of the weight. Without restarts, the beginning has all of it.
 */
export function logMixture(
  { logs, restarts }: EvidenceProcess,
  weights: readonly number[],
  restartsAhead = Number.POSITIVE_INFINITY,
): number {
  if (weights.length === 0) return 0 // A metric that is never compared.
  const starts = [weights.map(() => 0), ...restarts]
  const terms: number[] = []
  let left = 1
  for (const [index, start] of starts.entries()) {
    const isLast = index >= restartsAhead
    const weight = isLast ? left : left * FIRST_WEIGHT
    left -= weight
    for (const [j, log] of logs.entries())
      terms.push(log - start[j]! + Math.log(weight * weights[j]!))
    if (isLast) break
  }
  if (left > 0) terms.push(Math.log(left))
  return logSumExp(terms)
}

/** Adds processes of independent units, restart by restart: the evidence of all scopes together. */
export function pooled(processes: readonly EvidenceProcess[]): EvidenceProcess {
  const size = processes[0]?.logs.length ?? 0
  const restarts = Math.max(0, ...processes.map((process) => process.restarts.length))
  const sum = (vectors: readonly (readonly number[])[]) =>
    Array.from({ length: size }, (_, j) => vectors.reduce((total, vector) => total + vector[j]!, 0))
  return {
    logs: sum(processes.map(({ logs }) => logs)),
    // A scope that has not restarted yet contributes nothing to that restart.
    restarts: Array.from({ length: restarts }, (_, k) =>
      sum(processes.map((process) => process.restarts[k] ?? process.logs)),
    ),
  }
}

/** Removes one process from a pool that contains it. */
export function without(
  pool: EvidenceProcess,
  { logs, restarts }: EvidenceProcess,
): EvidenceProcess {
  const minus = (sum: readonly number[], part: readonly number[]) =>
    sum.map((log, j) => log - part[j]!)
  return {
    logs: minus(pool.logs, logs),
    restarts: pool.restarts.map((sum, k) => minus(sum, restarts[k] ?? logs)),
  }
}

/** Returns log(Σ exp(term)) without overflow; -Infinity for no term. */
export function logSumExp(terms: readonly number[]): number {
  let max = Number.NEGATIVE_INFINITY
  for (const term of terms) if (term > max) max = term
  if (max === Number.NEGATIVE_INFINITY) return max
  let sum = 0
  for (const term of terms) sum += Math.exp(term - max)
  return max + Math.log(sum)
}
