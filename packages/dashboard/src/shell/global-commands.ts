import { type Command, commands } from '../keys/commands.svelte.ts'
import { openKill } from '../kill/kill-target.svelte.ts'
import { toasts } from '../parts/toasts.svelte.ts'
import { nextTheme } from '../preferences.svelte.ts'
import { go } from '../router.ts'
import { NAVIGATION } from './navigation.ts'
import { signOut } from './sign-out.ts'

interface Overlays {
  readonly openPalette: () => void
  readonly openKeys: () => void
}

/** Adds the commands of every screen. Returns a function that removes them. */
export function registerGlobalCommands(overlays: Overlays): () => void {
  return commands.register([...goCommands(), ...actCommands(), ...viewCommands(overlays)])
}

/** Focuses the first field that searches or filters the screen. */
function focusSearch(): void {
  const field = document.querySelector<HTMLInputElement>(
    'main :is(input[type=search], search input)',
  )
  if (field) field.focus()
  else toasts.show('This screen has no search')
}

function goCommands(): readonly Command[] {
  return NAVIGATION.flatMap(({ destinations }) =>
    destinations.map(
      ({ path, title, key }): Command => ({
        id: `go ${path}`,
        title: `Go to ${title.toLowerCase()}`,
        group: 'Go to',
        ...(key && { keys: [`g ${key}`] }),
        run: () => go(path),
      }),
    ),
  )
}

function actCommands(): readonly Command[] {
  return [
    {
      id: 'kill',
      title: 'Kill a flag',
      group: 'Act',
      keys: ['Shift+K'],
      words: 'stop off emergency',
      run: () => openKill(),
    },
    {
      id: 'undo',
      title: 'Undo my last change',
      group: 'Act',
      keys: ['u'],
      run: () => toasts.undoLast(),
    },
    {
      id: 'copy-link',
      title: 'Copy the link to this view',
      group: 'Act',
      keys: ['y'],
      run: () => void copyLink(),
    },
    {
      id: 'copy-command',
      title: 'Copy the command for this screen',
      group: 'Act',
      keys: ['Shift+Y'],
      words: 'curl terminal api',
      run: () => void copyCommand(),
    },
    { id: 'sign-out', title: 'Sign out', group: 'Act', run: () => void signOut() },
  ]
}

function viewCommands({ openPalette, openKeys }: Overlays): readonly Command[] {
  return [
    { id: 'search', title: 'Search on this screen', group: 'View', keys: ['/'], run: focusSearch },
    {
      id: 'palette',
      title: 'Search or run a command',
      group: 'View',
      keys: ['Mod+k'],
      run: openPalette,
    },
    { id: 'keys', title: 'List all keys', group: 'View', keys: ['?'], run: openKeys },
    {
      id: 'theme',
      title: 'Change the theme',
      group: 'View',
      keys: ['t'],
      words: 'dark light system',
      run: () => toasts.show(`Theme: ${nextTheme()}`),
    },
  ]
}

async function copyLink(): Promise<void> {
  try {
    await navigator.clipboard.writeText(location.href)
    toasts.show('Link copied')
  } catch {
    toasts.show('The browser does not allow copying here; copy the address instead')
  }
}

/** Copies the command that reads the screen, for a terminal. */
async function copyCommand(): Promise<void> {
  try {
    const { screenCommand } = await import('./screen-command.ts')
    const command = screenCommand()
    if (command === undefined) return toasts.show('This page has no command')
    await navigator.clipboard.writeText(command)
    toasts.show('Command copied: it reads this screen in a terminal')
  } catch {
    toasts.show('The browser does not allow copying here')
  }
}
