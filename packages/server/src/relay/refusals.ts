import { clientErrors } from '@flaghoist/client'
import type { ConnectionState } from '@flaghoist/client/internal'
import { type FlaghoistError, isFlaghoistError } from '@flaghoist/core'

/** The refusal of a key or a scope by the upstream. */
export interface Refusals {
  /** Returns the refusal that holds now. */
  current(): FlaghoistError | undefined
  /** Follows a connection: call it after each response and each failure. */
  follow(state: ConnectionState): void
}

export interface RefusalOptions {
  /** Refusal of an earlier process. It holds if the upstream cannot be reached. */
  readonly last: FlaghoistError | undefined
  /** Called with each refusal. */
  readonly onRefused: (refusal: FlaghoistError) => void
  /** Called when the upstream serves both again. */
  readonly onAdmitted: () => void
}

/** Follows the refusals of the key and the scope of a connection. */
export function createRefusals({ last, onRefused, onAdmitted }: RefusalOptions): Refusals {
  let known = last
  let current: FlaghoistError | undefined
  const refuse = (refusal: FlaghoistError) => {
    known = refusal
    current = refusal
    onRefused(refusal)
  }
  const admit = () => {
    if (known === undefined) return
    known = undefined
    current = undefined
    onAdmitted()
  }
  return {
    current: () => current,
    follow(state) {
      const { phase, pollError, heardAt } = state
      if (phase === 'refused' && isOfServer(pollError)) refuse(pollError)
      else if (phase === 'streaming' || phase === 'polling') admit()
      else if (heardAt === undefined && failureOf(state) !== undefined) current ??= known
    },
  }
}

/** Returns whether a refusal concerns the key itself, whatever scope a request names. */
export function concernsKey({ code }: FlaghoistError): boolean {
  return code.startsWith('KEY_') || code === 'INSTANCE_RETIRED'
}

/** Returns the failure of a connection, which shows nothing about the key or the scope. */
export function failureOf({
  pollError,
  streamError,
  pollsLeft,
}: ConnectionState): Error | undefined {
  // Without streams, the poll that follows may be served.
  return pollError ?? (pollsLeft > 0 ? undefined : streamError)
}

/** Returns whether an error is a problem in the words of the upstream, not of a proxy. */
function isOfServer(error: Error | undefined): error is FlaghoistError {
  return isFlaghoistError(error) && !Object.hasOwn(clientErrors, error.code)
}
