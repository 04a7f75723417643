import { api, bodyOf, changeOf, withOverride, withReason } from '../api/client.ts'
import { previewParams } from '../api/preview.ts'
import type { FlagOverview, Layer, LayerTarget, Resolved } from '../flag/flag-requests.ts'
import type { FlagType, Variant } from '../flag/variant-draft.ts'
import { inProject } from '../project/project.svelte.ts'
import { isEmpty, type Settings, settingsOf } from './settings.ts'

export type Effect = Awaited<ReturnType<typeof previewSettings>>

/** The settings of a flag in a scope as they are stored. */
export interface StoredSettings extends LayerTarget {
  readonly settings: Settings
  /** Version of the settings, which a write names. */
  readonly version: string
  readonly resolved: Resolved
  /** Rollouts of the flag that are in progress where the scope is served. */
  readonly rollouts: FlagOverview['rollouts']
  readonly layers: Readonly<Record<string, Layer>>
  readonly type: FlagType
  readonly variants: readonly Variant[]
  readonly prerequisites: FlagOverview['flag']['prerequisites']
  /** True if browsers receive the flag. */
  readonly clientVisible: boolean
}

/** Returns the settings of the scope of an overview. */
export function storedSettings(overview: FlagOverview): StoredSettings {
  const { flag, scope, version, resolved, rollouts } = overview
  const { key, layers, type, variants, prerequisites, clientVisible } = flag
  return {
    flag: key,
    scope,
    settings: settingsOf(layers[scope] ?? {}),
    version: `"${version}"`,
    resolved,
    rollouts,
    layers,
    type,
    variants: variants as Variant[],
    prerequisites,
    clientVisible,
  }
}

/** Settings that a person wants to store. */
export interface SettingsWrite {
  readonly settings: Settings
  /** Version that the person has seen. */
  readonly version: string
  readonly reason: string
  /** Stores the settings although a freeze is in force. */
  readonly overridesFreeze: boolean
}

/** Requests the effect of settings, without storing them. */
export function previewSettings(
  { flag, scope }: LayerTarget,
  { settings, version, overridesFreeze }: Omit<SettingsWrite, 'reason'>,
  signal: AbortSignal,
) {
  const { query, header } = previewParams(version)
  const params = {
    path: { ...inProject(), flag },
    query: { ...query, ...withOverride(overridesFreeze) },
    header,
  }
  const body = { scope, layer: settings }
  const path = '/api/v1/projects/{project}/flags/{flag}/preview'
  return bodyOf(api.POST(path, { params, body, signal }))
}

/**
 * Stores settings; without a member, it deletes them. Returns the number of the change; undefined
 * if nothing changed.
 */
export function saveSettings(
  { flag, scope }: LayerTarget,
  { settings, version, reason, overridesFreeze }: SettingsWrite,
): Promise<number | undefined> {
  const path = '/api/v1/projects/{project}/flags/{flag}/layers/{scope}'
  const params = {
    path: { ...inProject(), flag, scope },
    query: { ...withReason(reason), ...withOverride(overridesFreeze) },
    header: { 'if-match': version },
  }
  return changeOf(
    isEmpty(settings) ? api.DELETE(path, { params }) : api.PUT(path, { params, body: settings }),
  )
}

/** Requests the latest change of a flag in a scope; undefined if there is none. */
export async function requestLastChange({ flag, scope }: LayerTarget, signal: AbortSignal) {
  const params = { path: inProject(), query: { flag, scope, limit: 1 } }
  const { items } = await bodyOf(api.GET('/api/v1/projects/{project}/changes', { params, signal }))
  return items[0]
}
