import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Address } from '../rulesets/rulesets.ts'

/** What a token lets its bearer listen to. */
export interface StreamGrant {
  readonly address: Address
  /** Key that asked for it: the stream ends when the key does. */
  readonly keyId: string
}

/** Makes and reads the tokens in the URLs of event streams. They say that something changed, and never what. */
export interface StreamTokens {
  /** The token of a grant; the same text for everybody who asks within one window. */
  grant(grant: StreamGrant): string
  /** A token that lets a stream of an address come back, sent as the id of its events. */
  resume(address: Address): string
  /** What a token grants; undefined for a forged one, and for one that has run out unless `resume` is good. */
  read(token: string, resume: string | undefined): StreamGrant | undefined
}

export interface StreamTokensOptions {
  /** Random, and made anew by each process. */
  readonly secret: Uint8Array
  /** Wall clock, epoch ms. */
  readonly now: () => number
}

/** A URL is good for connecting for 5 to 10 minutes: until the window after the one that made it ends. */
const GRANT_WINDOW_MS = 5 * 60 * 1_000
/**
 * A client that was connected can come back for 30 to 60 minutes with the URL that it has: EventSource knows no
 * other, and the hub ends each stream after at most 18 minutes.
 */
const RESUME_WINDOW_MS = 30 * 60 * 1_000

export function createStreamTokens({ secret, now }: StreamTokensOptions): StreamTokens {
  const sign = (purpose: string, text: string) =>
    createHmac('sha256', secret).update(`${purpose}\n${text}`).digest('base64url')
  const seal = (purpose: string, text: string) => `${text}.${sign(purpose, text)}`
  const open = (purpose: string, sealed: string) => {
    const [text = '', signature = '', ...rest] = sealed.split('.')
    const isGenuine = rest.length === 0 && areEqual(signature, sign(purpose, text))
    return isGenuine ? (JSON.parse(fromBase64(text)) as unknown[]) : undefined
  }
  const endOf = (windowMs: number) => (Math.floor(now() / windowMs) + 2) * windowMs

  return {
    grant({ address: { project, scope, audience }, keyId }) {
      const claims = [project, scope, audience, keyId, endOf(GRANT_WINDOW_MS)]
      return seal('grant', toBase64(JSON.stringify(claims)))
    },

    resume({ project, scope, audience }) {
      const claims = [project, scope, audience, endOf(RESUME_WINDOW_MS)]
      return seal('resume', toBase64(JSON.stringify(claims)))
    },

    read(token, resume) {
      const claims = open('grant', token)
      if (claims === undefined) return undefined
      // The signature vouches for the shape.
      const [project, scope, audience, keyId, end] = claims as GrantClaims
      const returning = resume === undefined ? undefined : open('resume', resume)
      const isReturning =
        returning !== undefined &&
        [project, scope, audience].every((part, i) => part === returning[i]) &&
        now() < Number(returning[3])
      if (now() >= end && !isReturning) return undefined
      return { address: { project, scope, audience }, keyId }
    },
  }
}

type GrantClaims = [string, string, Address['audience'], string, number]

function areEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

const toBase64 = (text: string) => Buffer.from(text).toString('base64url')
const fromBase64 = (text: string) => Buffer.from(text, 'base64url').toString()
