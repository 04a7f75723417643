import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ordersTo } from '../child-orders.ts'
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
  const order = ordersTo(child) as (name: keyof Orders, given?: object) => Promise<never>
  return {
    open: (opening) => order('open', opening),
    broadcast: (broadcast) => order('broadcast', broadcast),
    close: () => order('close'),
    // After its own end, the child is disconnected already.
    end: () => child.connected && child.disconnect(),
  }
}
