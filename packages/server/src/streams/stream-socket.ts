import type { Socket } from 'node:net'

/** Writes one frame to many streams. */
export function broadcast(streams: Iterable<Socket>, frame: Buffer, maxUnsent: number): void {
  for (const stream of streams) send(stream, frame, maxUnsent)
}

/** Writes a frame to a stream, and closes it if it has more than `maxUnsent` unsent bytes. */
export function send(stream: Socket, frame: Buffer, maxUnsent: number): void {
  // A stream that either side has ended is about to close. A write would be an uncaught error.
  if (!stream.writable) return
  stream.write(frame)
  // A client that stops reading would fill the memory. It catches up when it reconnects.
  if (stream.writableLength > maxUnsent) stream.destroy()
}
