export interface CatalogEntry {
  /** HTTP status the server answers with. */
  readonly status: number
  /** What happened, naming the value that caused it. */
  readonly message: string
  /** What to do next, as one imperative sentence. */
  readonly hint: string
}

/** The names between braces: `'{a} and {b}'` gives `'a' | 'b'`. */
type Holes<S extends string> = S extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Holes<Rest>
  : never

export type ErrorParams<E extends CatalogEntry> = Record<
  Holes<E['message'] | E['hint']>,
  string | number
>

// Two copies of this module can meet in one process (ESM and CJS), so `instanceof` is not enough.
const brand: unique symbol = Symbol.for('flaghoist.error') as never

/** One thing that is wrong with an input, and where. */
export interface Issue {
  /** Path to the member, such as `rules.0.when`. */
  readonly path: string
  readonly message: string
}

/** What an error carries besides its text. */
export interface ErrorDetails {
  readonly cause?: unknown
  readonly issues?: readonly Issue[]
}

/** Every error of Flaghoist: a stable code, what happened, and what to do. */
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

/** Whether a value is an error of Flaghoist, from whichever copy of this module. */
export function isFlaghoistError(value: unknown): value is FlaghoistError {
  return typeof value === 'object' && value !== null && brand in value
}

/**
 * Turns a table of errors into a function that makes them.
 *
 * @example
 * const problem = defineErrors({
 *   FLAG_NOT_FOUND: { status: 404, message: 'There is no flag "{flag}".', hint: 'Check the spelling.' },
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

    return new FlaghoistError(code, { status, message: fill(message), hint: fill(hint) }, details)
  }
}

/** Makes an error of a catalogue; what its texts leave open has to be given. */
export type ErrorFactory<T extends Record<string, CatalogEntry>> = <C extends keyof T & string>(
  code: C,
  params: ErrorParams<T[C]>,
  details?: ErrorDetails,
) => FlaghoistError

/**
 * As {@link defineErrors}, for builds without texts: the message is the code, the hint where it is explained.
 * @param _catalog for its type alone
 */
export function codeOnly<const T extends Record<string, CatalogEntry>>(
  _catalog?: T,
): ErrorFactory<T> {
  return (code, _params, details) =>
    new FlaghoistError(code, { status: 0, message: code, hint: `/errors#${code}` }, details)
}
