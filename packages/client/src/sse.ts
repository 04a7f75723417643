export interface SseHandlers {
  /** @param type `message` where the stream names none */
  onEvent(type: string, data: string): void
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
  let afterReturn = false
  let type = ''
  let data: string[] = []

  const endLine = (line: string) => {
    if (line === '') {
      if (data.length > 0) onEvent(type || 'message', data.join('\n'))
      type = ''
      data = []
      return
    }
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!
    if (field === 'data') data.push(value)
    if (field === 'event') type = value
    if (field === 'retry' && /^\d{1,9}$/.test(value)) onRetry(Number(value))
  }

  return (text) => {
    if (text === '') return
    // A line feed behind a carriage return belongs to it, also when it comes in the next piece.
    const lines = text.slice(afterReturn && text[0] === '\n' ? 1 : 0).split(/\r\n|\r|\n/)
    afterReturn = text.endsWith('\r')
    lines[0] = unfinished + lines[0]
    unfinished = lines.pop()!
    for (const line of lines) endLine(line)
  }
}
