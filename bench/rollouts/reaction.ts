import { setTimeout as wait } from 'node:timers/promises'
import type { Ruleset } from '@flaghoist/core'
import { createFlags, type Flags } from '@flaghoist/node'
import type { FlaghoistServer } from '../server.ts'
import { type FleetSize, flagName, instanceName, statesOf } from './fleet.ts'
import { makeReport, REGRESSION, type Served } from './reports.ts'

/** An instance with SDKs, all of which have to leave the new path. */
export interface Shop {
  readonly key: string
  readonly sdks: readonly Flags[]
  readonly ruleset: Ruleset
}

const SDKS_PER_SHOP = 5

/** Connects SDKs of one instance, whose rollouts have begun. */
export async function openShop(server: FlaghoistServer, index: number): Promise<Shop> {
  const key = await server.makeKey(`production/${instanceName(index)}`)
  const sdks = Array.from({ length: SDKS_PER_SHOP }, () => createFlags({ url: server.url, key }))
  await Promise.all(sdks.map((sdk) => sdk.ready()))
  const ruleset = await server.ask<Ruleset>('GET', '/sdk/v1/ruleset', undefined, key)
  return { key, sdks, ruleset }
}

/** Returns the configuration of a flag that a shop serves. */
export function servedIn({ ruleset }: Shop, flag: string): Served {
  return { flag, revision: ruleset.flags[flag]!.revision }
}

/** The result of one regression. */
export interface Reaction {
  /** From the request of the report to the last SDK on the old path, ms. */
  readonly ms: number
  /** Runs of other instances that were rolled back. Those whose users have left are on hold. */
  readonly others: number
}

/** Reports a regression of a flag in a shop, and waits until its SDKs serve the old path. */
export async function regress(
  server: FlaghoistServer,
  shop: Shop,
  flag: number,
  size: FleetSize,
): Promise<Reaction> {
  const name = flagName(flag)
  const report = makeReport(servedIn(shop, name), REGRESSION)
  const left = Promise.all(shop.sdks.map((sdk) => oldPath(sdk, name)))
  // The moment of a report must not depend on the last tick of the engine.
  await wait(Math.random() * 1_000)
  const began = performance.now()
  await send(server, shop.key, report)
  await left
  const ms = performance.now() - began
  const { 'rolled-back': rolledBack = 0 } = await statesOf(server, name, size)
  return { ms, others: rolledBack - 1 }
}

/** Resolves once an SDK serves the old path of a flag to every user. */
function oldPath(sdk: Flags, flag: string): Promise<void> {
  const isOld = () =>
    PROBES.every((context) => sdk.details(flag, false, context).flagMetadata.arm !== 'treatment')
  if (isOld()) throw new Error(`No probe is on the new path of ${flag}.`)
  return new Promise((resolve) => {
    const leave = sdk.on('change', () => {
      if (!isOld()) return
      leave()
      resolve()
    })
  })
}

const PROBES = Array.from({ length: 200 }, (_, i) => ({ targetingKey: `user-${i}` }))

/** Sends a report with the key of a shop. @throws {Error} unless it is accepted */
export async function send({ url }: FlaghoistServer, key: string, body: string): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const response = await fetch(`${url}/sdk/v1/events`, { method: 'POST', headers, body })
  if (!response.ok) throw new Error(`The report was refused: ${await response.text()}`)
  await response.arrayBuffer()
}
