import { once } from 'node:events'
import { createServer } from 'node:net'

/** Ports that no system gives to a connection, or to a program that asks for any port. */
const FIRST = 20_000
const COUNT = 12_000

/**
 * Returns a port of this machine that no program uses. Programs that ask for any port do not get
 * it, so that a server can start there later, or start again.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT)
    if (await isFree(port)) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening')
    server.close()
    await once(server, 'close')
    return true
  } catch {
    return false
  }
}
