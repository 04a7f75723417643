import { createHmac } from 'node:crypto'
import { getOrSet } from '../get-or-set.ts'
import { equalsInConstantTime } from '../http/constant-time.ts'
import type { RulesetTarget } from '../rulesets/rulesets.ts'

/** The stream that a token grants access to. */
export interface StreamGrant {
  readonly target: RulesetTarget
  /** Key of the evaluation request: the stream ends when the key is revoked. */
  readonly keyId: string
}

/**
 * The tokens in the URLs of event streams. These streams announce that something changed, never
 * what.
 */
export interface StreamTokens {
  /** Returns the token of a grant; the same text for every request within one window. */
  grant(grant: StreamGrant): string
  /** Returns a token that lets a stream of the target reconnect: the id of its events. */
  resume(target: RulesetTarget): string
  /** Reads a token; undefined if it is forged, or has expired without a valid `resume` token. */
  read(token: string, resume: string | undefined): StreamGrant | undefined
}

export interface StreamTokensOptions {
  /** Random; each process has its own. */
  readonly secret: Uint8Array
  /** Monotonic clock, ms. */
  readonly elapsed: () => number
}

/** A URL is valid for 5 to 10 minutes: until the end of the window after its creation. */
const GRANT_WINDOW_MS = 5 * 60 * 1_000
/**
 * A client that was connected can reconnect with its URL for 30 to 60 minutes. EventSource cannot
 * change its URL, and the hub ends each stream after at most 18 minutes.
 */
const RESUME_WINDOW_MS = 30 * 60 * 1_000

/** Tokens that are remembered, one per key and scope. */
const MAX_GRANTED = 10_000

export function createStreamTokens({ secret, elapsed }: StreamTokensOptions): StreamTokens {
  const sign = (purpose: string, text: string) =>
    createHmac('sha256', secret).update(`${purpose}\n${text}`).digest('base64url')
  const seal = (purpose: string, text: string) => `${text}.${sign(purpose, text)}`
  const open = (purpose: string, sealed: string) => {
    const [text = '', signature = '', ...rest] = sealed.split('.')
    const isGenuine = rest.length === 0 && equalsInConstantTime(signature, sign(purpose, text))
    return isGenuine ? (JSON.parse(fromBase64(text)) as unknown[]) : undefined
  }
  const endOf = (windowMs: number) => (Math.floor(elapsed() / windowMs) + 2) * windowMs

  /** The tokens of the current window by their claims: signing costs more than an evaluation. */
  const granted = new Map<string, string>()
  let grantedUntil = 0

  return {
    grant({ target: { project, scope, audience, source }, keyId }) {
      const end = endOf(GRANT_WINDOW_MS)
      if (end !== grantedUntil || granted.size >= MAX_GRANTED) granted.clear()
      grantedUntil = end
      const claims = JSON.stringify([project, scope, audience, keyId, end, source])
      return getOrSet(granted, claims, () => seal('grant', toBase64(claims)))
    },

    resume({ project, scope, audience }) {
      const claims = [project, scope, audience, endOf(RESUME_WINDOW_MS)]
      return seal('resume', toBase64(JSON.stringify(claims)))
    },

    read(token, resume) {
      const claims = open('grant', token)
      if (claims === undefined) return undefined
      // The signature guarantees the shape.
      const [project, scope, audience, keyId, end, source] = claims as GrantClaims
      const returning = resume === undefined ? undefined : open('resume', resume)
      const isReturning =
        returning !== undefined &&
        [project, scope, audience].every((part, i) => part === returning[i]) &&
        elapsed() < Number(returning[3])
      if (elapsed() >= end && !isReturning) return undefined
      const target = { project, scope, audience, ...(source !== null && { source }) }
      return { target, keyId }
    },
  }
}

type GrantClaims = [string, string, RulesetTarget['audience'], string, number, string | null]

const toBase64 = (text: string) => Buffer.from(text).toString('base64url')
const fromBase64 = (text: string) => Buffer.from(text, 'base64url').toString()
