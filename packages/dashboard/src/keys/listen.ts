import { preferences } from '../preferences.svelte.ts'
import { type Command, commands } from './commands.svelte.ts'
import { nameOfKey } from './key-names.ts'

/** Time in which the second key of a pair must follow. */
const PAIR_MS = 1_000

/** Runs the commands of pressed keys. Returns a function that stops. */
export function listenToKeys(target: Window = window): () => void {
  let first: { readonly name: string; readonly at: number } | undefined

  function onKeydown(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing || event.altKey) return
    const name = nameOfKey(event)
    const isSingle = !name.startsWith('Mod+')
    // Letters belong to fields and dialogs while one has the focus.
    if (isSingle && (isTyping(event.target) || hasDialog())) return
    // The preference is about characters, which speech input types: Escape and others stay.
    if (isSingle && event.key.length === 1 && !preferences.singleKeys) return
    const pair = first && event.timeStamp - first.at < PAIR_MS ? `${first.name} ${name}` : name
    first = undefined
    const found = find(pair) ?? find(name)
    if (found !== undefined) {
      event.preventDefault()
      found.run()
    } else if (beginsPair(name)) first = { name, at: event.timeStamp }
  }

  target.addEventListener('keydown', onKeydown)
  return () => target.removeEventListener('keydown', onKeydown)
}

const find = (keys: string): Command | undefined =>
  commands.all.find((command) => command.keys?.includes(keys))

const beginsPair = (key: string): boolean =>
  commands.all.some((command) => command.keys?.some((keys) => keys.startsWith(`${key} `)))

const hasDialog = (): boolean => document.querySelector('dialog:modal') !== null

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.matches('input:not([type=checkbox], [type=radio]), select, textarea'))
  )
}
