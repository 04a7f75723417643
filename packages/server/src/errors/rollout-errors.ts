/** The errors of rollouts, their runs and their waves. */
export const rolloutErrors = {
  ROLLOUT_OVERLAPS: {
    status: 409,
    message: 'The rollout "{rollout}" of flag "{flag}" is in progress in "{environment}".',
    hint: 'Wait for its end, or abort it: POST …/rollouts/{rollout}/abort.',
  },
  ROLLOUT_UNSUITABLE: {
    status: 422,
    message: 'Flag "{flag}" cannot be rolled out: {cause}.',
    hint: 'Change the flag or the request.',
  },
  ROLLOUT_RUNNING: {
    status: 409,
    message: 'The rollout "{rollout}" in progress needs the {entity}.',
    hint: 'Wait for its end, or abort it: POST …/rollouts/{rollout}/abort.',
  },
  ROLLOUT_ENDED: {
    status: 409,
    message: 'The rollout "{rollout}" has ended: {status}.',
    hint: 'Start a new rollout: POST …/rollouts.',
  },
  RUN_NOT_STARTED: {
    status: 404,
    message: 'The rollout "{rollout}" has not begun in "{scope}". {cause}.',
    hint: 'List its waves and their scopes: GET …/rollouts/{rollout}.',
  },
  RUN_CHANGED_BY_HAND: {
    status: 409,
    message: 'A person changed the layers of {scopes} during the rollout.',
    hint: 'Use "adopt" to continue from them, or "resume" to put the rollout back.',
  },
  WAVE_EMPTY: {
    status: 422,
    message: 'Wave "{wave}" selects no instance.',
    hint: 'Correct its keys or tags, or tag the instances first.',
  },
} as const
