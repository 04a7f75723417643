import { environmentOf, type ProjectState } from '@flaghoist/core/model'
import type { Flag } from '@flaghoist/core/schema'
import { allDependantsOf } from '../flags/risk/dependants.ts'
import { getOrSet } from '../get-or-set.ts'
import { scopesIn } from '../matrix/columns.ts'
import { cellsIn, type EnvironmentCells } from '../matrix/flag-cells.ts'
import { mapInTurns } from '../pause.ts'
import { causeOf, isUnexplained } from './causes.ts'
import { configurationsIn } from './configurations.ts'
import type { DriftFlag } from './schemas.ts'

/** A comparison of all flags between scopes. */
export interface DriftRequest {
  readonly scopes: readonly string[]
  readonly matches: (flag: Flag) => boolean
  /** Wall clock, epoch ms. */
  readonly now: number
}

/**
 * Returns the flags that two of the scopes serve differently: first those with an unexplained
 * difference, each part in the order of its keys.
 */
export async function findDrift(
  state: ProjectState,
  { scopes, matches, now }: DriftRequest,
): Promise<readonly DriftFlag[]> {
  const cellsOf = createCellReader(state, scopes)
  const rows = await mapInTurns([...state.flags.values()], (flag) => {
    const configurations = matches(flag) ? configurationsIn(state, flag, scopes) : []
    if (!configurations.some((number) => number > 0)) return undefined
    const { key, kind, description, owner, tags } = flag
    const differs = differencesOf({ state, flag, scopes, now }, configurations)
    const unexplained = differs.filter(({ cause }) => isUnexplained(cause)).length
    const dependants = allDependantsOf(state, key)
    return {
      ...{ key, kind, description, owner, tags },
      ...cellsOf(flag),
      unexplained,
      differs,
      ...(dependants.length > 0 && { dependants: [...dependants] }),
    }
  })
  return rows.filter((row) => row !== undefined).sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))
}

/** The text by which rows are in order. */
export function placeOf({ key, unexplained }: DriftFlag): string {
  return `${unexplained > 0 ? 0 : 1}${key}`
}

interface ComparedFlag extends Pick<DriftRequest, 'scopes' | 'now'> {
  readonly state: ProjectState
  readonly flag: Flag
}

function differencesOf(
  { state, flag, scopes, now }: ComparedFlag,
  configurations: readonly number[],
): DriftFlag['differs'] {
  const reference = scopes[configurations.indexOf(0)]!
  return configurations.flatMap((configuration, position) => {
    if (configuration === 0) return []
    const cause = causeOf({ state, flag, scope: scopes[position]!, reference, now })
    return { position, configuration, cause }
  })
}

/** Returns a function that picks the cells of a flag in the scopes. */
function createCellReader(state: ProjectState, scopes: readonly string[]) {
  const places = scopes.map((scope) => {
    const environment = environmentOf(scope)!
    return { environment, place: scopesIn(state.instances, environment).indexOf(scope) }
  })
  return (flag: Flag): Pick<DriftFlag, 'cells' | 'own'> => {
    const found = new Map<string, EnvironmentCells>()
    const cellsAt = (environment: string) =>
      getOrSet(found, environment, () => cellsIn(state, flag, environment))
    return {
      cells: places.map(({ environment, place }) => cellsAt(environment).cells[place]).join(''),
      own: places.flatMap(({ environment, place }, i) =>
        cellsAt(environment).own.includes(place) ? i : [],
      ),
    }
  }
}
