import { type ConformanceAdapter, describeConformance } from '../../../test-support/conformance.ts'
import {
  bucketOf,
  createDigester,
  evaluate,
  hashIdentifier,
  isFlaghoistError,
  murmur3,
  type Prepared,
  prepare,
  type Ruleset,
} from './index.ts'

// As in an SDK, a ruleset is prepared once and asked often: nothing of one answer may show in the next.
const prepared = new WeakMap<Ruleset, Prepared>()
let clock = 0

const adapter: ConformanceAdapter = {
  murmur3,
  bucketOf,
  hashIdentifier,
  evaluate(ruleset, { flag, context, fallback, now }) {
    clock = now
    const known = prepared.get(ruleset) ?? prepare(ruleset, { now: () => clock })
    prepared.set(ruleset, known)
    return evaluate(known, flag, context, fallback)
  },
  patch(ruleset, change) {
    try {
      return prepare(ruleset).patched(change).ruleset
    } catch (error) {
      if (isFlaghoistError(error) && error.code === 'PATCH_MISMATCH') return undefined
      throw error
    }
  },
  digest: (ruleset) => createDigester()(ruleset),
}

describeConformance('@flaghoist/core', adapter)
