import { type ConformanceAdapter, describeConformance } from '../../../test-support/conformance.ts'
import {
  bucketOf,
  createDigester,
  evaluate,
  hashIdentifier,
  isFlaghoistError,
  murmur3,
  prepare,
} from './index.ts'

const adapter: ConformanceAdapter = {
  murmur3,
  bucketOf,
  hashIdentifier,
  evaluate: (ruleset, { flag, context, fallback, now }) =>
    evaluate(prepare(ruleset, { now: () => now }), flag, context, fallback),
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
