import {
  ASKED,
  type AskedScope,
  type Letter,
  letterOf,
  OUTCOMES,
  type Served,
  servedScope,
} from './access.ts'
import type { Column } from './callers.ts'
import type { Row } from './rows.ts'
import type { Received } from './send.ts'

/** A row of the matrix of a server or a relay. */
export interface Line {
  readonly on: Served
  readonly row: Row
}

/** A line and a column of the matrix, and the outcome that the rules demand. */
export interface Cell {
  readonly line: Line
  readonly column: Column
  readonly letter: Letter
}

/** The result of a cell: the status, and the code of the problem or the scope that was served. */
interface Shown {
  readonly status: number
  readonly code?: string | undefined
  readonly scope?: string | undefined
}

/**
 * Returns the lines of rows, each also for HEAD where its route has it.
 * @param routes the registered routes
 */
export function linesOf(
  on: Served,
  rows: readonly Row[],
  routes: readonly string[],
): readonly Line[] {
  return rows.flatMap((row) => {
    const head = { ...row, route: row.route.replace(/^GET /, 'HEAD ') }
    const isBoth = head.route !== row.route && routes.includes(head.route)
    return (isBoth ? [row, head] : [row]).map((one) => ({ on, row: one }))
  })
}

export function titleOf({ row: { route, query, about = '' } }: Line): string {
  return `${route}${typeof query === 'string' ? query : ''} ${about}`.trim()
}

export function isRead({ row }: Line): boolean {
  return ['GET', 'HEAD', 'OPTIONS'].includes(row.route.split(' ')[0]!)
}

export function cellOf(line: Line, column: Column): Cell {
  const letter = letterOf(line.row.access, column, { on: line.on, isWrite: !isRead(line) })
  return { line, column, letter }
}

/** Returns what the response to a cell must show. */
export function expectedOf({ line: { row }, column: { caller }, letter }: Cell): Shown {
  const { route, status = 200, code } = row
  const outcome = OUTCOMES[letter]
  if ('code' in outcome) return refusalOf(route, outcome)
  if (code !== undefined) return { status, code }
  const asked = namedScope(row)
  const isBound = 'bound' in caller && caller.bound !== 'all projects'
  return isBound && asked !== undefined
    ? { status, scope: servedScope(asked, caller.bound) }
    : { status }
}

function refusalOf(
  route: string,
  { status, code }: Required<Pick<Shown, 'status' | 'code'>>,
): Shown {
  if (route.startsWith('HEAD ')) return { status }
  if (!route.includes('/ofrep/')) return { status, code }
  // OFREP has codes of its own, and 404 is for flags.
  return { status: status === 404 ? 400 : status }
}

/** Returns what the response to a cell shows. */
export function shownBy({ line: { row } }: Cell, { status, text }: Received): Shown {
  if (row.route.startsWith('HEAD ')) return { status }
  if (status < 400)
    return namedScope(row) === undefined ? { status } : { status, scope: scopeIn(row, text) }
  const { code } = JSON.parse(text) as { code?: string }
  return code === undefined ? { status } : { status, code }
}

/** Returns the scope that an SDK asks for and the response names; undefined for other responses. */
function namedScope({ route, access }: Row): AskedScope | undefined {
  return /^HEAD |events$/.test(route) ? undefined : ASKED.find((asked) => asked === access)
}

/** Returns the project and the scope that a response to an SDK is for. */
function scopeIn({ route }: Row, text: string): string | undefined {
  const member = (name: string) => new RegExp(`"${name}":"([^"]*)"`).exec(text)?.[1]
  // The flag of the world evaluates to both.
  return route.includes('/sdk/') ? `${member('project')} ${member('scope')}` : member('value')
}
