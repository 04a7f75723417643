import { createPause } from '../pause.ts'
import type { Projects } from '../projects/projects.ts'
import { type Rulesets, type RulesetTarget, targetName } from '../rulesets/rulesets.ts'
import type { Peers } from '../stores/peers.ts'
import type { Propagation } from './propagation.ts'
import { type PropagationReport, type SdkStatus, summarise } from './propagation-report.ts'

/** The version and the SDKs that a report is about. */
export interface PropagationQuestion {
  readonly project: string
  readonly version: number
  /** Only SDKs whose scope lies within this one. */
  readonly within?: string | undefined
}

export interface SharedReport extends PropagationReport {
  /** Servers on the same stores; undefined where one server uses them alone. */
  readonly servers?: ReportingServers | undefined
}

/** The servers whose SDKs a report counts. */
export interface ReportingServers {
  readonly answered: number
  /** Undefined while the servers do not hear of each other. */
  readonly present?: number | undefined
}

/** The propagation of a version to the SDKs of all servers on the same stores. */
export interface SharedPropagation {
  report(question: PropagationQuestion): Promise<SharedReport>
  /** Returns the number of connected SDKs of each scope of a project that has some. */
  connections(project: string): Promise<ReadonlyMap<string, number>>
}

/** A question for the connected SDKs of a project, which costs less than a report. */
interface ConnectionsQuestion {
  readonly connectionsOf: string
}

export interface SharedPropagationParts {
  readonly propagation: Propagation
  readonly projects: Projects
  readonly rulesets: Rulesets
  readonly peers: Peers | undefined
}

/** Time that a report waits for rulesets, ms. */
const PREPARE_WITHIN_MS = 100

/**
 * Asks the other servers for each report, and answers their questions.
 * @throws {FlaghoistError} `REDIS_UNAVAILABLE`
 */
export async function createSharedPropagation(
  parts: SharedPropagationParts,
): Promise<SharedPropagation> {
  const { peers, propagation } = parts
  await peers?.answerWith(async (text) => {
    const question = JSON.parse(text) as PropagationQuestion | ConnectionsQuestion
    if ('connectionsOf' in question)
      return JSON.stringify([...propagation.connections(question.connectionsOf, true)])
    return JSON.stringify(await ownSdks(parts, question))
  })
  return {
    async connections(project) {
      const counts = new Map(propagation.connections(project, peers !== undefined))
      for (const [scope, count] of await connectionsOfOthers(peers, project))
        counts.set(scope, (counts.get(scope) ?? 0) + count)
      return counts
    },

    async report(question) {
      const { version } = question
      const own = await ownSdks(parts, question)
      if (peers === undefined) return summarise(version, own)
      try {
        const { answers, servers } = await peers.ask(JSON.stringify(question))
        const others = answers.flatMap((text) => JSON.parse(text) as SdkStatus[])
        const reporting = { answered: answers.length + 1, present: servers }
        return { ...summarise(version, withoutTwins([...own, ...others])), servers: reporting }
      } catch {
        // The store is gone, and with it the way to the other servers.
        return { ...summarise(version, own), servers: { answered: 1 } }
      }
    },
  }
}

/** The counts of the other servers; empty while the store is gone, and with it the way to them. */
async function connectionsOfOthers(
  peers: Peers | undefined,
  connectionsOf: string,
): Promise<readonly (readonly [scope: string, count: number])[]> {
  const question: ConnectionsQuestion = { connectionsOf }
  const asked = await peers?.ask(JSON.stringify(question)).catch(() => undefined)
  return (asked?.answers ?? []).flatMap((text) => JSON.parse(text))
}

/** The SDKs of this server. */
async function ownSdks(
  parts: SharedPropagationParts,
  question: PropagationQuestion,
): Promise<readonly SdkStatus[]> {
  if (!parts.projects.has(question.project)) return []
  const { sdks, behind } = readSdks(parts, question)
  if (behind.length === 0) return sdks
  await prepareSome(parts.rulesets, behind)
  return readSdks(parts, question).sdks
}

/** Returns the SDKs, and the targets whose newest ruleset is not compiled yet. */
function readSdks(
  { propagation, projects, rulesets }: SharedPropagationParts,
  { project, version, within }: PropagationQuestion,
) {
  const behind = new Map<string, RulesetTarget>()
  const { sdks } = propagation.report(project, version, {
    within,
    neededBy(sdk) {
      if (!projects.has(project) || version > projects.get(project).state.version) return version
      const newest = rulesets.ready(sdk)
      if (newest === undefined) behind.set(targetName(sdk), sdk)
      // A change that does not affect the target of an SDK leaves its ruleset at an older version.
      return Math.min(version, newest?.ruleset.version ?? version)
    },
  })
  return { sdks, behind: [...behind.values()] }
}

/**
 * Compiles the newest rulesets of targets, and stops after a short time. Until a target is
 * compiled, the change counts as one that its SDKs lack.
 */
async function prepareSome(rulesets: Rulesets, targets: readonly RulesetTarget[]): Promise<void> {
  const giveUpAt = performance.now() + PREPARE_WITHIN_MS
  const pause = createPause()
  for (const target of targets) {
    await pause()
    if (performance.now() > giveUpAt) return
    await rulesets.prepare(target)
  }
}

/** Keeps one status of each SDK: that of the server which it has a connection to. */
function withoutTwins(sdks: readonly SdkStatus[]): readonly SdkStatus[] {
  const known = new Map<string, SdkStatus>()
  for (const sdk of sdks) {
    const name = `${sdk.audience} ${sdk.scope} ${sdk.id}`
    const other = known.get(name)
    if (other === undefined || lastSeen(sdk) > lastSeen(other)) known.set(name, sdk)
  }
  return [...known.values()]
}

function lastSeen({ offlineSince }: SdkStatus): number {
  return offlineSince ?? Number.POSITIVE_INFINITY
}
