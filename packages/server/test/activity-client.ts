import { createParser } from 'eventsource-parser'
import { onTestFinished } from 'vitest'

/** An event of an activity stream. */
export interface ActivityEvent {
  readonly event: string
  readonly id: string | undefined
  readonly data: Readonly<Record<string, unknown>>
}

/** A page that is open. */
export interface ActivityClient {
  readonly events: readonly ActivityEvent[]
  /** Ids of the `change` events. */
  changes(): readonly number[]
  of(event: string): readonly ActivityEvent[]
  readonly isClosed: boolean
  close(): void
}

export interface ActivityRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly query?: string
}

/** Opens the activity stream of the project `default`. */
export async function openActivity({
  url,
  headers,
  query = '',
}: ActivityRequest): Promise<ActivityClient> {
  const leave = new AbortController()
  onTestFinished(() => leave.abort())
  const response = await fetch(`${url}/api/v1/projects/default/activity${query}`, {
    headers,
    signal: leave.signal,
  })
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
  const events: ActivityEvent[] = []
  let isClosed = false
  const { feed } = createParser({
    onEvent: ({ event = 'message', id, data }) =>
      events.push({ event, id, data: JSON.parse(data) }),
  })
  const read = async () => {
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) feed(text)
  }
  void read()
    .catch(() => undefined)
    .finally(() => {
      isClosed = true
    })
  return {
    events,
    changes: () => events.flatMap(({ event, id }) => (event === 'change' ? Number(id) : [])),
    of: (wanted) => events.filter(({ event }) => event === wanted),
    get isClosed() {
      return isClosed
    },
    close: () => leave.abort(),
  }
}
