import type { HttpHandlers, HttpRequest, Platform, Ruleset } from '@flaghoist/client'

/** A message between tabs. */
type Message =
  /** Sent by a tab that has begun to listen, and has missed earlier events. */
  | { readonly hello: string }
  /** Sent by a tab that has taken over the stream. */
  | { readonly leads: true }
  /** Whole events, for all tabs or for one that has begun to listen. */
  | { readonly events: string; readonly to?: string }

const STREAM = '/sdk/v1/stream'

/**
 * Wraps a platform so that all its streams are one: the tab that holds the lock opens it, and
 * forwards whole events to the others. Other requests pass unchanged.
 *
 * @param name name of the shared stream: equal in tabs with the same server, key and scope
 * @param ruleset returns the ruleset that the server has confirmed, for tabs that join later
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
        ? openShared({ platform, name, ruleset }, request, on)
        : platform.request(request, on),
  }
}

interface Sharing {
  readonly platform: Platform
  readonly name: string
  readonly ruleset: () => Ruleset | undefined
}

/** The shared stream as one tab receives it, from the server or from another tab. */
interface TabStream {
  readonly channel: BroadcastChannel
  readonly on: HttpHandlers
  hasHead: boolean
  isOver: boolean
  /** Closes the request and gives up the lock. */
  release(): void
  /** Leaves the stream. */
  finish(): void
}

/** Joins the shared stream: follows the tab that leads, and leads once that one has gone. */
function openShared(sharing: Sharing, request: HttpRequest, on: HttpHandlers): () => void {
  const { platform, name } = sharing
  const waiting = new AbortController()
  const stream: TabStream = {
    channel: new BroadcastChannel(name),
    on,
    hasHead: false,
    isOver: false,
    release() {},
    finish() {
      stream.isOver = true
      waiting.abort()
      stream.channel.close()
      stream.release()
    },
  }
  follow(stream, String(platform.random()))
  navigator.locks
    .request(name, { signal: waiting.signal }, () =>
      stream.isOver ? undefined : lead(stream, sharing, request),
    )
    // The stream was left while it waited for the lock.
    .catch(() => undefined)
  return stream.finish
}

/** Receives the events that the leading tab forwards. */
function follow(stream: TabStream, id: string): void {
  const { channel, on } = stream
  let hasRuleset = false
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    // The tab that led before may have gone before it responded.
    if ('leads' in data && !hasRuleset) post(channel, { hello: id })
    if (!('events' in data)) return
    // Events for all tabs fit only after the ruleset that is sent to this tab.
    hasRuleset ||= data.to === id
    if (!hasRuleset || (data.to ?? id) !== id) return
    if (!stream.hasHead) on.onHead(200, () => 'text/event-stream')
    stream.hasHead = true
    if (!stream.isOver) on.onText(data.events)
  }
  post(channel, { hello: id })
}

/**
 * Opens the stream, and forwards its events. Resolves when it ends, so that another tab may lead.
 */
function lead(stream: TabStream, sharing: Sharing, request: HttpRequest): Promise<void> {
  const { channel, on } = stream
  let pending = ''
  const joining: string[] = []
  const welcome = () => {
    const held = sharing.ruleset()
    if (held) for (const to of joining.splice(0)) post(channel, { events: putOf(held), to })
  }
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (!('hello' in data)) return
    joining.push(data.hello)
    welcome()
  }
  post(channel, { leads: true })
  const abort = sharing.platform.request(request, {
    onHead(status, header) {
      // A tab that followed before has its head already.
      if (status === 200 && stream.hasHead) return
      stream.hasHead = true
      on.onHead(status, header)
    },
    onText(text) {
      if (!stream.isOver) on.onText(text)
      pending += text
      const end = pending.lastIndexOf('\n\n') + 2
      if (stream.isOver || end < 2) return
      post(channel, { events: pending.slice(0, end) })
      pending = pending.slice(end)
      welcome()
    },
    onEnd(error) {
      if (stream.isOver) return
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

function post(channel: BroadcastChannel, message: Message): void {
  channel.postMessage(message)
}

function putOf(ruleset: Ruleset): string {
  return `event: put\ndata: ${JSON.stringify(ruleset)}\n\n`
}
