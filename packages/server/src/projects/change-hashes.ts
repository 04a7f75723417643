/** Bytes of each hash that are kept: enough to tell the changes of two lineages apart. */
const KEPT_BYTES = 8

/** The first bytes of the hashes of a log's changes, in little memory. */
export interface ChangeHashes {
  /** Adds the hash of the next change, in hexadecimal digits. */
  add(hash: string): void
  /** Returns the first 16 digits of a change's hash; undefined for a number without a change. */
  at(version: number): string | undefined
}

export function createChangeHashes(): ChangeHashes {
  let bytes = Buffer.alloc(64 * KEPT_BYTES)
  let count = 0
  return {
    add(hash) {
      const end = count * KEPT_BYTES
      if (end === bytes.length) bytes = Buffer.concat([bytes], 2 * end)
      bytes.write(hash.slice(0, 2 * KEPT_BYTES), end, 'hex')
      count += 1
    },
    at(version) {
      if (version < 1 || version > count) return undefined
      const end = version * KEPT_BYTES
      return bytes.toString('hex', end - KEPT_BYTES, end)
    },
  }
}
