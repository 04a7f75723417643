import { crc32, deflateSync, inflateSync } from 'node:zlib'

/** An image of 8 bits per channel, without transparency. */
export interface Pixels {
  readonly width: number
  readonly height: number
  /** A number `0xrrggbb` for each pixel, row by row. */
  readonly colours: Uint32Array
}

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex')
const MAX_COLOURS = 256
/** Channels by the colour type of a PNG file: RGB and RGBA. */
const CHANNELS: Readonly<Record<number, number>> = { 2: 3, 6: 4 }

/**
 * Returns a PNG file with at most 256 colours, about a third of the size of a screenshot. Other
 * colours become the nearest one.
 */
export function toPalettePng({ width, height, colours }: Pixels): Buffer {
  const counts = new Map<number, number>()
  for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1)
  const palette = paletteOf(counts)
  const places = new Map([...counts.keys()].map((colour) => [colour, nearest(palette, colour)]))
  const rows = Buffer.alloc((width + 1) * height)
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1)
      rows[y * (width + 1) + 1 + x] = places.get(colours[y * width + x]!)!
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 3], 8)
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flatMap((colour) => channelsOf(colour)))),
    chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** Reads a PNG file of a browser: 8 bits per channel, not interlaced. */
export function readPng(file: Buffer): Pixels {
  const chunks = chunksOf(file)
  const header = chunks.find(({ type }) => type === 'IHDR')!.data
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)]
  const channels = CHANNELS[header[9]!]
  if (channels === undefined || header[8] !== 8 || header[12] !== 0)
    throw new Error('Only PNG files with 8 bits of RGB or RGBA are read.')
  const parts = chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data)
  const bytes = unfiltered(inflateSync(Buffer.concat(parts)), width * channels, channels)
  const colours = Uint32Array.from({ length: width * height }, (_, i) =>
    bytes.readUIntBE(i * channels, 3),
  )
  return { width, height, colours }
}

/** Removes the filter of each row, by the PNG specification, section 9. */
function unfiltered(rows: Buffer, stride: number, channels: number): Buffer {
  const height = rows.length / (stride + 1)
  const bytes = Buffer.alloc(stride * height)
  for (let y = 0; y < height; y += 1) {
    const filter = rows[y * (stride + 1)]!
    for (let x = 0; x < stride; x += 1) {
      const at = y * stride + x
      const left = x < channels ? 0 : bytes[at - channels]!
      const up = y === 0 ? 0 : bytes[at - stride]!
      const corner = x < channels || y === 0 ? 0 : bytes[at - stride - channels]!
      bytes[at] = rows[at + y + 1]! + guessOf(filter, { left, up, corner })
    }
  }
  return bytes
}

/**
 * Chooses the most frequent colours, and then those that differ most from all chosen ones: a small
 * lamp keeps its colour, and only edges of letters lose theirs.
 */
function paletteOf(counts: ReadonlyMap<number, number>): readonly number[] {
  const colours = [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)!)
  const palette = colours.slice(0, MAX_COLOURS / 2)
  const left = colours.slice(palette.length).map((colour) => ({
    colour,
    away: Math.min(...palette.map((one) => distance(one, colour))),
  }))
  while (palette.length < MAX_COLOURS && palette.length < colours.length) {
    const next = left.reduce((most, one) => (one.away > most.away ? one : most)).colour
    palette.push(next)
    for (const one of left) one.away = Math.min(one.away, distance(next, one.colour))
  }
  return palette
}

interface Neighbours {
  readonly left: number
  readonly up: number
  readonly corner: number
}

/** Returns the guess of a filter, which a row stores the difference from. */
function guessOf(filter: number, { left, up, corner }: Neighbours): number {
  if (filter === 0) return 0
  if (filter === 1) return left
  if (filter === 2) return up
  if (filter === 3) return (left + up) >> 1
  const [ofLeft, ofUp] = [Math.abs(up - corner), Math.abs(left - corner)]
  const ofCorner = Math.abs(left + up - 2 * corner)
  if (ofLeft <= ofUp && ofLeft <= ofCorner) return left
  return ofUp <= ofCorner ? up : corner
}

function chunksOf(file: Buffer): readonly { readonly type: string; readonly data: Buffer }[] {
  const chunks: { type: string; data: Buffer }[] = []
  for (let at = SIGNATURE.length; at < file.length; ) {
    const length = file.readUInt32BE(at)
    const type = file.toString('latin1', at + 4, at + 8)
    chunks.push({ type, data: file.subarray(at + 8, at + 8 + length) })
    at += length + 12
  }
  return chunks
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}

function nearest(palette: readonly number[], colour: number): number {
  let best = 0
  for (const [place, one] of palette.entries())
    if (distance(one, colour) < distance(palette[best]!, colour)) best = place
  return best
}

/** Returns the square of the distance of two colours. */
function distance(one: number, other: number): number {
  const [red, green, blue] = [
    (one >> 16) - (other >> 16),
    ((one >> 8) & 0xff) - ((other >> 8) & 0xff),
    (one & 0xff) - (other & 0xff),
  ]
  return red * red + green * green + blue * blue
}

const channelsOf = (colour: number) => [colour >> 16, (colour >> 8) & 0xff, colour & 0xff]
