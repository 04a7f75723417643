import { randomUUID } from 'node:crypto'
import { Cluster } from 'ioredis'
import type { Peers } from '../peers.ts'
import { connectAgain, type RedisConnection } from './redis-connection.ts'
import { answerOf } from './redis-store.ts'

/** Time for the answers of the other servers, ms. */
const ASK_MS = 1_500

interface Question {
  readonly id: string
  readonly from: string
  readonly question: string
}

interface Answer {
  readonly id: string
  readonly answer: string
}

/** Peers with a connection of their own, which `close` ends. */
export interface RedisPeers extends Peers {
  close(): void
}

/**
 * Creates peers that publish their questions. Redis counts the subscribers: a server that has ended
 * counts no more at once, and one that hangs is seen not to answer.
 * @param name first part of the names of channels, which all databases of a Redis share
 * @throws {FlaghoistError} `REDIS_UNAVAILABLE`
 */
export async function createRedisPeers(
  connection: RedisConnection,
  name: string,
): Promise<RedisPeers> {
  const subscriber = connectAgain(connection)
  const own = randomUUID()
  const [questions, answers] = [`${name}:questions`, `${name}:answers:${own}`]
  /** Receivers of the answers to open questions. */
  const open = new Map<string, (answer: string) => void>()
  let answer: ((question: string) => Promise<string>) | undefined

  const reply = async ({ id, from, question }: Question) => {
    if (from === own || answer === undefined) return
    const message = { id, answer: await answer(question) } satisfies Answer
    await connection.publish(`${name}:answers:${from}`, JSON.stringify(message))
  }
  subscriber.on('message', (channel: string, text: string) => {
    if (channel === answers) {
      const { id, answer } = JSON.parse(text) as Answer
      open.get(id)?.(answer)
    } else reply(JSON.parse(text) as Question).catch(() => undefined) // It waits only so long.
  })
  await subscribe(subscriber, [questions, answers])
  const count = () => answerOf(() => countSubscribers(connection, questions))

  return {
    count,
    async ask(question) {
      const servers = await count()
      if (servers < 2) return { answers: [], servers }
      const id = randomUUID()
      const collected = collect(servers - 1, (receive) => open.set(id, receive))
      const message = { id, from: own, question } satisfies Question
      try {
        await answerOf(() => connection.publish(questions, JSON.stringify(message)))
        return { answers: await collected, servers }
      } finally {
        open.delete(id)
      }
    },
    answerWith(next) {
      answer = next
    },
    close: () => subscriber.disconnect(),
  }
}

async function subscribe(subscriber: RedisConnection, channels: readonly string[]): Promise<void> {
  try {
    await answerOf(() => subscriber.subscribe(...channels))
  } catch (error) {
    subscriber.disconnect()
    throw error
  }
}

/** Collects answers until all of them are there, or the time is over. */
function collect(
  wanted: number,
  listen: (receive: (answer: string) => void) => void,
): Promise<readonly string[]> {
  return new Promise((resolve) => {
    const answers: string[] = []
    const timer = setTimeout(() => resolve(answers), ASK_MS)
    listen((answer) => {
      answers.push(answer)
      if (answers.length < wanted) return
      clearTimeout(timer)
      resolve(answers)
    })
  })
}

/** Counts the subscribers of a channel. Each node of a Cluster knows its own. */
async function countSubscribers(connection: RedisConnection, channel: string): Promise<number> {
  const nodes = connection instanceof Cluster ? connection.nodes('all') : [connection]
  const replies = await Promise.all(nodes.map((node) => node.call('PUBSUB', 'NUMSUB', channel)))
  const counts = replies.map((reply) => Number((reply as readonly unknown[])[1]))
  return counts.reduce((sum, one) => sum + one, 0)
}
