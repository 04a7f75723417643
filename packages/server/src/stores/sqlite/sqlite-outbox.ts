import type { DatabaseSync } from 'node:sqlite'
import type { Delivery, Outbox } from '../outbox.ts'
import { transaction } from './sqlite-database.ts'
import { guard } from './sqlite-errors.ts'
import { createFenceCheck } from './sqlite-leases.ts'
import type { Reserve } from './sqlite-reserve.ts'

export function createSqliteOutbox(database: DatabaseSync, reserve: Reserve): Outbox {
  const sql = outboxStatements(database)
  const checkFence = createFenceCheck(database)
  const write = (work: () => void) => {
    reserve.require()
    guard(() => transaction(database, work))
  }
  const read = (rows: () => unknown) => (guard(rows) as readonly DeliveryRow[]).map(deliveryOf)

  return {
    async cursor(project) {
      const row = guard(() => sql.cursor.get(project)) as { seq: number } | undefined
      return row?.seq ?? 0
    },
    record: async ({ project, epoch }, { cursor, deliveries }, fence) =>
      write(() => {
        checkFence(fence)
        if (sql.log.get(project, epoch) === undefined) return
        for (const delivery of deliveries)
          sql.add.run(project, ...identityOf(delivery), ...stateOf(delivery))
        sql.advance.run(project, cursor)
      }),
    pending: async (project, subscription) => read(() => sql.pending.all(project, subscription)),
    latest: async (project, subscription, limit) =>
      read(() => sql.latest.all(project, subscription, limit)),
    find: async (project, id) => read(() => sql.find.all(project, id))[0],
    update: async (project, deliveries, fence) =>
      write(() => {
        checkFence(fence)
        for (const delivery of deliveries)
          sql.update.run(...stateOf(delivery), project, delivery.id)
      }),
    async prune({ before, perSubscription }) {
      guard(() =>
        transaction(database, () => {
          sql.pruneOld.run(before)
          sql.pruneMany.run(perSubscription)
        }),
      )
    },
  }
}

const COLUMNS = 'id, subscription, seq, at, notice, state, attempts, due, attempted, status, error'

function outboxStatements(database: DatabaseSync) {
  const select = (rest: string) =>
    database.prepare(`SELECT ${COLUMNS} FROM deliveries WHERE project = ? AND ${rest}`)
  return {
    log: database.prepare('SELECT 1 FROM logs WHERE project = ? AND epoch = ?'),
    cursor: database.prepare('SELECT seq FROM outbox_cursors WHERE project = ?'),
    advance: database.prepare(
      `INSERT INTO outbox_cursors (project, seq) VALUES (?, ?)
       ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)`,
    ),
    add: database.prepare(
      `INSERT INTO deliveries (project, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
    ),
    pending: select(`subscription = ? AND state = 'pending' ORDER BY seq, id`),
    latest: select('subscription = ? ORDER BY seq DESC, id DESC LIMIT ?'),
    find: select('id = ?'),
    update: database.prepare(
      `UPDATE deliveries SET state = ?, attempts = ?, due = ?, attempted = ?, status = ?, error = ?
       WHERE project = ? AND id = ?`,
    ),
    pruneOld: database.prepare(`DELETE FROM deliveries WHERE state <> 'pending' AND at < ?`),
    pruneMany: database.prepare(
      `DELETE FROM deliveries WHERE (project, id) IN (
         SELECT project, id FROM (
           SELECT project, id, row_number() OVER (
             PARTITION BY project, subscription ORDER BY seq DESC, id DESC
           ) AS place FROM deliveries WHERE state <> 'pending'
         ) WHERE place > ?
       )`,
    ),
  }
}

interface DeliveryRow {
  readonly id: string
  readonly subscription: string
  readonly seq: number
  readonly at: number
  readonly notice: string
  readonly state: Delivery['state']
  readonly attempts: number
  readonly due: number
  readonly attempted: number | null
  readonly status: number | null
  readonly error: string | null
}

function deliveryOf({ due, attempted, status, error, ...row }: DeliveryRow): Delivery {
  return {
    ...row,
    dueAt: due,
    ...(attempted !== null && { attemptedAt: attempted }),
    ...(status !== null && { status }),
    ...(error !== null && { error }),
  }
}

function identityOf({ id, subscription, seq, at, notice }: Delivery) {
  return [id, subscription, seq, at, notice] as const
}

/** The members that an attempt changes. */
function stateOf({ state, attempts, dueAt, attemptedAt, status, error }: Delivery) {
  return [state, attempts, dueAt, attemptedAt ?? null, status ?? null, error ?? null] as const
}
