import type { Ruleset } from '@flaghoist/core'
import { type AttemptHandlers, createAttempt, type Endpoint, SILENCE_MS } from './attempt.ts'
import { MOST_CHARACTERS, rejected, silent, tooLarge, unreachable } from './ending.ts'
import type { RulesetHolder } from './holder.ts'
import { send } from './http.ts'
import { refusing } from './refusal.ts'

export interface PollHandlers extends AttemptHandlers {
  /** What to show next time, so that only news is sent. */
  onEtag(etag: string | undefined): void
}

/** Asks for the whole ruleset once, unless it is the one of `etag`. Gives a function that gives it up. */
export function poll(
  { platform, holder, request }: Endpoint,
  etag: string | undefined,
  on: PollHandlers,
): () => void {
  const attempt = createAttempt(platform, on.onEnd)
  let body = ''
  let isUnchanged = false
  let nextEtag: string | undefined
  attempt.watch.start(SILENCE_MS, () => attempt.end(silent(SILENCE_MS)))

  const plain = request('/sdk/v1/ruleset')
  const headers = etag === undefined ? plain.headers : { ...plain.headers, 'if-none-match': etag }
  const handlers = refusing(attempt, platform, 'application/json', {
    onHead(status, header) {
      isUnchanged = status === 304
      nextEtag = header('etag')
    },
    onText(text) {
      attempt.watch.touch()
      body += text
      if (body.length > MOST_CHARACTERS) attempt.end(tooLarge())
    },
    onEnd(error) {
      if (error) return attempt.end(unreachable(error))
      const problem = isUnchanged ? undefined : takeRuleset(holder, body)
      if (problem !== undefined) return attempt.end({ kind: 'failed', error: problem })
      if (attempt.isOver) return // A listener has closed the client.
      on.onEtag(nextEtag)
      on.onHeard()
      attempt.end({ kind: 'ended' })
    },
  })
  attempt.use(send(platform, { ...plain, headers }, handlers))
  return attempt.giveUp
}

function takeRuleset(holder: RulesetHolder, body: string): Error | undefined {
  try {
    holder.put(JSON.parse(body) as Ruleset, 'server')
    return undefined
  } catch (error) {
    return rejected(error)
  }
}
