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

type Answerer = (question: string) => Promise<string>

/** Peers with a connection of their own, which `close` ends. */
export interface RedisPeers extends Peers {
  close(): void
}

/**
 * Creates peers that publish their questions. Redis counts the subscribers: a server that has ended
 * counts no more at once, and one that hangs is seen not to answer.
 * @param name first part of the names of channels, which all databases of a Redis share
 */
export function createRedisPeers(connection: RedisConnection, name: string): RedisPeers {
  const subscriber = connectAgain(connection)
  const own = randomUUID()
  const [questions, answers] = [`${name}:questions`, `${name}:answers:${own}`]
  /** Receivers of the answers to open questions. */
  const open = new Map<string, (answer: string) => void>()

  const createReply = (answer: Answerer) => async (text: string) => {
    const { id, from, question } = JSON.parse(text) as Question
    if (from === own) return
    const message = { id, answer: await answer(question) } satisfies Answer
    await connection.publish(`${name}:answers:${from}`, JSON.stringify(message))
  }
  const receive = (text: string) => {
    const { id, answer } = JSON.parse(text) as Answer
    open.get(id)?.(answer)
  }
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
    async answerWith(answer) {
      const reply = createReply(answer)
      subscriber.on('message', (channel: string, text: string) => {
        if (channel === answers) receive(text)
        else reply(text).catch(() => undefined) // The server that asks waits only so long.
      })
      const subscribe = () => subscriber.subscribe(questions, answers)
      await answerOf(subscribe)
      // A Cluster renews its subscriptions itself. A failed renewal is repeated with the next
      // connection.
      if (!(subscriber instanceof Cluster))
        subscriber.on('ready', () => subscribe().catch(() => undefined))
    },
    close: () => subscriber.disconnect(),
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
