import { describeConformance } from '../../../test-support/conformance.ts'
import { recordingAdapter } from '../../../test-support/recorded-conformance.ts'
import { evaluate, type Prepared, prepare, type Ruleset } from './index.ts'

// As in an SDK, a ruleset is prepared once and evaluated often: no evaluation may affect the next
// one.
const prepared = new WeakMap<Ruleset, Prepared>()
let clock = 0

const { adapter } = recordingAdapter((ruleset, { flag, context, fallback, now }) => {
  clock = now
  const known = prepared.get(ruleset) ?? prepare(ruleset, { now: () => clock })
  prepared.set(ruleset, known)
  return evaluate(known, flag, context, fallback)
})

describeConformance('@flaghoist/core', adapter)
