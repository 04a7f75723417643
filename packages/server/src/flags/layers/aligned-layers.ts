import { CALLERS_DEFAULT, canonicalJson } from '@flaghoist/core/internal'
import {
  type LayerConfiguration,
  type ProjectState,
  resolveLayers,
  weightsOf,
} from '@flaghoist/core/model'
import type { Flag, Layer } from '@flaghoist/core/schema'
import { withLayer } from '../../rollouts/driven-members.ts'
import { completeLayer } from './complete-layer.ts'
import type { LayerPast } from './layer-past.ts'
import type { LayerInput, ServeInput } from './schemas.ts'

/** A flag in a scope, and the reference: the scope that serves it as wanted. */
export interface AlignedScope {
  readonly state: ProjectState
  readonly flag: Flag
  readonly scope: string
  readonly reference: string
}

/** The members to compare, in this order: the default of the last one depends on the others. */
const MEMBERS = ['on', 'off', 'rules', 'rollout', 'fallthrough'] as const
type Member = (typeof MEMBERS)[number]

/**
 * Returns candidates for the layer of a scope: no layer, its own layer, and then layers that each
 * take one more member from the reference. A member is removed if the scope inherits the same from
 * wider scopes. Otherwise it is written as a request would write it, so that salts and ranges
 * continue those of the scope.
 */
export function alignedLayers(
  { flag, scope, reference }: AlignedScope,
  past: LayerPast,
): readonly (Layer | null)[] {
  const wanted = settingsOf(resolveLayers(flag, reference).configuration)
  const isAligned = (layer: Layer, member: Member) => {
    const { configuration } = resolveLayers(withLayer(flag, scope, layer), scope)
    return comparable(settingsOf(configuration), member) === comparable(wanted, member)
  }
  let layer = past.own
  const layers: (Layer | null)[] = [null, layer]
  for (const member of MEMBERS) {
    if (isAligned(layer, member)) continue
    const { [member]: _, ...others } = layer
    layer = isAligned(others, member)
      ? others
      : { ...others, ...completeLayer(inputOf(member, wanted, past), past) }
    layers.push(layer)
  }
  return layers
}

type Settings = Pick<LayerInput, Member>

function inputOf(member: Member, wanted: Settings, { current }: LayerPast): LayerInput {
  const { [member]: value, rollout } = wanted
  if (member !== 'rollout' || !rollout || !current.rollout?.segments) return { [member]: value }
  // Without a list, the scope would keep its segments.
  return { rollout: { segments: [], ...rollout } }
}

/** Returns settings as they may be written, without salts and without the caller's default. */
function settingsOf(configuration: LayerConfiguration): Settings {
  const { on, off, rules = [], rollout, fallthrough } = configuration as Configuration
  return {
    on,
    off: off === CALLERS_DEFAULT ? undefined : off,
    rules: rules.map((rule) => ({ ...rule, serve: serveInput(rule.serve) })),
    rollout: rollout ? rolloutInput(rollout) : null,
    fallthrough: isCallersDefault(fallthrough) ? undefined : serveInput(fallthrough),
  }
}

/** A configuration, with the types of a layer. */
type Configuration = Pick<Layer, 'on' | 'off' | 'rules' | 'rollout'> & {
  readonly fallthrough: Serve
}
type Serve = NonNullable<Layer['fallthrough']>

function isCallersDefault(serve: Serve): boolean {
  return 'variant' in serve && serve.variant === CALLERS_DEFAULT
}

function serveInput(serve: Serve): ServeInput {
  if ('variant' in serve) return serve
  return { weights: weightsOf(serve.split.ranges), by: serve.split.by }
}

/** Leaves out the labels of the plan that moves the reference. */
function rolloutInput({ by, share, serve, segments = [] }: NonNullable<Configuration['rollout']>) {
  return { by, share, serve: serveInput(serve), ...(segments.length > 0 && { segments }) }
}

/** Ids and names of rules have no effect. */
function comparable(settings: Settings, member: Member): string {
  if (member !== 'rules') return canonicalJson(settings[member])
  return canonicalJson(settings.rules?.map(({ when, serve }) => ({ when, serve })))
}
