/** A process that holds many sockets to one server, and times what they receive. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Requests that are on their way at once, as in a storm of reconnects. */
const CONCURRENT = 64
/** Text within the first bytes that a server sends. */
const START = 'retry: '
const TIMEOUT_MS = 30_000

export interface Opening {
  readonly port: number
  readonly count: number
  /** Bytes that each socket sends, with an id for `{id}`. */
  readonly request: string
}

export interface Broadcast {
  readonly port: number
  /** Bytes that make the server send the broadcast. */
  readonly request: string
  /** Text within the bytes that each socket receives. */
  readonly marker: string
}

export interface Arrivals {
  /** Time from the request to its arrival at each socket, sorted, ms. */
  readonly times: readonly number[]
  /** Bytes that each socket received. */
  readonly bytes: number
}

export interface Orders {
  /** Opens sockets, each of which has received its first bytes. Returns the time, ms. */
  open(opening: Opening): Promise<number>
  broadcast(broadcast: Broadcast): Promise<Arrivals>
  close(): Promise<void>
}

const sockets = new Set<Socket>()
/** All sockets read into it, one after the other. */
const buffer = Buffer.alloc(64 * 1024)
let receive: (bytes: Buffer) => void = () => undefined
let control: Socket | undefined

const orders: Orders = {
  async open({ port, count, request }) {
    const began = performance.now()
    await openEach(count, () => openOne(port, request))
    return performance.now() - began
  },

  async broadcast({ port, request, marker }) {
    control ??= await connectTo(port)
    const times: number[] = []
    let size = 0
    const began = performance.now()
    const arrived = new Promise<void>((resolve) => {
      receive = (bytes) => {
        if (!bytes.includes(marker)) return
        size = bytes.length
        times.push(performance.now() - began)
        if (times.length === sockets.size) resolve()
      }
    })
    control.write(request)
    const state = () => `${times.length} of ${sockets.size} arrived`
    await within(Promise.all([arrived, once(control, 'data')]), state)
    return { times, bytes: size }
  },

  async close() {
    // A reset leaves no port behind that waits.
    for (const socket of sockets) socket.resetAndDestroy()
    sockets.clear()
    control?.destroy()
    control = undefined
  },
}

process.on('message', async ([name, order]: [keyof Orders, never]) => {
  process.send!((await orders[name](order)) ?? null)
})
process.on('disconnect', () => process.exit())

async function openEach(count: number, open: () => Promise<void>): Promise<void> {
  let started = 0
  const openOthers = async () => {
    while (started < count) {
      started += 1
      await open()
    }
  }
  await Promise.all(Array.from({ length: Math.min(count, CONCURRENT) }, openOthers))
}

function openOne(port: number, request: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOpen = false
    const callback = (length: number) => {
      const bytes = buffer.subarray(0, length)
      if (isOpen) receive(bytes)
      else if (bytes.includes(START)) {
        isOpen = true
        resolve()
      }
      return true
    }
    const socket = connect({ port, host: '127.0.0.1', onread: { buffer, callback } })
    socket.on('error', reject)
    socket.write(withId(request))
    sockets.add(socket)
  })
}

function withId(request: string): string {
  return request.replace('{id}', `sdk-${sockets.size}`)
}

async function connectTo(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

function within<T>(work: Promise<T>, state: () => string): Promise<T> {
  const timeout = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`Too slow: ${state()}.`)), TIMEOUT_MS).unref()
  })
  return Promise.race([work, timeout])
}
