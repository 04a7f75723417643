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
    ],
  },
  {
    title: 'Set up',
    destinations: [{ path: '/start', title: 'First steps' }],
  },
]
