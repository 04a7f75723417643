import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { ProjectState } from '@flaghoist/core/model'
import { bodyEtag } from '../http/body-etag.ts'
import { serialise } from '../http/serialise-in-turns.ts'
import { memoise } from '../memoise.ts'
import { Matrix } from './schemas.ts'

/** The bytes of a page of a matrix. */
export interface MatrixPage {
  readonly etag: string
  readonly bytes: Buffer
  /** Returns the compressed bytes; compresses once for all requests. */
  gzipped(): Promise<Buffer>
}

/** Pages that are kept for a state. */
const MAX_PAGES = 32
/** Bytes of a page that is kept: those of 500 flags in 1,000 scopes. */
const MAX_PAGE_BYTES = 512 * 1024

/** The pages of a state by name, the oldest first. */
const pagesOf = memoise((_: ProjectState) => new Map<string, Promise<MatrixPage>>())

/**
 * Returns a page of a state. All requests for it share one page: after a change, every open
 * dashboard requests the same rows in the same moment.
 * @param name everything that the page depends on, besides the state
 */
export function sharedPage(
  state: ProjectState,
  name: string,
  make: () => Promise<Matrix>,
): Promise<MatrixPage> {
  const pages = pagesOf(state)
  const known = pages.get(name)
  if (known !== undefined) return known
  const page = makePage(make)
  const [oldest] = pages.keys()
  if (pages.size >= MAX_PAGES) pages.delete(oldest!)
  pages.set(name, page)
  const forget = () => {
    if (pages.get(name) === page) pages.delete(name)
  }
  page.then(({ bytes }) => {
    if (bytes.length > MAX_PAGE_BYTES) forget()
  }, forget)
  return page
}

/** Makes a page for one request. */
export async function makePage(make: () => Promise<Matrix>): Promise<MatrixPage> {
  const matrix = await make()
  const etag = await bodyEtag(matrix)
  const bytes = await serialise(Matrix, matrix)
  let compressed: Promise<Buffer> | undefined
  return {
    etag,
    bytes,
    gzipped() {
      compressed ??= promisify(gzip)(bytes)
      return compressed
    },
  }
}
