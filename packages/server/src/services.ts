import type { Changes } from './projects/projects.ts'
import type { Config } from './config.ts'
import type { Caps } from './events/caps.ts'
import type { EventSink } from './events/sinks/sink.ts'
import type { ApiKeys } from './keys/api-keys.ts'
import type { Rulesets } from './rulesets/rulesets.ts'
import type { Store } from './store/store.ts'
import type { StreamHub } from './streams/hub.ts'
import type { Propagation } from './streams/propagation.ts'

/** What routes are made of; `app.ts` puts it together and nobody else does. */
export interface Parts {
  readonly config: Config
  readonly store: Store
  readonly changes: Changes
  readonly keys: ApiKeys
  readonly rulesets: Rulesets
  readonly propagation: Propagation
  readonly hub: StreamHub
  readonly caps: Caps
  /** Who gets the batches that SDKs report. */
  readonly sinks: EventSink
  /** Wall clock, epoch ms. */
  readonly now: () => number
}
