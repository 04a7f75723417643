import { constants, deflateRawSync } from 'node:zlib'
import { concatInSteps } from '../bytes-in-steps.ts'
import { acceptedEncoding } from '../http/accepted-encoding.ts'
import { STREAM_HEADERS } from './frames.ts'
import { headerLines } from './stream-head.ts'

/** The encoding of streams: shared by all streams of a target, and without state of its own. */
export interface StreamEncoding {
  readonly name: 'identity' | 'gzip'
  /** The lines of the headers that all streams have. */
  readonly headers: string
  /** The first bytes of every stream. */
  readonly start: Buffer
  /** Returns the bytes of one or more whole frames. */
  encode(frames: Buffer): Buffer
}

export const IDENTITY: StreamEncoding = {
  name: 'identity',
  headers: headerLines(STREAM_HEADERS),
  start: Buffer.alloc(0),
  encode: (frames) => frames,
}

/** Shortest frame that is worth compressing. A kill is shorter, and is never delayed. */
const MIN_COMPRESSED_BYTES = 4_096

/**
 * gzip without state: each frame is a block of its own, which ends at a byte and refers to nothing
 * before it, so that all streams share its bytes. The member never ends, because its checksum would
 * differ from stream to stream.
 */
export const GZIP: StreamEncoding = {
  name: 'gzip',
  headers: headerLines({ ...STREAM_HEADERS, 'content-encoding': 'gzip' }),
  // Magic number, deflate, no flags, no time, unknown system.
  start: Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]),
  encode: (frames) => (frames.length < MIN_COMPRESSED_BYTES ? stored(frames) : deflated(frames)),
}

/** Bytes that one step compresses: a few milliseconds. */
const PIECE = 256 * 1024

/** Encodes frames in small steps. A large frame becomes several blocks. */
export function* encodeInSteps(
  { name, encode }: StreamEncoding,
  frames: Buffer,
): Generator<void, Buffer> {
  if (name === 'identity' || frames.length <= PIECE) return encode(frames)
  const blocks: Buffer[] = []
  for (let at = 0; at < frames.length; at += PIECE) {
    blocks.push(encode(frames.subarray(at, at + PIECE)))
    yield
  }
  return yield* concatInSteps(blocks)
}

/** Returns the encoding for a client by its `Accept-Encoding`. */
export function streamEncoding(accepted: string | undefined): StreamEncoding {
  return acceptedEncoding(accepted, ['gzip']) === undefined ? IDENTITY : GZIP
}

/** Bytes before those of a stored block: its kind, its length, and the complement of that. */
const STORED_HEAD = 5

/** Returns a block of deflate that holds up to 65,535 bytes without compressing them. */
function stored(bytes: Buffer): Buffer {
  const block = Buffer.allocUnsafe(STORED_HEAD + bytes.length)
  block[0] = 0
  block.writeUInt16LE(bytes.length, 1)
  block.writeUInt16LE(~bytes.length & 0xffff, 3)
  bytes.copy(block, STORED_HEAD)
  return block
}

function deflated(bytes: Buffer): Buffer {
  // Higher levels take twice the time of the event loop for 5% less.
  return deflateRawSync(bytes, {
    level: constants.Z_BEST_SPEED,
    finishFlush: constants.Z_SYNC_FLUSH,
  })
}
