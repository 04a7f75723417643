import { createDigester, diff } from '@flaghoist/core'
import { type Compiler, createCompiler } from '@flaghoist/core/model'
import type { Changes, LiveProject } from '../projects/projects.ts'
import { publish } from './published.ts'
import {
  type Address,
  addressName,
  type PublishedRuleset,
  type Rulesets,
  type RulesetUpdate,
} from './rulesets.ts'

/** Addresses kept compiled although nobody watches them; the one asked longest ago goes first. */
const MOST_IDLE = 1_000

type Listener = (update: RulesetUpdate) => void

interface Entry {
  readonly address: Address
  readonly digest: ReturnType<typeof createDigester>
  readonly listeners: Set<Listener>
  compile: Compiler
  epoch: string
  published: PublishedRuleset
  /** Ends its following of the changes, which it does while it has listeners. */
  unfollow: () => void
}

/** Keeps the rulesets of all addresses that are watched, or were asked for lately, in step with the changes. */
export function createRulesets(changes: Changes): Rulesets {
  const watched = new Map<string, Entry>()
  /** In order of use. */
  const idle = new Map<string, Entry>()

  const keepIdle = (name: string, entry: Entry) => {
    idle.delete(name)
    idle.set(name, entry)
    if (idle.size > MOST_IDLE) idle.delete(idle.keys().next().value!)
  }
  const entryOf = (address: Address): Entry => {
    const name = addressName(address)
    const project = changes.project(address.project)
    const entry = watched.get(name) ?? idle.get(name) ?? createEntry(address, project)
    if (entry.listeners.size === 0) keepIdle(name, entry)
    // A commit is seen here a moment before its listeners are told. Whoever watches is told now, and then not again.
    advance(entry, project)
    return entry
  }

  return {
    current: (address) => entryOf(address).published,

    watch(address, listener) {
      const name = addressName(address)
      const entry = entryOf(address)
      if (entry.listeners.size === 0) entry.unfollow = follow(changes, entry)
      idle.delete(name)
      watched.set(name, entry)
      entry.listeners.add(listener)

      return () => {
        if (!entry.listeners.delete(listener) || entry.listeners.size > 0) return
        entry.unfollow()
        watched.delete(name)
        keepIdle(name, entry)
      }
    },
  }
}

function createEntry(address: Address, { epoch, state }: LiveProject): Entry {
  const compile = createCompiler({ ...address, epoch })
  const digest = createDigester()
  const published = publish(compile(state), digest)
  return { address, digest, listeners: new Set(), compile, epoch, published, unfollow: () => {} }
}

/** Each address by itself: one that cannot be compiled does not keep a kill from the others. */
function follow(changes: Changes, entry: Entry): () => void {
  const go = (project: LiveProject) => {
    if (project.key === entry.address.project) advance(entry, project)
  }
  const ends = [changes.onChange(go), changes.onEpoch(go)]
  return () => {
    for (const end of ends) end()
  }
}

/** Brings an address to the project's version, and tells its listeners how. */
function advance(entry: Entry, { epoch, state }: LiveProject): void {
  const { ruleset: before } = entry.published
  const isRenewed = entry.epoch !== epoch
  if (!isRenewed && before.version === state.version) return

  if (isRenewed) entry.compile = createCompiler({ ...entry.address, epoch })
  entry.epoch = epoch
  entry.published = publish(entry.compile(state), entry.digest)
  const { published } = entry
  if (entry.listeners.size === 0) return
  const patch = isRenewed ? undefined : diff(before, published.ruleset)
  for (const listener of entry.listeners) listener({ patch, published })
}
