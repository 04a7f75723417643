import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Sends an order by its name to a child process, and returns its answer. */
export type SendOrder = (name: string, given?: unknown) => Promise<unknown>

/** Returns a function that sends orders to a child process. Its end fails an order. */
export function ordersTo(child: ChildProcess): SendOrder {
  const exited = once(child, 'exit').then(([status, signal]) => {
    throw new Error(`${child.spawnargs.at(-1)} ended with ${status ?? signal}.`)
  })
  exited.catch(() => undefined)
  return async (name, given) => {
    child.send([name, given])
    const [answer] = await Promise.race([once(child, 'message'), exited])
    return answer
  }
}
