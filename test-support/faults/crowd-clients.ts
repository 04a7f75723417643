/** A process with many clients of one server, and the connection machine of every SDK in each. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, createClient } from '../../packages/client/src/index.ts'
import { FLAG } from './admin.ts'
import { rawPlatform } from './raw-platform.ts'
import { countExceptions, type Seen, sumOf, watch } from './watched-sdk.ts'

/** Interval of evaluations of one client, ms. */
const SAMPLE_MS = 500
/**
 * Addresses of the server. The kernel searches for a free port for each connection, which takes
 * milliseconds once thousands of connections lead to one address. Only Linux has all addresses
 * without a set-up.
 */
const ADDRESSES = process.platform === 'linux' ? 50 : 1
/** Interval at which conditions are checked, ms. */
const CHECK_MS = 10
/** Clients are created in groups, so that their first connections are no storm. */
const GROUP_SIZE = 10
const GROUP_MS = 20
/** Time after which a client counts as never right again, ms. */
const GIVE_UP_MS = 60_000

export interface Opening {
  /** A server that listens on all addresses of this machine. */
  readonly url: string
  readonly key: string
  readonly count: number
}

/** The orders of the process. Times are epoch ms, which processes of one machine share. */
export interface CrowdOrders {
  /** Creates clients, and resolves once all are live. */
  open(opening: Opening): Promise<void>
  /** Resets all connections. */
  cut(): Promise<void>
  /** Counts the clients that stream. */
  streaming(): Promise<number>
  /** Waits until all clients that stream now serve the off variant. Returns the time. */
  off(): Promise<number>
  /** Waits until all clients are live and hold a version. Returns the time. */
  right(version: number): Promise<number>
  /** Returns all that was evaluated since the last call. */
  take(): Promise<Seen>
}

const platform = rawPlatform()
const exceptions = countExceptions()
const watched: ReturnType<typeof watch>[] = []
const clients: Client[] = []

const isLive = (client: Client) => client.status().state === 'live'
const isStreaming = (client: Client) => client.status().transport === 'stream'
const now = () => performance.timeOrigin + performance.now()

const orders: CrowdOrders = {
  async open({ url, key, count }) {
    for (let i = 0; i < count; i += 1) {
      const address = url.replace(/1(?=:)/, `${1 + (i % ADDRESSES)}`)
      const client = createClient({ url: address, key, exposures: false }, platform)
      clients.push(client)
      watched.push(watch(client, SAMPLE_MS))
      if (i % GROUP_SIZE === 0) await sleep(GROUP_MS)
    }
    await until(clients, isLive)
  },
  async cut() {
    platform.cut()
  },
  async streaming() {
    return clients.filter(isStreaming).length
  },
  off: () => until(clients.filter(isStreaming), (client) => !client.isEnabled(FLAG)),
  right: (version) =>
    until(clients, (client) => isLive(client) && (client.status().version ?? 0) >= version),
  async take() {
    const seen = sumOf(watched.map(({ take }) => take()))
    return { ...seen, thrown: seen.thrown + exceptions.take() }
  },
}

process.on('message', async ([name, given]: [keyof CrowdOrders, never]) => {
  process.send!((await orders[name](given)) ?? null)
})
process.on('disconnect', () => process.exit())

/**
 * Waits until each client has met a condition at some time. Returns the time, epoch ms. A check
 * ends at the first client that does not meet it, so that it takes no time from the clients.
 */
async function until(all: readonly Client[], holds: (client: Client) => boolean): Promise<number> {
  const giveUpAt = now() + GIVE_UP_MS
  for (let met = 0; ; await sleep(CHECK_MS)) {
    while (met < all.length && holds(all[met]!)) met += 1
    if (met === all.length || now() > giveUpAt) return now()
  }
}
