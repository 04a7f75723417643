import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { CrowdOrders, Opening } from './crowd-clients.ts'

const CLIENTS = fileURLToPath(new URL('crowd-clients.ts', import.meta.url))

/** Many clients in a process of their own, which has its own file handles. */
export interface Crowd extends CrowdOrders {
  /** Ends the process. */
  end(): void
}

/** Starts the process of a crowd. */
export function startCrowd(): Crowd {
  const child = fork(CLIENTS, {
    execArgv: ['--conditions=@flaghoist/source'],
    serialization: 'advanced', // Sets pass.
  })
  const exited = once(child, 'exit').then(([status]) => {
    throw new Error(`The process of the clients ended with status ${status}.`)
  })
  exited.catch(() => undefined)
  const order = async (name: keyof CrowdOrders, given?: Opening | number) => {
    const answered = once(child, 'message')
    child.send([name, given])
    const [result] = await Promise.race([answered, exited])
    return result as never
  }
  return {
    open: (opening) => order('open', opening),
    cut: () => order('cut'),
    streaming: () => order('streaming'),
    off: () => order('off'),
    right: (version) => order('right', version),
    take: () => order('take'),
    end: () => child.disconnect(),
  }
}
