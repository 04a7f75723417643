import { DEV } from '../dev.ts'
import { codeOnly, defineErrors, type FlaghoistError } from '../errors.ts'
import { patchItems } from './items.ts'
import type { Ruleset, RulesetPatch } from './wire.ts'

/** The errors of {@link patch}. */
export const patchErrors = {
  PATCH_MISMATCH: {
    status: 409,
    message:
      'The patch from version {from} to {to} does not fit the ruleset of version {version}, or its epoch differs.',
    hint: 'Fetch the whole ruleset.',
  },
} as const

const patchProblem = DEV
  ? /* @__PURE__ */ defineErrors(patchErrors)
  : /* @__PURE__ */ codeOnly(patchErrors)

/**
 * Applies a patch to a ruleset. Items outside the patch stay the same objects.
 * @throws {FlaghoistError} `PATCH_MISMATCH` unless the patch starts at the ruleset's epoch and
 * version
 */
export function patch(ruleset: Ruleset, change: RulesetPatch): Ruleset {
  if (change.epoch !== ruleset.epoch || change.from !== ruleset.version)
    throw patchMismatch(ruleset, change)

  return {
    ...ruleset,
    version: change.to,
    flags: patchItems(ruleset.flags, change.flags),
    segments: patchItems(ruleset.segments, change.segments),
    hash: change.hash,
  }
}

/** Creates the error of a patch that does not fit a ruleset. */
export function patchMismatch({ version }: Ruleset, { from, to }: RulesetPatch): FlaghoistError {
  return patchProblem('PATCH_MISMATCH', { from, to, version })
}
