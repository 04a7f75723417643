/** Handlers of a parsed stream. */
export interface SseHandlers {
  /** @param type `message` if the stream names none */
  onEvent(type: string, data: string): void
  /** Receives the reconnection time of the stream, ms. */
  onRetry(ms: number): void
}

/**
 * Creates an incremental parser of server-sent events, which accepts text in any pieces.
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
    // A line feed after a carriage return belongs to it, even across two pieces.
    const lines = text.slice(afterReturn && text[0] === '\n' ? 1 : 0).split(/\r\n|\r|\n/)
    afterReturn = text.endsWith('\r')
    lines[0] = unfinished + lines[0]
    unfinished = lines.pop()!
    for (const line of lines) endLine(line)
  }
}
