import { entityName, scopeChain } from '@flaghoist/core/model'
import { type Flag, Instant, Scope } from '@flaghoist/core/schema'
import { z } from 'zod'
import type { Principal } from '../http/principal.ts'
import { authorName } from '../projects/author-name.ts'
import { versionOf } from '../projects/checks.ts'
import type { LiveProject } from '../projects/projects.ts'
import { visibleChange } from '../projects/visibility.ts'
import type { Services } from '../services.ts'
import { type SdkStatus, sum } from '../streams/propagation-report.ts'
import { SdkState, shownSdk } from '../streams/sdk-state.ts'
import { lastExposures } from './last-exposures.ts'
import { layerName } from './layers/find-layer.ts'
import { COUNTED_HOURS, recentExposures, VariantExposures } from './recent-exposures.ts'

/** Programs that are listed: those that are behind come first. */
const MAX_SDKS = 10

const LayerChange = z
  .object({
    scope: Scope.meta({ description: 'Scope of the layer', example: 'production' }),
    version: z.int().meta({ description: 'Number of the change', example: 812 }),
    at: Instant.meta({ description: 'Instant, ISO 8601 in UTC' }),
    action: z.string().meta({ description: 'Action of the change', example: 'layer.update' }),
    by: z.string().meta({ description: 'Author of the change', example: 'Ada (Dashboard)' }),
    reason: z.string().optional().meta({
      description: 'Reason of the author; absent without one, and for parts of a wider change',
      example: 'Pilot customers asked for it',
    }),
  })
  .meta({ id: 'LayerChange', description: 'Last change of a layer, or its deletion' })

export const CellOverview = z
  .object({
    layers: z.array(LayerChange).meta({
      description:
        'Last changes of the layers that the scope resolves, the most general scope first; only of layers that were ever set',
    }),
    connected: z.int().meta({
      description: 'Number of connected SDKs that hold the ruleset of the scope',
      example: 3,
    }),
    confirmed: z.int().meta({ description: 'Those that are current', example: 3 }),
    sdks: z.array(SdkState).meta({
      description: `The first ${MAX_SDKS} of them, those that are behind first`,
    }),
    exposures: z.array(VariantExposures).meta({
      description: `Exposures of the last ${COUNTED_HOURS} hours by variant, in exactly this scope`,
    }),
    lastExposureAt: Instant.optional().meta({
      description: 'Start of the minute of the last exposure; absent for none in 30 days',
    }),
  })
  .meta({ id: 'CellOverview', description: 'Authors, programs and exposures of one cell' })

export type CellOverview = z.infer<typeof CellOverview>

/** A flag in a scope, for a key. */
interface CellQuery {
  readonly flag: Flag
  readonly scope: string
  readonly principal: Principal
}

/** The authors of the layers of a flag in a scope, and the programs that obey them. */
export async function cellOverview(
  services: Services,
  project: LiveProject,
  query: CellQuery,
): Promise<CellOverview> {
  const { flag, scope, principal } = query
  const { stores } = services
  const now = services.now()
  // A key that is bound to an instance sees the layer of its environment, but no programs there.
  const within = principal.scope
  const target = { project: project.key, flag: flag.key, within: within ?? scope }
  const [layers, sdks, recent, last] = await Promise.all([
    layerChanges(services, project, query),
    sdksOf(services, project, query),
    recentExposures(stores.events, project.key, flag, { scope, within, now }),
    lastExposures(stores.events, target, now),
  ])
  const lastExposureAt = last.find((one) => one.scope === scope)?.at
  return {
    layers,
    connected: sum(sdks.map(({ counts }) => counts.connected)),
    confirmed: sum(sdks.map(({ counts }) => counts.confirmed)),
    sdks: sdks.slice(0, MAX_SDKS).map(shownSdk),
    exposures: [...(recent.get(scope) ?? [])],
    ...(lastExposureAt !== undefined && { lastExposureAt }),
  }
}

async function layerChanges(
  { stores }: Services,
  { key: project, state }: LiveProject,
  { flag: { key: flag }, scope, principal }: CellQuery,
): Promise<CellOverview['layers']> {
  const changes = scopeChain(scope).map(async (place) => {
    const name = layerName({ flag, scope: place })
    const seq = versionOf(state, [name])
    const [change] = seq === 0 ? [] : await stores.log.read(project, seq - 1, 1)
    // A kill that the store has not taken yet has the number of another change, or of none.
    const isOfLayer = change?.edits.some((edit) => entityName(edit) === name)
    const seen = isOfLayer ? visibleChange(state, change!, principal.scope) : undefined
    if (seen === undefined) return []
    const { at, action, actor, reason } = seen
    const by = authorName(actor)
    return [{ scope: place, version: seq, at, action, by, ...(reason !== undefined && { reason }) }]
  })
  return (await Promise.all(changes)).flat()
}

/** The connected SDKs that evaluate in a scope: those that are behind first, then by name. */
async function sdksOf(
  { sharedPropagation }: Services,
  { key: project, state: { version } }: LiveProject,
  { scope, principal }: CellQuery,
): Promise<readonly SdkStatus[]> {
  const within = principal.scope ?? scope
  const { sdks } = await sharedPropagation.report({ project, version, within })
  const isBehind = ({ counts }: SdkStatus) => counts.confirmed < counts.connected
  const rankOf = (sdk: SdkStatus) => `${isBehind(sdk) ? 0 : 1} ${sdk.name} ${sdk.id}`
  return sdks
    .filter((sdk) => sdk.scope === scope && sdk.offlineSince === undefined)
    .sort((a, b) => (rankOf(a) < rankOf(b) ? -1 : 1))
}
