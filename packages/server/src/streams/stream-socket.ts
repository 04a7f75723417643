import type { Socket } from 'node:net'

/** Bytes up to which a copy into one buffer takes less time than a write of several. */
const COPIED_BYTES = 16 * 1024

/** Writes one frame to many streams. */
export function broadcast(streams: Iterable<Socket>, frame: Buffer, maxUnsent: number): void {
  for (const stream of streams) send(stream, frame, maxUnsent)
}

/** Writes frames to a stream, so that they leave together. */
export function sendTogether(stream: Socket, frames: readonly Buffer[]): void {
  const bytes = frames.reduce((sum, frame) => sum + frame.length, 0)
  if (bytes <= COPIED_BYTES) {
    stream.write(Buffer.concat(frames, bytes))
    return
  }
  stream.cork()
  for (const frame of frames) stream.write(frame)
  stream.uncork()
}

/** Writes a frame to a stream, and closes it if it has more than `maxUnsent` unsent bytes. */
export function send(stream: Socket, frame: Buffer, maxUnsent: number): void {
  // A stream that either side has ended is about to close. A write would be an uncaught error.
  if (!stream.writable) return
  stream.write(frame)
  // A client that stops reading would fill the memory. It catches up when it reconnects.
  if (stream.writableLength > maxUnsent) stream.destroy()
}
