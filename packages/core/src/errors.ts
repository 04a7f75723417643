/** The texts of one error code. */
export interface CatalogEntry {
  /** HTTP status of the server's response. */
  readonly status: number
  /** The event, with the value that caused it. */
  readonly message: string
  /** The next step, as one imperative sentence. */
  readonly hint: string
}

/** The names between braces: `'{a} and {b}'` has the holes `'a' | 'b'`. */
type Holes<S extends string> = S extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Holes<Rest>
  : never

export type ErrorParams<E extends CatalogEntry> = Record<
  Holes<E['message'] | E['hint']>,
  string | number
>

// One process can load this module twice (ESM and CJS), so `instanceof` is not enough.
const brand: unique symbol = Symbol.for('flaghoist.error') as never

/** One defect of an input, and its place. */
export interface Issue {
  /** Path of the member, such as `rules.0.when`. */
  readonly path: string
  readonly message: string
}

/** The optional members of an error. */
export interface ErrorDetails {
  readonly cause?: unknown
  readonly issues?: readonly Issue[]
  /** A better hint than that of the catalogue, such as a suggestion. */
  readonly hint?: string | undefined
}

/** The error class of Flaghoist, with a stable code, a message and a hint. */
export class FlaghoistError extends Error {
  override readonly name = 'FlaghoistError'
  readonly [brand] = true
  readonly code: string
  readonly status: number
  readonly hint: string
  readonly issues: readonly Issue[]

  constructor(code: string, entry: CatalogEntry, details: ErrorDetails = {}) {
    super(entry.message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.status = entry.status
    this.hint = entry.hint
    this.issues = details.issues ?? []
  }
}

/** Checks that a value is a Flaghoist error, from any copy of this module. */
export function isFlaghoistError(value: unknown): value is FlaghoistError {
  return typeof value === 'object' && value !== null && brand in value
}

/**
 * Returns a function that creates the errors of a catalogue.
 *
 * @example
 * const problem = defineErrors({
 *   FLAG_NOT_FOUND: {
 *     status: 404,
 *     message: 'Flag "{flag}" does not exist.',
 *     hint: 'Check the spelling.',
 *   },
 * })
 * throw problem('FLAG_NOT_FOUND', { flag: 'new-chekout' })
 */
export function defineErrors<const T extends Record<string, CatalogEntry>>(
  catalog: T,
): ErrorFactory<T> {
  return (code, params, details) => {
    const { status, message, hint } = catalog[code]!
    const values: Record<string, string | number> = params
    const fill = (text: string) =>
      text.replace(/\{(\w+)\}/g, (hole, name: string) => String(values[name] ?? hole))

    const texts = { status, message: fill(message), hint: details?.hint ?? fill(hint) }
    return new FlaghoistError(code, texts, details)
  }
}

/** Creates an error of a catalogue. The parameters fill every hole of its texts. */
export type ErrorFactory<T extends Record<string, CatalogEntry>> = <C extends keyof T & string>(
  code: C,
  params: ErrorParams<T[C]>,
  details?: ErrorDetails,
) => FlaghoistError

/**
 * The counterpart of {@link defineErrors} for builds without texts: the message is the code, the
 * hint a link to its explanation.
 * @param _catalog only its type is used
 */
export function codeOnly<const T extends Record<string, CatalogEntry>>(
  _catalog?: T,
): ErrorFactory<T> {
  return (code, _params, details) =>
    new FlaghoistError(code, { status: 0, message: code, hint: `/errors#${code}` }, details)
}
