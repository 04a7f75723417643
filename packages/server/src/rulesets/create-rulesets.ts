import { createDigester, diff } from '@flaghoist/core'
import { type Compiler, createCompiler } from '@flaghoist/core/model'
import type { Changes, LiveProject } from '../changes/changes.ts'
import { publish } from './published.ts'
import type { Address, PublishedRuleset, Rulesets, RulesetUpdate } from './rulesets.ts'

/** Addresses kept compiled although nobody watches them; the one asked longest ago goes first. */
const MOST_UNWATCHED = 1_000

interface Entry {
  readonly address: Address
  readonly digest: ReturnType<typeof createDigester>
  readonly listeners: Set<(update: RulesetUpdate) => void>
  compile: Compiler
  epoch: string
  published: PublishedRuleset
}

/** Keeps the rulesets of all addresses that are watched, or were asked for lately, in step with the changes. */
export function createRulesets(changes: Changes): Rulesets {
  const entries = new Map<string, Entry>()

  const entryOf = (address: Address): Entry => {
    const name = nameOf(address)
    const entry = entries.get(name) ?? createEntry(address, changes.project(address.project))
    entries.delete(name)
    entries.set(name, entry) // At the end: the map is in order of use.
    if (entries.size > MOST_UNWATCHED) forgetOldest(entries)
    return entry
  }
  const watched = (project: string) =>
    [...entries.values()].filter(
      ({ address, listeners }) => address.project === project && listeners.size > 0,
    )

  changes.onChange((project) => {
    for (const entry of watched(project.key)) {
      const before = entry.published.ruleset
      refresh(entry, project)
      tell(entry, { patch: diff(before, entry.published.ruleset), published: entry.published })
    }
  })
  changes.onEpoch((project) => {
    for (const entry of watched(project.key)) {
      refresh(entry, project)
      tell(entry, { patch: undefined, published: entry.published })
    }
  })

  return {
    current(address) {
      const entry = entryOf(address)
      const project = changes.project(address.project)
      const { ruleset } = entry.published
      if (ruleset.version !== project.state.version || entry.epoch !== project.epoch)
        refresh(entry, project)
      return entry.published
    },

    watch(address, listener) {
      this.current(address) // Patches start from here.
      const { listeners } = entryOf(address)
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function createEntry(address: Address, project: LiveProject): Entry {
  const compile = createCompiler({ ...address, epoch: project.epoch })
  const digest = createDigester()
  const published = publish(compile(project.state), digest)
  return { address, digest, listeners: new Set(), compile, epoch: project.epoch, published }
}

function refresh(entry: Entry, { epoch, state }: LiveProject): void {
  if (entry.epoch !== epoch) {
    entry.compile = createCompiler({ ...entry.address, epoch })
    entry.epoch = epoch
  }
  entry.published = publish(entry.compile(state), entry.digest)
}

function tell({ listeners }: Entry, update: RulesetUpdate): void {
  for (const listener of listeners) listener(update)
}

function forgetOldest(entries: Map<string, Entry>): void {
  for (const [name, { listeners }] of entries)
    if (listeners.size === 0) {
      entries.delete(name)
      return
    }
}

function nameOf({ project, scope, audience }: Address): string {
  return `${audience} ${project} ${scope}`
}
