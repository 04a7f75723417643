import {
  cursorOf,
  type HttpHandlers,
  type HttpRequest,
  type Platform,
  type Ruleset,
} from '@flaghoist/client'
import { type Channel, openChannel } from './channel.ts'

/** A message between clients. */
type Message =
  /** Sent by a client that has begun to listen, and has missed earlier events. */
  | { readonly hello: number }
  /** Sent by the client that leads: to all as it begins, or to one that has said hello. */
  | { readonly leads: number | '' }
  /** Sent by the leading client when it leaves. */
  | { readonly left: true }
  /** Whole events: for all clients, with the id of the sender, or for one that listens anew. */
  | { readonly events: string; readonly by?: number; readonly to?: number }

const STREAM = '/sdk/v1/stream'
/** Time for a leader to answer, or for a lock to be granted. */
const ANSWER_MS = 700
/** The same where there are no locks, drawn so that two clients rarely lead at once. */
const FIRST_ANSWER_MS = 100

/**
 * Wraps a platform so that all its streams are one: the client that leads opens it, and forwards
 * whole events to the others, in this page and in other tabs. Browsers open six connections to a
 * host, and reports need one. Other requests pass unchanged.
 *
 * @param name name of the shared stream: equal for clients with the same server, key and scope
 * @param ruleset returns the ruleset that the server has confirmed, for clients that join later
 */
export function shareStreams(
  platform: Platform,
  name: string,
  ruleset: () => Ruleset | undefined,
): Platform {
  return {
    ...platform,
    request: (request, on) =>
      request.url.includes(STREAM)
        ? joinStream({ platform, name, ruleset }, request, on)
        : platform.request(request, on),
  }
}

interface Sharing {
  readonly platform: Platform
  readonly name: string
  readonly ruleset: () => Ruleset | undefined
}

/** The shared stream as one client receives it, from the server or from another client. */
interface SharedStream {
  /** Channel to the other clients. */
  readonly peerChannel: Channel
  readonly on: HttpHandlers
  hasHead: boolean
  isOver: boolean
  /** Random, and unique among the clients. */
  readonly id: number
  /** Closes the request and gives up the lock. */
  release(): void
  /** Follows another client that leads. */
  giveWay(): void
  /** Leaves the stream. */
  finish(): void
}

/**
 * Joins the shared stream: follows the client that leads, and leads once that one has gone. The
 * lock makes this immediate. Where the browser has no locks, refuses them or never grants them, a
 * client leads when no other one answers. Of two that lead at once, the lower id yields.
 */
function joinStream(sharing: Sharing, request: HttpRequest, on: HttpHandlers): () => void {
  const { platform, name } = sharing
  const waiting = new AbortController()
  let leading: Promise<void> | undefined
  let cancel = () => {}
  const stream: SharedStream = {
    peerChannel: openChannel(`${name} 2`),
    on,
    hasHead: false,
    isOver: false,
    id: platform.random(),
    release() {},
    giveWay() {
      stream.release()
      leading = undefined
      listen()
    },
    finish() {
      if (stream.isOver) return
      stream.isOver = true
      waiting.abort()
      cancel()
      if (leading !== undefined) stream.peerChannel.postMessage({ left: true })
      stream.peerChannel.close()
      stream.release()
    },
  }
  const run = () => {
    cancel()
    if (!stream.isOver) leading ??= lead(stream, sharing, request)
    return leading
  }
  const awaitAnswer = (ms: number) => {
    cancel()
    if (!stream.isOver && leading === undefined) cancel = platform.schedule(ms, () => void run())
  }
  const awaitFirst = () => awaitAnswer(FIRST_ANSWER_MS * (1 + platform.random()))
  const listen = () => follow(stream, () => cancel(), awaitFirst)
  awaitAnswer(ANSWER_MS)
  listen()
  try {
    navigator.locks.request(name, { signal: waiting.signal }, run).catch(awaitFirst)
  } catch {
    awaitFirst()
  }
  return stream.finish
}

/** Receives the events that the leading client forwards. */
function follow(stream: SharedStream, onAnswer: () => void, onLeft: () => void): void {
  const { peerChannel, on, id } = stream
  let hasRuleset = false
  const greet = () => peerChannel.postMessage({ hello: id })
  peerChannel.onmessage = ({ data }: MessageEvent<Message>) => {
    if ('hello' in data) return
    if ('left' in data) {
      greet()
      return onLeft()
    }
    onAnswer()
    if ('leads' in data) {
      // The client that led before may have gone before it responded.
      if (!data.leads && !hasRuleset) greet()
      return
    }
    // Events for all clients fit only after the ruleset that is sent to this one.
    if (data.to ? data.to !== id : !hasRuleset) return
    hasRuleset = true
    if (!stream.hasHead) on.onHead(200, () => 'text/event-stream')
    stream.hasHead = true
    on.onText(data.events)
  }
  greet()
}

/**
 * Opens the stream, and forwards its events. Resolves when it ends, so that another client may
 * lead.
 */
function lead(stream: SharedStream, sharing: Sharing, request: HttpRequest): Promise<void> {
  const { peerChannel, on, id } = stream
  let pending = ''
  const joining: number[] = []
  const welcome = () => {
    const held = sharing.ruleset()
    if (!held) return
    const events = `event: put\ndata: ${JSON.stringify(held)}\n\n`
    for (const to of joining.splice(0)) peerChannel.postMessage({ events, to })
  }
  peerChannel.onmessage = ({ data }: MessageEvent<Message>) => {
    if ('hello' in data) {
      peerChannel.postMessage({ leads: data.hello })
      joining.push(data.hello)
      welcome()
    } else if ('events' in data && data.by! > id && !pending) {
      // Between two events, of which the client has read no part. The other client holds what it
      // has just sent, so that it sends no older ruleset.
      stream.giveWay()
    }
  }
  peerChannel.postMessage({ leads: '' })
  // A client that has followed holds a newer ruleset than its request names.
  const held = stream.hasHead ? sharing.ruleset() : undefined
  const abort = sharing.platform.request(held ? resumed(request, held) : request, {
    onHead(status, header) {
      // A client that followed before has its head already.
      if (status !== 200 || !stream.hasHead) on.onHead(status, header)
      stream.hasHead = true
    },
    onText(text) {
      on.onText(text)
      pending += text
      const end = pending.lastIndexOf('\n\n') + 2
      if (stream.isOver || end < 2) return
      peerChannel.postMessage({ events: pending.slice(0, end), by: id })
      pending = pending.slice(end)
      welcome()
    },
    onEnd(error) {
      stream.finish()
      on.onEnd(error)
    },
  })
  return new Promise((resolve) => {
    stream.release = () => {
      abort()
      resolve()
    }
  })
}

/** Returns a request for the changes after a held ruleset. */
function resumed(request: HttpRequest, held: Ruleset): HttpRequest {
  const url = new URL(request.url, globalThis.location?.href)
  url.searchParams.set('since', cursorOf(held))
  return { ...request, url: url.href }
}
