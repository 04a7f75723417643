/** The most general scope: all environments and instances lie within it. */
export const EVERYWHERE = '*'

const KEY = '[a-z0-9][a-z0-9._-]{0,99}'

/**
 * The form of an entity's key. It excludes `/`, `@` and `*`, so that scopes and layer keys can be
 * parsed.
 */
export const KEY_PATTERN = /* @__PURE__ */ new RegExp(`^${KEY}$`)

/** The form of a flag's key: many products allow capitals, `~` and `:`. */
export const FLAG_KEY_PATTERN = /* @__PURE__ */ /^[A-Za-z0-9][A-Za-z0-9._~:-]{0,99}$/

/** The form of a scope: `*`, `production` or `production/acme`. */
export const SCOPE_PATTERN = /* @__PURE__ */ new RegExp(`^(\\*|${KEY}(/${KEY})?)$`)

/** The parts of a scope; `*` has neither, an environment has no instance. */
export interface ScopeParts {
  readonly environment: string | undefined
  readonly instance: string | undefined
}

/**
 * Splits a scope into its environment and its instance.
 *
 * @example
 * parseScope('production/acme') // { environment: 'production', instance: 'acme' }
 */
export function parseScope(scope: string): ScopeParts {
  return { environment: environmentOf(scope), instance: instanceOf(scope) }
}

/**
 * Builds the scope of an environment, or of an instance in an environment. Returns `*` without an
 * environment.
 *
 * @example
 * buildScope('production', 'acme') // 'production/acme'
 */
export function buildScope(environment?: string, instance?: string): string {
  if (environment === undefined) return EVERYWHERE
  return instance === undefined ? environment : `${environment}/${instance}`
}

/** The environment of a scope; undefined for `*`. */
export function environmentOf(scope: string): string | undefined {
  if (scope === EVERYWHERE) return undefined
  const slash = scope.indexOf('/')
  return slash < 0 ? scope : scope.slice(0, slash)
}

/** The instance of a scope; undefined for `*` and for an environment. */
export function instanceOf(scope: string): string | undefined {
  const start = scope.indexOf('/') + 1
  return start > 0 ? scope.slice(start) : undefined
}

/**
 * The scopes whose layers apply in a scope, from general to specific.
 *
 * @example
 * scopeChain('production/acme') // ['*', 'production', 'production/acme']
 */
export function scopeChain(scope: string): readonly string[] {
  const environment = environmentOf(scope)
  if (environment === undefined) return [EVERYWHERE]
  return environment === scope ? [EVERYWHERE, scope] : [EVERYWHERE, environment, scope]
}

/**
 * Checks that a scope equals another scope or lies within it. Every scope lies within `*` and
 * within `undefined`.
 */
export function isWithin(scope: string, outer: string | undefined): boolean {
  return outer === undefined || scopeChain(scope).includes(outer)
}

/** The flag and the scope that a layer belongs to. */
export interface LayerAddress {
  readonly flag: string
  readonly scope: string
}

/**
 * The key of a flag's layer in a scope: the layer's identity in edits and in the log.
 *
 * @example
 * layerKey('new-checkout', 'production/acme') // 'new-checkout@production/acme'
 */
export function layerKey(flag: string, scope: string): string {
  return `${flag}@${scope}`
}

/**
 * The key of a rollout's run in a scope: its identity in edits and in the log.
 *
 * @example
 * runKey('new-checkout-2026-11', 'production/acme') // 'new-checkout-2026-11@production/acme'
 */
export function runKey(rollout: string, scope: string): string {
  return `${rollout}@${scope}`
}

/** Splits a run key into its rollout and its scope. A key without `@` returns an empty rollout. */
export function parseRunKey(key: string): { readonly rollout: string; readonly scope: string } {
  const { flag: rollout, scope } = parseLayerKey(key)
  return { rollout, scope }
}

/** Splits a layer key into its flag and its scope. A key without `@` returns an empty flag. */
export function parseLayerKey(key: string): LayerAddress {
  const at = key.indexOf('@')
  return { flag: key.slice(0, Math.max(0, at)), scope: key.slice(at + 1) }
}
