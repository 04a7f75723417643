/** One event of a stream. */
export interface ServerSentEvent {
  /** `message` where the stream names none. */
  readonly type: string
  readonly data: string
  readonly id: string
}

export interface SseHandlers {
  onEvent(event: ServerSentEvent): void
  /** The server says when to come back, in ms. */
  onRetry(ms: number): void
}

/**
 * An incremental parser of server-sent events: feed it text in any pieces.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export function createSseParser({ onEvent, onRetry }: SseHandlers): (text: string) => void {
  let unfinished = ''
  let isStart = true
  let afterReturn = false
  let type = ''
  let id = ''
  let data: string[] = []

  const endLine = (line: string) => {
    if (line === '') {
      if (data.length > 0) onEvent({ type: type || 'message', data: data.join('\n'), id })
      type = ''
      data = []
      return
    }
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const start = line[colon + 1] === ' ' ? colon + 2 : colon + 1
    const value = colon < 0 ? '' : line.slice(start)
    if (field === 'data') data.push(value)
    else if (field === 'event') type = value
    else if (field === 'id' && !value.includes('\0')) id = value
    else if (field === 'retry' && /^\d{1,9}$/.test(value)) onRetry(Number(value))
  }

  return (text) => {
    let from = 0
    if (isStart && text !== '') {
      isStart = false
      if (text[0] === '\ufeff') from = 1
    }
    // A line feed behind a carriage return belongs to it, also when it comes in the next piece.
    if (afterReturn && text[from] === '\n') from += 1
    if (text !== '') afterReturn = false

    const breaks = /\r\n|\r|\n/g
    breaks.lastIndex = from
    for (let found = breaks.exec(text); found !== null; found = breaks.exec(text)) {
      const line = unfinished + text.slice(from, found.index)
      unfinished = ''
      from = breaks.lastIndex
      afterReturn = found[0] === '\r' && from === text.length
      endLine(line)
    }
    unfinished += text.slice(from)
  }
}
