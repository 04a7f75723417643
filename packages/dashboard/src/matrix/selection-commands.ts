import type { Command } from '../keys/commands.svelte.ts'

interface Selectable {
  toggleHere(): void
  extendHere(): void
  clear(): void
}

/** Returns the commands that select in a grid of flags. */
export function selectCommands(selection: Selectable): readonly Command[] {
  return [
    {
      id: 'select',
      title: 'Select the flag or cell',
      group: 'Act',
      keys: ['x'],
      run: () => selection.toggleHere(),
    },
    {
      id: 'select-range',
      title: 'Select up to this cell, or the whole column',
      group: 'Act',
      keys: ['Shift+X'],
      run: () => selection.extendHere(),
    },
  ]
}

/** Returns the command that clears a selection, which Escape means only while there is one. */
export function clearCommand(selection: Selectable): Command {
  return {
    id: 'clear-selection',
    title: 'Clear the selection',
    group: 'Act',
    keys: ['Escape'],
    run: () => selection.clear(),
  }
}
