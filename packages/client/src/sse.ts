/** Handlers of a parsed stream. */
export interface SseHandlers {
  /** @param type `message` if the stream names none */
  onEvent(type: string, data: string): void
  /** Receives the reconnection time of the stream, ms. */
  onRetry(ms: number): void
}

/**
 * Creates an incremental parser of server-sent events, which accepts text in any pieces. It ignores
 * the ids of events: the held ruleset is the cursor.
 *
 * @returns a function that parses the next piece, and returns whether it belongs to an event:
 * comments and blank lines do not
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export function createSseParser({ onEvent, onRetry }: SseHandlers): (text: string) => boolean {
  let unfinished = ''
  /** First character of the unfinished line, whose own pieces are joined only at its end. */
  let start: string | undefined
  let isFirst = true
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
    const field = line.split(':', 1)[0]!
    const value = line.slice(field.length + 1).replace(/^ /, '')
    if (field === 'data') data.push(value)
    if (field === 'event') type = value
    if (field === 'retry' && /^\d+$/.test(value)) onRetry(Number(value))
  }

  return (text) => {
    if (text === '') return false
    // Some platforms decode a byte order mark as a character.
    const from = (isFirst && text[0] === '\ufeff') || (afterReturn && text[0] === '\n') ? 1 : 0
    isFirst = false
    // A line feed after a carriage return belongs to it, even across two pieces.
    const lines = text.slice(from).split(/\r\n|\r|\n/)
    afterReturn = text.endsWith('\r')
    const starts = lines.map((line) => line[0])
    starts[0] = start ?? starts[0]
    start = starts.at(-1)
    lines[0] = unfinished + lines[0]
    unfinished = lines.pop()!
    for (const line of lines) endLine(line)
    return starts.some((first = ':') => first !== ':')
  }
}
