import { type evaluate, type Prepared, prepare, type Ruleset } from '@flaghoist/core'
import { describeConformance } from '../../../../../test-support/conformance.ts'
import { recordingAdapter } from '../../../../../test-support/recorded-conformance.ts'
import { explain } from './explain.ts'

const prepared = new WeakMap<Ruleset, Prepared>()
let clock = 0
const now = () => clock

const { adapter } = recordingAdapter((ruleset, { flag, context, fallback, now: at }) => {
  clock = at
  const known = prepared.get(ruleset) ?? prepare(ruleset, { now })
  prepared.set(ruleset, known)
  const { details } = explain(known, { flag, context, fallback, now })
  return details as ReturnType<typeof evaluate>
})

describeConformance('an explained evaluation', adapter)
