import type { Services } from '../services.ts'

/** Counts and logs the projects whose store has lost changes, such as in a failover of Redis. */
export function observeReloads({
  projects,
  telemetry,
  log,
}: Pick<Services, 'projects' | 'telemetry' | 'log'>): void {
  const reloads = telemetry
    .counter({
      name: 'flaghoist.log_reloads',
      unit: '{reload}',
      description: 'Projects read anew because their store had lost changes',
    })
    .cell()
  projects.onReloaded(({ key, hash, state }, { before, kept }) => {
    reloads.value += 1
    const lost = { first: kept + 1, last: before.version }
    log.error(
      { project: key, lost, version: state.version, hash },
      'The store has lost acknowledged changes, and the project was read anew. Repeat the lost changes, kills first.',
    )
  })
}
