interface Destination {
  readonly path: string
  readonly title: string
  /** Second key after `g`. */
  readonly key?: string
}

interface DestinationGroup {
  /** Absent for the first group. */
  readonly title?: string
  readonly destinations: readonly Destination[]
}

/** The screens of the rail, which the palette and the keys open too. */
export const NAVIGATION: readonly DestinationGroup[] = [
  {
    destinations: [
      { path: '/', title: 'Home', key: 'h' },
      { path: '/flags', title: 'Flags', key: 'f' },
      { path: '/rollouts', title: 'Rollouts', key: 'r' },
      { path: '/report', title: 'Report', key: 'p' },
      { path: '/instances', title: 'Instances', key: 'i' },
      { path: '/drift', title: 'Drift', key: 'd' },
      { path: '/log', title: 'Log', key: 'l' },
      { path: '/connections', title: 'Connections', key: 'c' },
      { path: '/try', title: 'Try a context', key: 'y' },
    ],
  },
  {
    title: 'Set up',
    destinations: [
      { path: '/segments', title: 'Segments' },
      { path: '/plans', title: 'Plans' },
      { path: '/rollout-metrics', title: 'Metrics' },
      { path: '/stale', title: 'Stale flags' },
      { path: '/freezes', title: 'Freezes' },
      { path: '/notifications', title: 'Notifications' },
      { path: '/keys', title: 'Keys' },
      { path: '/settings', title: 'Settings' },
      { path: '/start', title: 'First steps' },
    ],
  },
]
