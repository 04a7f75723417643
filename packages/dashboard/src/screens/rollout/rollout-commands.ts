import type { Command } from '../../keys/commands.svelte.ts'
import type { RunAction } from '../../rollouts/rollout-requests.ts'
import { ACTIONS } from '../../rollouts/run-texts.ts'

interface Acts {
  /** Opens the dialog of an action on the focused instance. */
  readonly ask: (action: RunAction) => void
  readonly togglePause: () => void
  /** Focuses the next or previous instance by badness. */
  readonly focusNext: (step: 1 | -1) => void
}

/** Returns the commands of the screen of a rollout. */
export function rolloutCommands({ ask, togglePause, focusNext }: Acts): readonly Command[] {
  const ofRun = ACTIONS.map(
    ({ action, title, key }): Command => ({
      id: `run ${action}`,
      title: `${title}: the focused instance`,
      group: 'Act',
      ...(key && { keys: [key] }),
      run: () => ask(action),
    }),
  )
  return [
    {
      id: 'pause rollout',
      title: 'Pause or resume the rollout',
      group: 'Act',
      keys: ['p'],
      run: togglePause,
    },
    ...ofRun,
    {
      id: 'next run',
      title: 'Next instance by badness',
      group: 'View',
      keys: [']'],
      run: () => focusNext(1),
    },
    {
      id: 'previous run',
      title: 'Previous instance by badness',
      group: 'View',
      keys: ['['],
      run: () => focusNext(-1),
    },
  ]
}
