import type { CellState } from '../../parts/cells.ts'
import { duration } from '../../parts/format.ts'
import type { Report } from './report-requests.ts'

/** One line of the report. */
export interface ReportLine {
  readonly state: CellState
  readonly flag: string
  readonly text: string
  /** Instant; absent for a run in progress. */
  readonly at?: string
  /** Person, owner or proof. */
  readonly note?: string
}

/** The part of the report about one instance, or about the project. */
export interface ReportSection {
  readonly name: string
  readonly open: readonly ReportLine[]
  readonly events: readonly ReportLine[]
}

const PROJECT = 'Project'

/** States by the action of a decision about a run; others are moves. */
const STATES: Readonly<Record<string, CellState>> = {
  'run.rollback': 'rolled-back',
  'run.quarantine': 'quarantined',
  'run.hold': 'held',
  'run.wait': 'waiting',
  'run.finish': 'on',
  'run.safe': 'on',
  'run.skip': 'retired',
  'rollout.pause': 'held',
}

/** States that need no person: the sections of such lines alone come last. */
const CALM: ReadonlySet<CellState> = new Set(['rolling', 'on', 'waiting'])

type Filed = ReportLine & { readonly scope: string | undefined; readonly isOpen: boolean }

/** Returns the report by instance: first the open lines, then the events, latest first. */
export function sectionsOf(report: Report): readonly ReportSection[] {
  const lines = [...openLines(report), ...killLines(report), ...rolloutLines(report)]
  const byName = Map.groupBy(lines, ({ scope }) => scope?.split('/')[1] ?? scope ?? PROJECT)
  const sections = [...byName].map(([name, all]) => ({
    name,
    open: all.filter(({ isOpen }) => isOpen),
    events: all.filter(({ isOpen }) => !isOpen).toSorted((a, b) => (a.at! < b.at! ? 1 : -1)),
  }))
  const badness = ({ events, open }: ReportSection) =>
    [...open, ...events].filter(({ state }) => !CALM.has(state)).length
  return sections.toSorted((a, b) => badness(b) - badness(a) || (a.name < b.name ? -1 : 1))
}

function openLines({ quarantines, verdicts, removals }: Report): readonly Filed[] {
  return [
    ...quarantines.map(
      ({ flag, scope, text, since, owner }): Filed => ({
        ...{ flag, scope, text, at: since, isOpen: true, state: 'quarantined' },
        note: owner ? `owner ${owner}` : 'no owner',
      }),
    ),
    ...verdicts.map(
      ({ flag, scope, text, state }): Filed => ({
        ...{ flag, scope, text, isOpen: true, note: state },
        state: state === 'held' ? 'held' : state === 'waiting' ? 'waiting' : 'rolling',
      }),
    ),
    ...removals.map(
      ({ flag, owner, expectedRemovalAt }): Filed => ({
        ...{ flag, scope: undefined, at: expectedRemovalAt, isOpen: true, state: 'retired' },
        text: 'The flag is due for removal.',
        note: owner ? `owner ${owner}` : 'no owner',
      }),
    ),
  ]
}

function killLines({ kills }: Report): readonly Filed[] {
  return kills.map(({ flag, scope, text, at, actor, connected, confirmed, maxMs }) => {
    const time = maxMs === undefined ? '' : `, the last after ${duration(maxMs)}`
    const note = `${actor} · ${confirmed} of ${connected} SDKs hold it${time}`
    return { flag, scope, text, at, note, isOpen: false, state: 'killed' }
  })
}

function rolloutLines({ rollouts }: Report): readonly Filed[] {
  return rollouts.map(({ rollout, scope, action, text, at, actor }) => ({
    ...{ flag: rollout, scope, text, at, note: actor, isOpen: false },
    state: STATES[action] ?? 'rolling',
  }))
}
