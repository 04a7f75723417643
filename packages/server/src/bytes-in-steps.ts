/** Characters that one step collects, unless a piece is longer. */
const STEP = 16 * 1024
/** Characters that are encoded at once. Many small buffers would occupy the garbage collector. */
const CHUNK = 256 * 1024

/** Encodes the pieces of a text in small steps. */
export function* bytesInSteps(pieces: Iterable<string>): Generator<void, Buffer> {
  const encoded: Buffer[] = []
  let text = ''
  let pauseAt = STEP
  for (const piece of pieces) {
    text += piece
    if (text.length < pauseAt) continue
    pauseAt = text.length + STEP
    if (text.length >= CHUNK) {
      encoded.push(Buffer.from(text))
      text = ''
      pauseAt = STEP
    }
    yield
  }
  encoded.push(Buffer.from(text))
  return yield* concatInSteps(encoded)
}

/** Bytes that one step copies to new memory: about a millisecond. */
const COPY = 1024 * 1024

/** Joins buffers in small steps. */
export function* concatInSteps(buffers: readonly Buffer[]): Generator<void, Buffer> {
  const length = buffers.reduce((sum, buffer) => sum + buffer.length, 0)
  const whole = Buffer.allocUnsafe(length)
  let at = 0
  let pauseAt = COPY
  for (const buffer of buffers) {
    at += buffer.copy(whole, at)
    if (at < pauseAt) continue
    pauseAt = at + COPY
    yield
  }
  return whole
}
