import { createHash, type Hash } from 'node:crypto'
import {
  type ProjectState,
  partsOfState,
  type StatePart,
  stateOfParts,
} from '@flaghoist/core/model'
import { createPause } from '../pause.ts'
import { VERSION } from '../version.ts'

/** The state of a project after a change, with what else a start would replay its log for. */
export interface Checkpoint {
  readonly epoch: string
  readonly state: ProjectState
  /** Hash of the last change. */
  readonly hash: string
  /** The first bytes of the hashes of all changes, as base64. */
  readonly hashes: string
}

/** The first text of a checkpoint: what the others are of, and their digest. */
interface Header extends Pick<Checkpoint, 'epoch' | 'hash'> {
  /** Version of the server that wrote it: another one may derive other state from a log. */
  readonly server: string
  readonly format: typeof FORMAT
  readonly digest: string
}

/** The format of the texts, to be increased whenever it changes. */
const FORMAT = 2

/** Length of a text of a checkpoint, about, in characters: a store writes it in a short turn. */
const TEXT_LENGTH = 128 * 1024

/**
 * Returns a checkpoint as texts, in turns of the event loop that are short. The first names the
 * digest of the others.
 */
export async function textsOfCheckpoint(checkpoint: Checkpoint): Promise<readonly string[]> {
  const { epoch, state, hash, hashes } = checkpoint
  const pause = createPause()
  const texts: string[] = [JSON.stringify(hashes)]
  const digest = createHash('sha256').update(texts[0]!)
  let lines: string[] = []
  let length = 0
  const end = () => {
    const text = lines.join(',')
    digest.update(text)
    texts.push(text)
    lines = []
    length = 0
  }
  for (const part of partsOfState(state)) {
    const line = JSON.stringify(part)
    lines.push(line)
    length += line.length
    if (length > TEXT_LENGTH) end()
    await pause()
  }
  end()
  const header: Header = {
    server: VERSION,
    format: FORMAT,
    epoch,
    hash,
    digest: digest.digest('hex'),
  }
  return [JSON.stringify(header), ...texts]
}

/** Returns the checkpoint of some texts; undefined if they are not all that was written. */
export function checkpointOfTexts(texts: readonly string[]): Checkpoint | undefined {
  const [first = 'null', hashes = '', ...parts] = texts
  const header = parsed(first) as Header | null | undefined
  if (header?.server !== VERSION || header.format !== FORMAT) return undefined
  if (header.digest !== digestOf([hashes, ...parts])) return undefined
  const { epoch, hash } = header
  const state = stateOfParts(JSON.parse(`[${parts.join(',')}]`) as StatePart[])
  return { epoch, state, hash, hashes: JSON.parse(hashes) as string }
}

function digestOf(texts: readonly string[]): string {
  return texts.reduce((hash: Hash, text) => hash.update(text), createHash('sha256')).digest('hex')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
