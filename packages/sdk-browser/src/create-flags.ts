import {
  type Binding,
  type CheckedOptions,
  type ClientOptions,
  checkOptions,
  clientError,
  createClient,
  type EvaluationContext,
  type FlagOverride,
  type Flags,
  type Rule,
  type Ruleset,
  type ScopedFlags,
} from '@flaghoist/client'
import { DEV, mergeContexts } from '@flaghoist/core/internal'
import { anonymousId } from './anonymous-id.ts'
import { browserPlatform } from './browser-platform.ts'
import { localCache } from './local-store.ts'
import { shareStreams } from './share-streams.ts'

/** Options of `createFlags`. */
export interface BrowserOptions extends ClientOptions {
  /**
   * Context of the user; `identify` replaces it later. Without a targeting key, a random one is
   * stored in this browser.
   * @default {}
   */
  readonly context?: EvaluationContext | undefined
  /**
   * Returns the targeting key of a user without one, such as the id of a visitor that the app
   * keeps. If it returns undefined, percentage steps are skipped, and no id is stored.
   * @default a random one, stored in this browser
   */
  readonly anonymousId?: (() => string | undefined) | undefined
  /**
   * Name of the cached ruleset in place of the key, so that a new key starts from the ruleset of
   * the one before. Use one name for each project and scope.
   * @default the key
   */
  readonly cacheName?: string | undefined
}

/**
 * The flags of one user. Attributes given to a single evaluation take precedence over the context.
 */
export interface BrowserFlags extends Flags, ScopedFlags {
  /**
   * Replaces the context. Evaluations change at once, and `change` names the flags that differ.
   *
   * @param bootstrap ruleset for the new user, used until the server is heard for the first time
   * @example
   * flags.identify({ targetingKey: user.id, plan: user.plan })
   */
  identify(context: EvaluationContext, bootstrap?: Ruleset | null): void
  /**
   * Serves one variant of a flag in this page; undefined ends that. Meanwhile the page records
   * nothing. `applyOverride` of `@flaghoist/browser/override` calls it once the server permits it.
   */
  override(next: FlagOverride | undefined): void
}

/**
 * Creates the flags of one client key, for one user. Evaluations start from the cache or the
 * bootstrap, while the stream connects in the background; it rests while the page is hidden.
 * All clients of the origin with the same url, key, environment and instance share one stream, in
 * this page and in other tabs and workers.
 *
 * Nothing throws, not even for invalid options: `status().lastError` and a warning name them.
 *
 * @example
 * const flags = createFlags({ url: 'https://flags.example.com', key: 'fh_client_…', context: { targetingKey: user.id } })
 * if (flags.isEnabled('new-checkout')) …
 */
export function createFlags(given: BrowserOptions): BrowserFlags {
  const { options: usable, ...problems } = DEV ? checkOptions(given, RULES) : checkIdentity(given)
  const { context = {}, anonymousId: idOf = anonymousId, cacheName, ...options } = usable
  const { url, key, environment, instance } = options
  const named = (owner: string) => `flaghoist:${[url, owner, environment, instance].join(' ')}`
  const name = named(key.slice(-12))
  // A ruleset that the server has not confirmed, such as the bootstrap of a user, is not shared.
  const confirmed = () =>
    client.status().state === 'live' ? client.prepared()?.ruleset : undefined
  const cache = localCache(cacheName ? named(cacheName) : name)
  const platform = shareStreams(browserPlatform(cache), name, confirmed)
  const client = createClient(options, platform, problems)
  const withId = (own: EvaluationContext): EvaluationContext => {
    const context = mergeContexts(own)
    return { ...context, targetingKey: context.targetingKey ?? idOf() }
  }
  const binding: Binding = { context: withId(context), lastExposed: new Map() }

  return {
    ...client,
    ...client.bind(binding),
    for: (own) => client.for(mergeContexts(binding.context, own)),
    get context() {
      return binding.context
    },
    identify(next, bootstrap) {
      const before = binding.context
      binding.context = withId(next)
      // New attributes of the same user change nothing about the variants that they were given.
      if (binding.context.targetingKey !== before.targetingKey) binding.lastExposed = new Map()
      if (bootstrap) client.bootstrap(bootstrap)
      client.compareContexts(before, binding.context)
    },
  }
}

/** Builds without texts have errors without values. */
const UNNAMED = { option: '', given: '', expected: '', effect: '' }

/** Checks, in builds without texts, what every request needs. */
function checkIdentity(given: BrowserOptions): CheckedOptions<BrowserOptions> {
  const { url, key } = given ?? {}
  const isText = (value: unknown) => typeof value === 'string' && value.trim() !== ''
  if (isText(url) && isText(key)) return { options: given, errors: [] }
  const problem = clientError('OPTION_INVALID', UNNAMED)
  return { options: { ...given, url: '', key: '' }, errors: [problem], problem }
}

const RULES: Readonly<Record<string, Rule>> = {
  context: [
    (value) => typeof value === 'object' && value !== null,
    'an object such as { targetingKey: user.id }',
  ],
  cacheName: [(value) => typeof value === 'string' && value !== '', 'a name, such as shop'],
  anonymousId: [(value) => typeof value === 'function', 'a function that returns a targeting key'],
}
