import type { Config } from './config.ts'
import type { DeliveryServices } from './delivery/create-delivery.ts'
import type { SdkKeys } from './http/auth.ts'
import type { ClientAddress } from './http/client-address.ts'
import type { RequestLimits } from './http/limits.ts'
import type { Intake } from './ingest/intake.ts'
import type { ReportQuota } from './ingest/report-quota.ts'
import type { UnitBudget } from './ingest/unit-budget.ts'
import type { UnitSamples } from './ingest/unit-samples.ts'
import type { ApiKeys } from './keys/api-keys.ts'
import type { Overrides } from './keys/overrides.ts'
import type { KillSwitch } from './kill/kill-switch.ts'
import type { Projects } from './projects/projects.ts'
import type { RolloutEngine } from './rollouts/rollout-engine.ts'
import type { Rulesets } from './rulesets/rulesets.ts'
import type { Targets } from './rulesets/targets.ts'
import type { Sessions } from './sessions/sessions.ts'
import type { FreeSpace } from './stores/free-space.ts'
import type { ServerShare } from './stores/server-share.ts'
import type { Stores } from './stores/stores.ts'
import type { StreamHub } from './streams/hub.ts'
import type { Propagation } from './streams/propagation.ts'
import type { SharedPropagation } from './streams/shared-propagation.ts'
import type { Log } from './telemetry/log.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import type { Clocks } from './time.ts'

/** The services behind the routes of SDKs. */
export interface SdkServices extends Clocks {
  readonly config: Config
  readonly keys: SdkKeys
  readonly targets: Targets
  readonly rulesets: Rulesets
  readonly hub: StreamHub
  readonly propagation: Propagation
  readonly intake: Intake
  readonly overrides: Overrides
  readonly limits: RequestLimits
  readonly addressOf: ClientAddress
  readonly telemetry: Telemetry
  readonly log: Log
}

/** The services behind all routes. Only `assemble-services.ts` creates them. */
export interface Services extends SdkServices, DeliveryServices {
  readonly stores: Stores
  readonly projects: Projects
  readonly keys: ApiKeys
  readonly sessions: Sessions
  readonly killSwitch: KillSwitch
  readonly sharedPropagation: SharedPropagation
  readonly serverShare: ServerShare
  readonly rollouts: RolloutEngine
  readonly quota: ReportQuota
  readonly unitBudget: UnitBudget
  readonly unitSamples: UnitSamples
  readonly freeSpace: FreeSpace
}
