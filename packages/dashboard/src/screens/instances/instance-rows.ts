import { api, bodyOf, type Schema } from '../../api/client.ts'
import { requestPropagation } from '../../kill/kill-requests.ts'
import { countPrograms, programsOf } from '../../kill/kill-where.ts'
import { requestWholeMatrix } from '../../matrix/matrix-requests.ts'
import { type CellState, cellOf, countStates } from '../../parts/cells.ts'
import { inProject } from '../../project/project.svelte.ts'

export type Instance = Schema<'Instance'>

export interface InstanceRow extends Instance {
  /** Environments with connected programs. */
  readonly environments: readonly string[]
  readonly programs: number
  /** Versions that its programs have confirmed, oldest first. */
  readonly versions: readonly number[]
  /** Number of layers of its own. */
  readonly overrides: number
  /** Cells that wait for a person: held, rolled back, quarantined or killed. */
  readonly attention: readonly (readonly [CellState, number])[]
}

const ATTENTION: ReadonlySet<CellState> = new Set(['held', 'rolled-back', 'quarantined', 'killed'])
const LIMIT = 1_000

/** Requests the instances of the project with their programs and states. */
export async function requestInstanceRows(signal: AbortSignal): Promise<readonly InstanceRow[]> {
  const params = { path: inProject(), query: { limit: LIMIT } }
  const [{ items }, matrix, { sdks }] = await Promise.all([
    bodyOf(api.GET('/api/v1/projects/{project}/instances', { params, signal })),
    requestWholeMatrix('-is:archived', signal),
    requestPropagation(),
  ])
  return items.map((instance) => {
    const position = matrix.instances.indexOf(instance.key) + 1
    const own = programsOf(sdks, instance.key)
    return {
      ...instance,
      environments: [...new Set(own.map(({ scope }) => scope.split('/')[0]!))],
      programs: countPrograms(own),
      versions: [...new Set(own.flatMap(({ version }) => version ?? []))].sort((a, b) => a - b),
      ...cellsOf(matrix.flags, position),
    }
  })
}

function cellsOf(
  flags: readonly Schema<'MatrixFlag'>[],
  position: number,
): Pick<InstanceRow, 'overrides' | 'attention'> {
  if (position === 0) return { overrides: 0, attention: [] }
  const places = flags.flatMap(({ own }) => Object.values(own))
  const cells = flags.flatMap(({ cells }) => Object.values(cells).map((row) => row[position] ?? ''))
  const waiting = cells.filter((char) => char && ATTENTION.has(cellOf(char).state))
  return {
    overrides: places.filter((positions) => positions.includes(position)).length,
    attention: countStates(waiting.join('')),
  }
}
