import { assembleHub, assemblePropagation } from './assemble-streams.ts'
import { closedReason } from './calendar/work-time.ts'
import type { Config } from './config.ts'
import { createDelivery } from './delivery/create-delivery.ts'
import { createClientAddress } from './http/client-address.ts'
import { createRequestLimits } from './http/limits.ts'
import { createIntake } from './ingest/intake.ts'
import { createReportQuota, quotaLimits } from './ingest/report-quota.ts'
import { createUnitBudget } from './ingest/unit-budget.ts'
import { createUnitSamples, sampleLimits } from './ingest/unit-samples.ts'
import { createApiKeys } from './keys/api-keys.ts'
import { createOverrides } from './keys/overrides.ts'
import { createKillJournal } from './kill/kill-journal.ts'
import { createKillSwitch } from './kill/kill-switch.ts'
import { recoverKills } from './kill/recover-kills.ts'
import { freezePolicy } from './policies/freezes.ts'
import { pausedInstances } from './policies/paused-instances.ts'
import { protectedEnvironments } from './policies/protected-environments.ts'
import { runningRollouts } from './policies/running-rollouts.ts'
import { openProjects } from './projects/open-projects.ts'
import { createDailyReport } from './reports/daily-report.ts'
import { createJudge } from './rollouts/health/judge-rollout.ts'
import { createRolloutEngine, type EngineParts } from './rollouts/rollout-engine.ts'
import { createRulesets } from './rulesets/create-rulesets.ts'
import { createTargets } from './rulesets/targets.ts'
import type { Services } from './services.ts'
import { createSessions } from './sessions/sessions.ts'
import { createFreeSpace } from './stores/free-space.ts'
import { createServerShare } from './stores/server-share.ts'
import type { Stores } from './stores/stores.ts'
import { createSharedPropagation } from './streams/shared-propagation.ts'
import { createLog } from './telemetry/log.ts'
import { observeCommits } from './telemetry/observe-commits.ts'
import { observeReloads } from './telemetry/observe-reloads.ts'
import { observeServices } from './telemetry/observe-services.ts'
import { createTelemetry, DURATIONS } from './telemetry/telemetry.ts'
import type { Clocks } from './time.ts'
import { reportTo, warnOfExcess } from './warnings.ts'

const EXCESS_HINT = 'GET /api/v1/projects/{project}/exposures lists the key under "capped".'

/** Assembles the services of one server over open stores. */
export async function assembleServices(config: Config, stores: Stores): Promise<Services> {
  const now = Date.now
  const elapsed = () => performance.now()
  const clocks = { now, elapsed }
  const telemetry = createTelemetry()
  const log = createLog(config.logLevel)
  const warn = (message: string) => log.warn(message)
  const onListenerError = reportTo(log, 'A listener of changes failed.')
  const opened = await assembleProjects(stores, now, onListenerError)
  const projects = observeCommits(opened, telemetry, elapsed)
  const propagation = assemblePropagation(clocks, telemetry)
  // Before the rulesets listen: a confirmation must not arrive before the commit that it confirms.
  projects.onChange(({ key }, change) => propagation.committed(key, change.seq))
  const rulesets = createRulesets(projects, onListenerError)
  const targets = createTargets(projects)
  const keys = await createApiKeys({ projects, usage: stores.keyUsage, now, onListenerError })
  const sessions = createSessions({ store: stores.sessions, keys, now, onListenerError })
  const hub = assembleHub({ config, rulesets, targets, keys, propagation, elapsed })
  forgetLogs({ projects, hub, propagation })
  observeReloads({ projects, telemetry, log })
  const addressOf = createClientAddress({ header: config.clientAddressHeader, warn })
  const limits = createRequestLimits({ limit: config.rateLimit, addressOf, elapsed })
  const freeSpace = createFreeSpace({
    freeBytes: () => stores.freeBytes(),
    minBytes: config.minFreeBytes,
    elapsed,
    warn,
  })
  const { leases, presence, peers } = stores
  const sharedPropagation = await createSharedPropagation({
    propagation,
    projects,
    rulesets,
    peers,
  })
  const serverShare = createServerShare(peers)
  await serverShare.refresh()
  const reporting = assembleLimits(config, { ...clocks, log, serverShare })
  const judge = createJudge(stores, reporting.unitSamples, now)
  const ofRollouts = { projects, propagation, presence, leases, judge, telemetry, log }
  const rollouts = assembleRollouts({ ...clocks, ...ofRollouts })
  observeServices({ telemetry, projects, hub, freeSpace, stores })
  const core = { projects, rulesets, rollouts, propagation, sharedPropagation }
  const delivery = assembleDelivery(config, stores, { ...clocks, ...core, log })
  const reports = { ...reporting, serverShare, freeSpace, ...delivery }
  const ofRequests = { limits, addressOf, telemetry, log }
  const counting = { config, stores, projects, telemetry, ...clocks, ...reports }
  const intake = createIntake(counting)
  const overrides = createOverrides({ projects, keys, rulesets, targets, now })
  const ofSdks = { targets, keys, sessions, hub, intake, overrides }
  const killSwitch = await assembleKillSwitch(config, stores, { projects, log })
  return { config, stores, ...core, killSwitch, ...ofSdks, ...reports, ...clocks, ...ofRequests }
}

/** Forgets streams and confirmations of logs that are deleted or lose changes. */
function forgetLogs({
  projects,
  hub,
  propagation,
}: Pick<Services, 'projects' | 'hub' | 'propagation'>) {
  projects.onDeleted((project) => {
    hub.endProject(project)
    propagation.forget(project)
  })
  projects.onReloaded(({ key }) => propagation.forgetCommits(key))
}

function assembleProjects(
  { log, readOnly }: Stores,
  now: () => number,
  onListenerError: (error: unknown) => void,
) {
  return openProjects({
    log,
    readOnly,
    now,
    policies: [runningRollouts, pausedInstances, protectedEnvironments, freezePolicy(now)],
    onListenerError,
  })
}

/** Assembles the kill switch, after the kills that an earlier process has left. */
async function assembleKillSwitch(
  { dataDir }: Config,
  stores: Stores,
  { projects, log }: Pick<Services, 'projects' | 'log'>,
) {
  const warn = (message: string) => log.warn(message)
  const journal = dataDir === ':memory:' ? undefined : createKillJournal(dataDir, warn)
  const parts = { projects, log: stores.log, journal, warn }
  await recoverKills(parts)
  return createKillSwitch(parts)
}

function assembleDelivery(
  config: Config,
  stores: Stores,
  {
    log,
    ...services
  }: Pick<Services, 'projects' | 'rollouts' | 'sharedPropagation' | 'log' | keyof Clocks>,
) {
  const readReport = createDailyReport({ ...services, stores })
  return createDelivery(config, stores, {
    ...services,
    readReport,
    warn: (message) => log.warn(message),
    onError: reportTo(log, 'Notifications failed; the server retries them.'),
  })
}

/** Assembles the limits of the reports of SDKs. */
function assembleLimits(
  config: Config,
  { log, serverShare, ...clocks }: Pick<Services, 'log' | 'serverShare' | keyof Clocks>,
) {
  const { elapsed } = clocks
  const shareOf = serverShare.of
  return {
    quota: createReportQuota({
      limits: quotaLimits(config),
      clocks,
      shareOf,
      onExceeded: (excess) => warnOfExcess(log, excess, EXCESS_HINT),
    }),
    unitBudget: createUnitBudget({ unitsPerDay: config.clientUnits, elapsed, shareOf }),
    unitSamples: createUnitSamples({ unitsPerHour: sampleLimits(config), elapsed, shareOf }),
  }
}

function assembleRollouts({
  telemetry,
  log,
  ...parts
}: Omit<EngineParts, 'closedIn' | 'onError' | 'onTick'> & Pick<Services, 'telemetry' | 'log'>) {
  const ticks = telemetry.histogram(
    {
      name: 'flaghoist.rollout_tick.duration',
      unit: 's',
      description: 'Duration of the ticks that judge and advance all rollouts',
    },
    DURATIONS,
  )
  const errors = telemetry.counter({
    name: 'flaghoist.rollout_errors',
    unit: '{error}',
    description: 'Failures of the rollout engine; it retries each',
  })
  const [record, failed] = [ticks.recorder(), errors.cell()]
  const report = reportTo(log, 'The rollout engine failed; it retries the rollout.')
  return createRolloutEngine({
    ...parts,
    closedIn: ({ state }, scope, at) => closedReason(state, scope, at),
    onTick: (ms) => record(ms / 1_000),
    onError(error) {
      failed.value += 1
      report(error)
    },
  })
}
