import { problem } from '../../errors.ts'
import type { ChangeLog, LogHead } from '../change-log.ts'
import { changeText } from '../change-text.ts'
import type { Fence } from '../leases.ts'
import {
  hashMember,
  headOfDeleted,
  newEpoch,
  parseChanges,
  positionBefore,
  requireEnd,
  requireHead,
  requireLog,
} from '../log-rules.ts'
import type { LogWatch } from '../log-watch.ts'
import { createMemoryReceipts, dropReceipts, type ReceiptMemory } from './memory-receipts.ts'

/** Logs and receipts, shared by all users of one memory. */
export interface LogMemory {
  readonly logs: Map<string, MemoryLog>
  readonly receipts: ReceiptMemory
  /** Watches of all users of the memory. */
  readonly watches: Set<LogWatch>
}

interface MemoryLog extends LogHead {
  version: number
  /** JSON text of change `seq` at index `seq - 1`. An appended text never changes. */
  readonly changes: string[]
  checkpoint: readonly string[]
}

export function createLogMemory(): LogMemory {
  return { logs: new Map(), receipts: new Map(), watches: new Set() }
}

export interface MemoryChangeLogOptions {
  readonly memory: LogMemory
  readonly watch: LogWatch
  /** Deletes everything else that the memory holds for a project. */
  readonly drop: (project: string) => void
  /** Throws for the fence of an earlier grant. */
  readonly checkFence: (fence: Fence | undefined) => void
}

/** The change log of one user of the memory. The owner of the watch ends it. */
export function createMemoryChangeLog({
  memory,
  watch: { watch },
  drop,
  checkFence,
}: MemoryChangeLogOptions): ChangeLog {
  const { logs, receipts, watches } = memory
  const announce = (head: LogHead) => {
    for (const watcher of watches) watcher.announce(head)
  }
  const ofReceipts = createMemoryReceipts(receipts)

  const append: ChangeLog['append'] = async (name, change, { receipt, fence } = {}) => {
    const log = requireLog(name, logs.get(name.project))
    checkFence(fence)
    requireEnd(log, positionBefore(change), endOf(log))
    log.changes.push(changeText(change))
    log.version = change.seq
    if (receipt !== undefined) await ofReceipts.keepReceipt(log.project, receipt)
    announce(headOf(log))
  }

  return {
    heads: async () => headsOf(logs),

    async head(project) {
      const log = logs.get(project)
      return log && headOf(log)
    },

    async create(project, epoch = newEpoch()) {
      if (logs.has(project)) throw problem('PROJECT_EXISTS', { project })
      const log = { project, epoch, version: 0, changes: [], checkpoint: [] }
      logs.set(project, log)
      return headOf(log)
    },
    async fill(name, changes) {
      requireHead({ ...name, version: 0 }, logs.get(name.project))
      logs.get(name.project)?.changes.push(...changes.map(changeText))
    },
    async finish(head) {
      const log = requireLog(head, logs.get(head.project))
      requireHead({ ...head, version: 0 }, log)
      log.version = head.version
      announce(headOf(log))
    },

    append,
    appendUrgent: append,

    async confirm(name, end, receipt) {
      const log = requireLog(name, logs.get(name.project))
      requireEnd(log, end, endOf(log))
      if (receipt !== undefined) await ofReceipts.keepReceipt(log.project, receipt)
    },

    async delete(head) {
      const { project } = head
      requireHead(head, logs.get(project))
      logs.delete(project)
      dropReceipts(receipts, project)
      drop(project)
      announce(headOfDeleted(head))
    },

    async read(project, after, limit) {
      const changes = logs.get(project)?.changes.slice(after, after + limit) ?? []
      const rows = changes.map((change, i) => ({ seq: after + i + 1, change }))
      return parseChanges(project, rows)
    },

    ...createMemoryCheckpoints(logs),
    ...ofReceipts,
    watch,
  }
}

function createMemoryCheckpoints(
  logs: LogMemory['logs'],
): Pick<ChangeLog, 'checkpoint' | 'keepCheckpoint'> {
  return {
    checkpoint: async (project) => logs.get(project)?.checkpoint ?? [],
    async keepCheckpoint({ project, epoch }, texts) {
      const log = logs.get(project)
      if (log?.epoch === epoch) log.checkpoint = texts
    },
  }
}

/** Returns a check of the hash of a log's last change. */
function endOf({ changes }: MemoryLog) {
  return (hash: string) => changes.at(-1)?.includes(hashMember(hash)) ?? false
}

function headsOf(logs: LogMemory['logs']): readonly LogHead[] {
  return [...logs.values()].map(headOf).sort((a, b) => (a.project < b.project ? -1 : 1))
}

function headOf({ project, epoch, version }: MemoryLog): LogHead {
  return { project, epoch, version }
}
