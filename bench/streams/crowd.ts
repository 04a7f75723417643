import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { LOAD_CORE } from './cores.ts'
import type { Orders } from './load.ts'

const LOAD = fileURLToPath(new URL('load.ts', import.meta.url))

/** Many sockets to one server, in a process of their own, which has its own file handles. */
export interface Crowd extends Orders {
  /** Ends the process. */
  end(): void
}

/** Starts the process of a crowd on a core that no server uses. */
export function startCrowd(): Crowd {
  const child = spawn('taskset', ['-c', `${LOAD_CORE}`, process.execPath, LOAD], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit').then(([status]) => {
    throw new Error(`The load process ended with status ${status}.`)
  })
  exited.catch(() => undefined)
  const order = async (name: keyof Orders, given?: object) => {
    child.send([name, given])
    const [result] = await Promise.race([once(child, 'message'), exited])
    return result as never
  }
  return {
    open: (opening) => order('open', opening),
    broadcast: (broadcast) => order('broadcast', broadcast),
    close: () => order('close'),
    end: () => child.disconnect(),
  }
}
