import type { Agent } from 'node:http'
import type { Cache, Platform } from '@flaghoist/client'
import { followRedirects } from './http/redirects.ts'
import { createSend } from './http/send.ts'
import { SDK } from './version.ts'

/**
 * Creates the platform of Node.js: clocks, timers and sockets that keep no process alive unless
 * awaited.
 */
export function nodePlatform(cache: Cache | undefined, agent?: Agent): Platform {
  return {
    sdk: SDK,
    cache,
    request: followRedirects(createSend(agent)),
    now: Date.now,
    elapsed: () => performance.now(),
    random: Math.random,
    schedule(ms, run, isAwaited = false) {
      const timer = setTimeout(run, ms)
      // Timers of jsdom are numbers.
      if (!isAwaited) (timer as Partial<NodeJS.Timeout>).unref?.()
      return () => clearTimeout(timer)
    },
    beforeExit(run) {
      if (leaving.size === 0) process.on('beforeExit', leave)
      leaving.add(run)
      if (leaving.size === MANY_CLIENTS) warn(TOO_MANY)
      return () => {
        leaving.delete(run)
        if (leaving.size === 0) process.off('beforeExit', leave)
      }
    },
    warn,
  }
}

const MANY_CLIENTS = 10
const TOO_MANY = `This process has ${MANY_CLIENTS} open Flaghoist clients, each with its own connection. Call createFlags once per process, not per request.`

function warn(message: string): void {
  process.emitWarning(message, 'FlaghoistWarning')
}

// One listener for all clients, because Node.js warns of an eleventh.
const leaving = new Set<(isLast: boolean, isEnd: boolean) => void>()

function leave(): void {
  for (const run of leaving) run(false, true)
}
