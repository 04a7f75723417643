/** Overrides: one variant of a flag in this browser only, with the permission of the server. */
import type { Ruleset } from '@flaghoist/client'
import type { BrowserFlags, BrowserOptions } from './create-flags.ts'
import { readLocal, removeLocal, writeLocal } from './local-store.ts'

/** The options of `createFlags` that name the server and the scope. */
export type OverrideOptions = Pick<BrowserOptions, 'url' | 'key' | 'environment' | 'instance'>

type RulesetFlag = Ruleset['flags'][string]

/** An override that is in effect. */
export interface Override {
  readonly flag: string
  readonly variant: string
  /** Time until it ends, ms. */
  readonly expiresInMs: number
}

/** Parameter of a link that brings an override: `?flaghoist-override=fh_override_…`. */
const PARAMETER = 'flaghoist-override'
const ITEM = 'flaghoist:override'

/**
 * Applies the override of this browser, if it has one and the server permits it. A link with
 * `?flaghoist-override=SECRET` brings one, and a link with `?flaghoist-override=` ends it; the
 * parameter is removed from the address. Never rejects. Without an override, no request is sent.
 *
 * @example
 * const options = { url: 'https://flags.example.com', key: 'fh_client_…' }
 * const flags = createFlags(options)
 * void applyOverride(flags, options)
 */
export async function applyOverride(
  flags: BrowserFlags,
  options: OverrideOptions,
): Promise<Override | undefined> {
  try {
    const secret = secretOfPage()
    if (!secret) return undefined
    const override = await askServer(secret, options)
    // It may have been ended meanwhile.
    if (override === undefined || readLocal(ITEM) !== secret) return undefined
    const { flag, variant } = override
    const replace = (key: string, served: RulesetFlag) =>
      key === flag ? serving(served, variant) : undefined
    const applied = { flag, variant, replace }
    flags.override(applied)
    setTimeout(() => {
      if (flags.status().override === applied) flags.override(undefined)
    }, override.expiresInMs)
    return override
  } catch (error) {
    console.warn('[flaghoist] The override was not applied; the next load tries it again.', error)
    return undefined
  }
}

/** Ends the override of this browser, in this page at once and elsewhere at the next load. */
export function endOverride(flags: BrowserFlags): void {
  removeLocal(ITEM)
  flags.override(undefined)
}

/** Returns a flag that serves one variant to all contexts. A kill comes first. */
function serving(flag: RulesetFlag, variant: string): RulesetFlag {
  const { type, variants, revision, instances = {} } = flag
  const isKilled = [flag, ...Object.values(instances)].some(({ killed }) => killed)
  // A later version of the flag may lack the variant.
  if (isKilled || !Object.hasOwn(variants, variant)) return flag
  return { type, variants, revision, on: true, off: variant, fallthrough: { variant } }
}

/** Moves the secret of a link into the storage, and returns that of this browser. */
function secretOfPage(): string | undefined {
  const page = new URL(location.href)
  const linked = page.searchParams.get(PARAMETER)
  if (linked === null) return readLocal(ITEM)
  page.searchParams.delete(PARAMETER)
  history.replaceState(history.state, '', page)
  if (linked === '') removeLocal(ITEM)
  else writeLocal(ITEM, linked)
  return linked
}

async function askServer(
  secret: string,
  { url, key, environment, instance }: OverrideOptions,
): Promise<Override | undefined> {
  const server = new URL(`${url.replace(/\/+$/, '')}/sdk/v1/override`)
  if (environment) server.searchParams.set('scope', environment)
  if (instance) server.searchParams.set('instance', instance)
  const response = await fetch(server, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ secret }),
    credentials: 'omit',
    redirect: 'error',
  })
  const answer = await response.json()
  if (response.ok) return answer
  if (answer.code === 'OVERRIDE_REFUSED') removeLocal(ITEM)
  console.warn(`[flaghoist] ${answer.detail} ${answer.hint}`)
  return undefined
}
