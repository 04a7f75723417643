/** The actions of people, as the API offers them. */
export const ACTIONS = {
  pause: {
    summary: 'Pause a rollout, or runs of it',
    description: 'Nothing begins and nothing advances. Regressions are still rolled back.',
  },
  resume: {
    summary: 'Resume a rollout, or runs of it',
    description:
      'Continues at the same step. A run that is held because its layer changed or its flag was killed needs its scope named: the layer is written again.',
  },
  advance: {
    summary: 'Advance runs by one step',
    description: 'Begins a waiting run, or goes to the next step without waiting for its gate.',
  },
  finish: {
    summary: 'Finish runs now',
    description: 'Serves the new variant to all users of their scopes.',
  },
  rollback: {
    summary: 'Roll back runs',
    description:
      'Restores what the rollout found in their scopes, at once. Freezes and protection do not delay it.',
  },
  quarantine: {
    summary: 'Quarantine runs',
    description: 'Restores their scopes, and keeps them on the old variant while the others go on.',
  },
  retry: {
    summary: 'Retry runs',
    description:
      'Starts runs that were rolled back, skipped or quarantined again, with other units.',
  },
  skip: {
    summary: 'Skip runs',
    description: 'Restores their scopes, and leaves them out of the rollout.',
  },
  adopt: {
    summary: 'Adopt changed layers',
    description:
      'Continues runs whose layers a person has changed. A later rollback restores the changed layers.',
  },
} as const

export type RolloutAction = keyof typeof ACTIONS
