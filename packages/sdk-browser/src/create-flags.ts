import {
  type Binding,
  type ClientOptions,
  checkOptions,
  clientError,
  createClient,
  type EvaluationContext,
  type Flags,
  type Platform,
  type Ruleset,
  type ScopedFlags,
} from '@flaghoist/client'
import { DEV } from '@flaghoist/core/internal'
import { anonymousId } from './anonymous-id.ts'
import { browserPlatform } from './browser-platform.ts'
import { localCache } from './local-store.ts'

/** Options of `createFlags`. */
export interface BrowserOptions extends ClientOptions {
  /**
   * Who is asked for; `identify` says so later. Without a targeting key, it is a random one that this browser keeps.
   * @default {}
   */
  readonly context?: EvaluationContext | undefined
}

/** Flags of one user: questions need no context, and what one brings itself wins. */
export interface BrowserFlags extends Flags, ScopedFlags {
  /**
   * Asks for somebody else from now on. Answers change at once, and listeners of `change` hear which.
   *
   * @param bootstrap what answers them until the server is heard, where it was not heard yet
   * @example
   * flags.identify({ targetingKey: user.id, plan: user.plan })
   */
  identify(context: EvaluationContext, bootstrap?: Ruleset | null): void
}

/** Makes the flags over whatever reaches the server: a connection of one's own, or one that tabs share. */
export function flagsOver(
  { context = {}, ...options }: BrowserOptions,
  reach: (platform: Platform, name: string, ruleset: () => Ruleset | undefined) => Platform,
): BrowserFlags {
  if (DEV) checkOptions({ ...options, context } as ClientOptions, { context: IS_CONTEXT })
  const { url = '', key = '', environment = '', instance = '' } = options
  const name = `flaghoist:${[url, key.slice(-12), environment, instance].join(' ')}`
  // What is not confirmed by the server, such as a bootstrap for the user of one tab, is for nobody else.
  const confirmed = () =>
    client.status().state === 'live' ? client.prepared()?.ruleset : undefined
  const alone = browserPlatform(localCache(name))
  const platform = url && key ? reach(alone, name, confirmed) : { ...alone, request: refuse }
  const client = createClient({ ...options, url, key }, platform)
  const binding: Binding = { context: withId(context), exposed: new Map() }

  return {
    ...client,
    ...client.bind(binding),
    for: (own) => client.for({ ...binding.context, ...own }),
    get context() {
      return binding.context
    },
    identify(next, bootstrap) {
      const before = binding.context
      binding.context = withId(next)
      // New attributes of the same user change nothing about the variants that they were given.
      if (binding.context.targetingKey !== before.targetingKey) binding.exposed = new Map()
      if (bootstrap) client.bootstrap(bootstrap)
      client.compareContexts(before, binding.context)
    },
  }
}

/** Adds the random targeting key of this browser to a context that has none. */
function withId(context: EvaluationContext): EvaluationContext {
  return { ...context, targetingKey: context.targetingKey ?? anonymousId() }
}

/** A production build whose url or key was forgotten asks nobody, answers fallbacks, and says what it lacks. */
const refuse: Platform['request'] = (_, { onEnd }) => {
  const timer = setTimeout(() =>
    onEnd(
      clientError('OPTION_INVALID', { option: 'url, key', given: 'missing', expected: 'both' }),
    ),
  )
  return () => clearTimeout(timer)
}

const IS_CONTEXT = [
  (value: unknown) => typeof value === 'object' && value !== null,
  'an object such as { targetingKey: user.id }',
] as const

/**
 * The flags of one client key, for one user. Starts at once: what an earlier page kept, or what the server rendered, answers
 * first; the stream follows behind, and rests while the page is hidden. Make one for each page or worker.
 *
 * @throws {FlaghoistError} `OPTION_UNKNOWN`, `OPTION_INVALID`, in development builds; production builds do not check options
 * @example
 * const flags = createFlags({ url: 'https://flags.example.com', key: 'fh_client_…', context: { targetingKey: user.id } })
 * if (flags.isEnabled('new-checkout')) …
 */
export function createFlags(options: BrowserOptions): BrowserFlags {
  return flagsOver(options, (platform) => platform)
}
