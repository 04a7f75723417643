import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isSampled } from '@flaghoist/core/internal'
import { compile } from '@flaghoist/core/model'
import { scopeAlpha } from '@flaghoist/health'
import { createCountsReader } from '../../packages/server/src/health/counts-reader.ts'
import { judgeCounts } from '../../packages/server/src/health/judge-counts.ts'
import { createIngest } from '../../packages/server/src/ingest/create-ingest.ts'
import { createReportQuota } from '../../packages/server/src/ingest/report-quota.ts'
import { samplesOfTarget } from '../../packages/server/src/ingest/samples-of-target.ts'
import { createUnitBudget } from '../../packages/server/src/ingest/unit-budget.ts'
import { createUnitSamples, sampleLimits } from '../../packages/server/src/ingest/unit-samples.ts'
import { openSqliteStores } from '../../packages/server/src/stores/sqlite/sqlite-stores.ts'
import { startOfMinute } from '../../packages/server/src/time.ts'
import { BASE, givenShop, on, writeOf } from '../../packages/server/test/shop.ts'
import type { User } from './crowd.ts'
import { batchOf } from './report.ts'

/** Part of the users that are treated, in buckets. */
export const SHARE = 10_000
export const SALT = 'scale'

const TARGET = { project: 'shop', scope: 'production', audience: 'server' } as const
const FLAG = { flag: 'theme', scope: TARGET.scope } as const
const ROLLOUT = { by: 'targetingKey', salt: SALT, share: SHARE, serve: { variant: 'on' } } as const
/** Units per day of a client key, which is not used. */
const CLIENT_UNITS = 5_000_000
const unlimited = { eventsPerMinute: Number.POSITIVE_INFINITY, cellsPerMinute: undefined }

/** The ingestion and the verdicts of a server whose clock the caller sets. */
export interface CountingServer {
  /** Records what an SDK reports of users who came, and of those who came some time ago. */
  report(users: readonly User[], alive: readonly User[]): Promise<void>
  /** Returns the users that an SDK of this version would report. */
  sampled(users: readonly User[]): readonly User[]
  isRegressed(): Promise<boolean>
  /** Returns the numbers of stored users. */
  stored(): Promise<{ treatment: number; control: number }>
  /** Returns the size of the database. */
  stop(): Promise<number>
}

/** @param now simulated time, epoch ms */
export async function startCountingServer(
  sampleUnits: number,
  now: () => number,
): Promise<CountingServer> {
  const folder = mkdtempSync(join(tmpdir(), 'flaghoist-scale-'))
  const stores = openSqliteStores(folder)
  const { projects } = await givenShop(stores)
  await projects.commit(
    ...writeOf([
      on('theme', TARGET.scope, { ...BASE, fallthrough: { variant: 'off' }, rollout: ROLLOUT }),
    ]),
  )
  const { state, epoch } = projects.get(TARGET.project)
  const ruleset = compile(state, { ...TARGET, epoch })
  const { revision } = ruleset.flags.theme!
  const limits = { sampleUnits, clientUnits: CLIENT_UNITS }
  const unitSamples = createUnitSamples({ unitsPerHour: sampleLimits(limits), elapsed: now })
  const ingest = createIngest({ projects, stores, now, unitSamples, ...withoutLimits(now) })
  const reader = createCountsReader(stores.events, now)
  const units = { project: TARGET.project, ...FLAG, arm: 'treatment' } as const
  let reports = 0

  return {
    async report(users, alive) {
      reports += 1
      const minute = startOfMinute(now())
      const cell = { flag: FLAG.flag, revision, minute }
      const batch = batchOf(`report-${reports}`, cell, users, alive)
      const sdk = { id: 'bench', name: 'bench/1' }
      const sender = { sdk, batch, sentAt: now(), target: TARGET, address: '', ruleset }
      await ingest({ keyId: 'bench' }, sender)
    },
    sampled(users) {
      const oneIn = samplesOfTarget({ target: TARGET, ruleset, state, samples: unitSamples })
      const own = oneIn[`${FLAG.flag}@`] ?? 1
      return own === 1 ? users : users.filter(({ unit }) => isSampled(unit, own))
    },
    async isRegressed() {
      const counts = await reader.read(state, units)
      const terms = { alpha: scopeAlpha({ scopes: 1 }), oneIn: 1, tallies: counts.tallies }
      return (
        judgeCounts({ state, ...FLAG, counts, ...terms, now: now() }).judged.state === 'regressed'
      )
    },
    async stored() {
      const { rows } = await reader.read(state, units)
      const of = (arm: string) =>
        rows.reduce((sum, row) => sum + (row.arm === arm ? row.exposed : 0), 0)
      return { treatment: of('treatment'), control: of('control') }
    },
    async stop() {
      await stores.close()
      const { size } = statSync(join(folder, 'flaghoist.db'))
      rmSync(folder, { recursive: true })
      return size
    },
  }
}

/** The parts of the ingestion that do not matter here. */
function withoutLimits(now: () => number) {
  return {
    quota: createReportQuota({
      limits: { client: unlimited, server: unlimited },
      clocks: { now, elapsed: now },
      onExceeded: () => undefined,
    }),
    unitBudget: createUnitBudget({ unitsPerDay: CLIENT_UNITS, elapsed: now }),
    freeSpace: { check: async () => ({ bytes: undefined, isEnough: true }) },
    config: { minFreeBytes: 0 },
    sinks: { publish: () => undefined, close: async () => undefined },
  }
}
