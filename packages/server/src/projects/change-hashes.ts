/** Bytes of each hash that are kept: enough to tell the changes of two lineages apart. */
const KEPT_BYTES = 8
const MIN_BYTES = 64 * KEPT_BYTES

/** The first bytes of the hashes of a log's changes, in little memory. */
export interface ChangeHashes {
  /** Adds the hash of the next change, in hexadecimal digits. */
  add(hash: string): void
  /** Returns the first 16 digits of a change's hash; undefined for a number without a change. */
  at(version: number): string | undefined
  /** Returns the kept bytes of all hashes, as base64. */
  text(): string
}

/** @param text the hashes of the first changes, from `ChangeHashes.text` */
export function createChangeHashes(text = ''): ChangeHashes {
  let bytes = Buffer.from(text, 'base64')
  let count = bytes.length / KEPT_BYTES
  return {
    add(hash) {
      const end = count * KEPT_BYTES
      if (end === bytes.length) bytes = Buffer.concat([bytes], 2 * end + MIN_BYTES)
      bytes.write(hash.slice(0, 2 * KEPT_BYTES), end, 'hex')
      count += 1
    },
    at(version) {
      if (version < 1 || version > count) return undefined
      const end = version * KEPT_BYTES
      return bytes.toString('hex', end - KEPT_BYTES, end)
    },
    text: () => bytes.toString('base64', 0, count * KEPT_BYTES),
  }
}
