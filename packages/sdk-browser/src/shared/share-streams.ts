import type { HttpHandlers, HttpRequest, Platform, Ruleset } from '@flaghoist/client'

/** What tabs say to each other. */
type Message =
  /** A tab that has begun to listen, and lacks what came before. */
  | { readonly hello: string }
  /** Another tab asks the server from now on. */
  | { readonly leads: true }
  /** Whole events; for all tabs, or for one that has begun to listen. */
  | { readonly events: string; readonly to?: string }

const STREAM = '/sdk/v1/stream'

/**
 * A platform whose streams are one: the tab that holds the lock asks the server, and passes on what comes in whole events.
 * Everything else goes through as it is.
 *
 * @param name of what is shared: the same in tabs with the same server, key and scope
 * @param ruleset what this tab holds and the server has confirmed, for those that come later
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
        ? sharedStream({ platform, name, ruleset }, request, on)
        : platform.request(request, on),
  }
}

interface Sharing {
  readonly platform: Platform
  readonly name: string
  readonly ruleset: () => Ruleset | undefined
}

/** One stream as a tab sees it, whoever asks for it. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one stream; each of its handlers is short.
function sharedStream(
  { platform, name, ruleset }: Sharing,
  request: HttpRequest,
  on: HttpHandlers,
): () => void {
  const id = String(platform.random())
  const channel = new BroadcastChannel(name)
  const waiting = new AbortController()
  let hasHead = false
  let isOver = false
  let letGo = () => {}

  const finish = () => {
    isOver = true
    waiting.abort()
    channel.close()
    letGo()
  }
  const give = (text: string) => {
    // Who leads may take over a stream that has its head.
    if (!hasHead) on.onHead(200, () => 'text/event-stream')
    hasHead = true
    if (!isOver) on.onText(text)
  }
  const say = (message: Message) => channel.postMessage(message)

  /** Asks the server, until that ends: then another tab may. */
  const lead = () => {
    let pending = ''
    const newcomers: string[] = []
    const welcome = () => {
      const held = ruleset()
      if (held) for (const to of newcomers.splice(0)) say({ events: putOf(held), to })
    }
    channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if (!('hello' in data)) return
      newcomers.push(data.hello)
      welcome()
    }
    say({ leads: true })
    const abort = platform.request(request, {
      onHead(status, header) {
        if (status === 200 && hasHead) return
        hasHead = true
        on.onHead(status, header)
      },
      onText(text) {
        if (!isOver) on.onText(text)
        pending += text
        const end = pending.lastIndexOf('\n\n') + 2
        if (isOver || end < 2) return
        say({ events: pending.slice(0, end) })
        pending = pending.slice(end)
        welcome()
      },
      onEnd(error) {
        if (isOver) return
        finish()
        on.onEnd(error)
      },
    })
    return new Promise<void>((resolve) => {
      letGo = () => {
        abort()
        resolve()
      }
    })
  }

  let isWelcome = false
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    // Who led before may have gone before it answered.
    if ('leads' in data && !isWelcome) say({ hello: id })
    if (!('events' in data)) return
    // What comes for all fits only behind the ruleset that comes for this tab.
    isWelcome ||= data.to === id
    if (isWelcome && (data.to ?? id) === id) give(data.events)
  }
  say({ hello: id })
  navigator.locks
    .request(name, { signal: waiting.signal }, () => (isOver ? undefined : lead()))
    // Given up while it waited.
    .catch(() => undefined)
  return finish
}

function putOf(ruleset: Ruleset): string {
  return `event: put\ndata: ${JSON.stringify(ruleset)}\n\n`
}
