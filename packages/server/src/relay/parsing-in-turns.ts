import type { Platform } from '@flaghoist/client'
import { parseInTurns } from '../parse-in-turns.ts'

/**
 * Makes a platform parse rulesets in turns of the event loop that are short. Its requests still
 * deliver in order: an event, and the end of a response, wait for the events before.
 */
export function parsingInTurns(platform: Platform): Platform {
  let last: Promise<unknown> = Promise.resolve()
  const inOrder = (step: () => unknown) => {
    last = last.then(step)
  }

  return {
    ...platform,
    parse(text, onParsed) {
      inOrder(() =>
        parseInTurns(text).then(
          (value) => onParsed(() => value),
          (error) =>
            onParsed(() => {
              throw error
            }),
        ),
      )
    },
    request(request, on) {
      let isAborted = false
      const abort = platform.request(request, {
        ...on,
        // The last event may still be parsed.
        onEnd: (error) => inOrder(() => isAborted || on.onEnd(error)),
      })
      return () => {
        isAborted = true
        abort()
      }
    },
  }
}
