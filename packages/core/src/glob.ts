import { LIMITS } from './limits.ts'

type Step =
  | { readonly kind: 'any' }
  | { readonly kind: 'literal'; readonly point: string }
  | {
      readonly kind: 'class'
      readonly negated: boolean
      readonly ranges: readonly (readonly [string, string])[]
    }
  | { readonly kind: 'star' }

/**
 * A test for whole texts against a glob: `*`, `?`, `[…]`, `\` (`docs/spec.md` §4); undefined for a pattern of
 * more than 256 code points. Only the last star is ever gone back to, so the time is at most the text's
 * length times the pattern's, and the pattern's is bounded.
 */
export function globTest(pattern: string): ((text: string) => boolean) | undefined {
  const points = [...pattern]
  if (points.length > LIMITS.globLength) return undefined
  const steps = parse(points)
  return (text) => matches(steps, [...text])
}

function matches(steps: readonly Step[], points: readonly string[]): boolean {
  let step = 0
  let point = 0
  let star = -1
  let resume = 0
  while (point < points.length) {
    const current = steps[step]
    if (current?.kind === 'star') {
      star = step
      resume = point
      step += 1
    } else if (current !== undefined && fits(current, points[point]!)) {
      step += 1
      point += 1
    } else {
      if (star < 0) return false
      // The last star takes one code point more; what an earlier one took need never change.
      resume += 1
      point = resume
      step = star + 1
    }
  }
  while (steps[step]?.kind === 'star') step += 1
  return step === steps.length
}

function fits(step: Step, point: string): boolean {
  switch (step.kind) {
    case 'any':
      return true
    case 'literal':
      return step.point === point
    case 'class':
      return step.negated !== step.ranges.some(([low, high]) => isBetween(point, low, high))
    case 'star':
      return false
  }
}

function isBetween(point: string, low: string, high: string): boolean {
  const code = point.codePointAt(0)!
  return code >= low.codePointAt(0)! && code <= high.codePointAt(0)!
}

function parse(points: readonly string[]): readonly Step[] {
  const steps: Step[] = []
  // Behind a class that nothing ends, no other one can end: looking again would take quadratic time.
  let hasClasses = true
  for (let i = 0; i < points.length; ) {
    const { step, next } = readStep(points, i, hasClasses)
    if (points[i] === '[' && step.kind === 'literal') hasClasses = false
    steps.push(step)
    i = next
  }
  return steps
}

function readStep(
  points: readonly string[],
  i: number,
  hasClasses: boolean,
): { step: Step; next: number } {
  const point = points[i]!
  if (point === '*') return { step: { kind: 'star' }, next: i + 1 }
  if (point === '?') return { step: { kind: 'any' }, next: i + 1 }
  const found = point === '[' && hasClasses ? parseClass(points, i + 1) : undefined
  if (found !== undefined) return { step: found.step, next: found.end + 1 }
  const member = readMember(points, i)
  return { step: literal(member.point), next: member.next }
}

const literal = (point: string): Step => ({ kind: 'literal', point })

/** Reads a class from behind its `[`; undefined where no `]` ends it. */
function parseClass(
  points: readonly string[],
  start: number,
): { step: Step; end: number } | undefined {
  let i = start
  const negated = points[i] === '!' || points[i] === '^'
  if (negated) i += 1
  const first = i
  const ranges: [string, string][] = []

  while (i < points.length && (points[i] !== ']' || i === first)) {
    const low = readMember(points, i)
    i = low.next
    const isRange = points[i] === '-' && i + 1 < points.length && points[i + 1] !== ']'
    const high = isRange ? readMember(points, i + 1) : low
    i = high.next
    ranges.push([low.point, high.point])
  }
  return i < points.length ? { step: { kind: 'class', negated, ranges }, end: i } : undefined
}

function readMember(points: readonly string[], i: number): { point: string; next: number } {
  if (points[i] === '\\' && i + 1 < points.length) return { point: points[i + 1]!, next: i + 2 }
  return { point: points[i]!, next: i + 1 }
}
