import type { IncomingHttpHeaders } from 'node:http'
import { isWithin } from '@flaghoist/core/model'
import { z } from 'zod'
import type { Principal } from '../http/principal.ts'
import type { RulesetTarget } from '../rulesets/rulesets.ts'
import type { SdkServices } from '../services.ts'

/** Header in which a relay sends a server key beside a client key. */
export const RELAY_KEY_HEADER = 'flaghoist-relay-key'

export const RelayHeaders = z.looseObject({
  [RELAY_KEY_HEADER]: z.string().max(200).optional().meta({
    description:
      'Server key of a relay, for its scope or its environment; required so that `relayed` counts with a client key',
  }),
})

/**
 * Returns whether a request may count the SDKs behind a relay. It needs a secret key: with a
 * client key, which is public, a stranger could make up any number of SDKs.
 */
export function mayCountSdks(
  { keys, targets }: Pick<SdkServices, 'keys' | 'targets'>,
  { kind }: Principal,
  { target, headers }: { target: RulesetTarget; headers: IncomingHttpHeaders },
): boolean {
  if (kind === 'server') return true
  const voucher = keys.authenticate(String(headers[RELAY_KEY_HEADER] ?? ''))
  if (voucher?.kind !== 'server') return false
  const own = targets.ofKey(voucher)
  return own?.project === target.project && isWithin(target.scope, own.scope)
}
