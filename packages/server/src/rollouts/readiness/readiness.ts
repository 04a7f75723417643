import { callOf } from '../../flags/call-of.ts'
import type { ReadinessFacts, ScopeFacts } from './facts.ts'
import type { ReadinessItem } from './schemas.ts'

type Check = (facts: ReadinessFacts) => Omit<ReadinessItem, 'check'>

/** Returns the checklist of a rollout. An item that is not met has a fix. */
export function readinessOf(facts: ReadinessFacts): readonly ReadinessItem[] {
  return Object.entries(CHECKS).map(([check, judge]) => {
    const { isMet, text, fix } = judge(facts)
    return { check: check as ReadinessItem['check'], isMet, text, ...(!isMet && { fix }) }
  })
}

const CHECKS: Readonly<Record<ReadinessItem['check'], Check>> = {
  'sdks-connected': ({ path, scopes }) => {
    const missing = scopes.filter(({ sdks }) => sdks.length === 0)
    return inScopes(missing, 'An SDK is connected in every scope.', {
      text: (names) => `No SDK is connected in ${names}.`,
      fix: `Start an application with a key of the scope. GET ${path}/propagation lists the SDKs.`,
    })
  },
  'outcomes-reported': ({ scopes }) => {
    const without = scopes.filter(({ sdks }) => sdks.length > 0 && !sdks.some(reportsOutcomes))
    return inScopes(without, 'The connected SDKs report outcomes.', {
      text: (names) => `Only SDKs that report no outcomes are connected in ${names}.`,
      fix: 'Use @flaghoist/node, @flaghoist/browser or @flaghoist/svelte there.',
    })
  },
  'old-path-exercised': ({ flag, from, scopes }) => {
    const without = scopes.filter(({ oldServed }) => oldServed === 0)
    const old = from === undefined ? "the caller's fallback" : `"${from}"`
    return inScopes(without, `Every scope served ${old} within 24 hours.`, {
      text: (names) => `No evaluation served ${old} within 24 hours in ${names}.`,
      fix: `Deploy the code that evaluates the flag: ${callOf(flag)}.`,
    })
  },
  'metrics-defined': ({ path, metrics }) => ({
    isMet: metrics > 0,
    text:
      metrics > 0
        ? `${count(metrics, 'metric')} will judge the rollout.`
        : 'No metric would judge the rollout.',
    fix: `POST ${path}/metrics {"key": "checkout-ms", "kind": "measurement", "role": "guardrail"}`,
  }),
  'metrics-arriving': ({ scopes }) => {
    const silent = scopes.filter(({ silentMetrics }) => silentMetrics.length > 0)
    const keys = [...new Set(silent.flatMap(({ silentMetrics }) => silentMetrics))]
    return inScopes(silent, 'Every metric that must be sent arrived within 7 days.', {
      text: (names) =>
        `No outcome of ${listOf(keys)} arrived within 7 days from ${names}. Only users of a split or a rollout report outcomes.`,
      fix: `Call flags.for(context).track("${keys[0]}") after an evaluation of a flag with a split or a rollout.`,
    })
  },
  'not-frozen': ({ scopes }) => {
    const closed = scopes.flatMap(({ closed: reason }) => reason?.text ?? [])
    return {
      isMet: closed.length === 0,
      text:
        closed.length === 0
          ? 'No freeze applies, and every instance is within its business hours.'
          : closed.slice(0, SHOWN).join(' '),
      fix: 'Wait, or start now: the rollout waits there by itself.',
    }
  },
  'prerequisites-on': ({ path, environment, scopes }) => {
    const without = scopes.filter(({ unmet }) => unmet.length > 0)
    const keys = [...new Set(without.flatMap(({ unmet }) => unmet))]
    return inScopes(without, 'Every prerequisite is on.', {
      text: (names) => `${listOf(keys)} must be on first in ${names}.`,
      fix: `PATCH ${path}/flags/${keys[0]}/layers/${environment} {"on": true}`,
    })
  },
  'owner-set': ({ path, flag }) => ({
    isMet: flag.owner !== '',
    text: flag.owner === '' ? 'The flag has no owner.' : `The owner is ${flag.owner}.`,
    fix: `PATCH ${path}/flags/${flag.key} {"owner": "team-checkout"}`,
  }),
  'removal-planned': ({ path, flag }) => ({
    isMet: flag.permanent || flag.expectedRemovalAt !== undefined,
    text: removalText(flag),
    fix: `PATCH ${path}/flags/${flag.key} {"expectedRemovalAt": "2027-03-01T00:00:00Z"}`,
  }),
  'no-rollout': ({ path, inProgress }) => ({
    isMet: inProgress === undefined,
    text:
      inProgress === undefined
        ? 'No other rollout of the flag is in progress.'
        : `The rollout "${inProgress}" is in progress.`,
    fix: `Wait for its end, or POST ${path}/rollouts/${inProgress}/abort {"leave": false}`,
  }),
  'not-killed': ({ path, flag, scopes }) => {
    const killed = scopes.filter(({ isKilled }) => isKilled)
    return inScopes(killed, 'The flag is not killed.', {
      text: (names) => `The flag is killed in ${names}.`,
      fix: `POST ${path}/flags/${flag.key}/restore {"scopes": ${JSON.stringify(killed.map(({ scope }) => scope))}}`,
    })
  },
}

/** The number of names that a sentence lists. */
const SHOWN = 5

function inScopes(
  scopes: readonly ScopeFacts[],
  met: string,
  unmet: { text(names: string): string; fix: string },
): ReturnType<Check> {
  const names = listOf(scopes.map(({ scope }) => scope))
  return {
    isMet: scopes.length === 0,
    text: scopes.length === 0 ? met : unmet.text(names),
    fix: unmet.fix,
  }
}

/** The SDKs of the project report outcomes; OFREP clients and others only evaluate. */
function reportsOutcomes(name: string): boolean {
  return name.startsWith('@flaghoist/')
}

function removalText({ permanent, expectedRemovalAt }: ReadinessFacts['flag']): string {
  if (permanent) return 'The flag is permanent.'
  if (expectedRemovalAt === undefined) return 'The flag has no date of removal.'
  return `The flag is due for removal on ${expectedRemovalAt.slice(0, 10)}.`
}

function listOf(names: readonly string[]): string {
  const [shown, more] = [names.slice(0, SHOWN).join(', '), names.length - SHOWN]
  return more > 0 ? `${shown} and ${more} more` : shown
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
