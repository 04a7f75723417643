import type { Platform } from '@flaghoist/client'
import { problem } from '../errors.ts'
import { parseInTurns } from '../parse-in-turns.ts'
import { createPause, runInTurns } from '../pause.ts'

/**
 * Characters of a connection that may wait to be applied: two of the longest events that a client
 * accepts.
 */
const MAX_WAITING_CHARACTERS = 64 * 1024 * 1024

/** A request of which events may wait. */
interface WaitingRequest {
  /** Aborted when the request is. */
  readonly signal: AbortSignal
  /** No further event is accepted. */
  isFull: boolean
  /** Receives nothing more, and ends once the events until now are applied. */
  fill(): void
}

/**
 * Makes a platform parse rulesets in turns of the event loop that are short. Its requests still
 * deliver in order: an event, and the end of a response, wait for the events before. Once too much
 * waits, the request that brought the last of it ends as a failed one, and opens again.
 * @param prepare work on each parsed value before it is applied, in small steps
 */
export function parsingInTurns(
  platform: Platform,
  prepare?: (value: unknown) => Generator<unknown>,
): Platform {
  const inOrder = createOrder()
  let waitingCharacters = 0
  /** The request whose handler runs: a handler parses what it has received. */
  let current: WaitingRequest | undefined

  const parseWaiting = async (text: string, signal: AbortSignal | undefined) => {
    const value = await parseInTurns(text, JSON.parse, signal)
    if (prepare !== undefined) await runInTurns(prepare(value), signal)
    return value
  }
  const runHandler = (request: WaitingRequest, handler: () => void) => {
    current = request
    try {
      handler()
    } finally {
      current = undefined
    }
  }
  return {
    ...platform,
    parse(text, onParsed) {
      const request = current
      if (request?.isFull) return
      waitingCharacters += text.length
      inOrder(async () => {
        const result = await resultOf(parseWaiting(text, request?.signal))
        waitingCharacters -= text.length
        onParsed(result)
      })
      if (waitingCharacters > MAX_WAITING_CHARACTERS) request?.fill()
    },
    request(request, on) {
      const aborting = new AbortController()
      const { signal } = aborting
      const end = (error?: Error) =>
        inOrder(() => signal.aborted || runHandler(waiting, () => on.onEnd(error)))
      const waiting: WaitingRequest = {
        signal,
        isFull: false,
        fill() {
          waiting.isFull = true
          abort()
          end(problem('UPSTREAM_TOO_FAST', { limit: MAX_WAITING_CHARACTERS }))
        },
      }
      const abort = platform.request(request, {
        ...on,
        onText: (text) => runHandler(waiting, () => on.onText(text)),
        // The last event may still be parsed.
        onEnd: end,
      })
      return () => {
        aborting.abort()
        abort()
      }
    },
  }
}

/** Returns a function that returns the value of a promise, or throws its error. */
function resultOf(promise: Promise<unknown>): Promise<() => unknown> {
  return promise.then(
    (value) => () => value,
    (error) => () => {
      throw error
    },
  )
}

/**
 * Returns a function that runs steps one after another, in turns of the event loop that are short.
 * A step that waits for no other one begins at once.
 */
function createOrder(): (step: () => unknown) => void {
  const steps: (() => unknown)[] = []
  let isRunning = false
  const runAll = async () => {
    const pause = createPause()
    for (let step = steps.shift(); step !== undefined; step = steps.shift()) {
      await step()
      await pause()
    }
    isRunning = false
  }
  return (step) => {
    steps.push(step)
    if (isRunning) return
    isRunning = true
    void runAll()
  }
}
