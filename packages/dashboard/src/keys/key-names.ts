const IS_APPLE = /Mac|iPhone|iPad/.test(navigator.platform)

const NAMES: Readonly<Record<string, string>> = {
  Mod: IS_APPLE ? '⌘' : 'Ctrl ',
  Shift: '⇧',
  Enter: '↵',
  Escape: 'Esc',
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
}

/** Returns the name of a pressed key, such as `Shift+K`, `Mod+k` or `?`. */
export function nameOfKey({ key, shiftKey, ctrlKey, metaKey }: KeyboardEvent): string {
  const mod = ctrlKey || metaKey ? 'Mod+' : ''
  // The shift of a sign such as `?` depends on the layout of the keyboard.
  const shift = shiftKey && (/^[a-zA-Z]$/.test(key) || key.length > 1) ? 'Shift+' : ''
  return mod + shift + (shift && key.length === 1 ? key.toUpperCase() : key)
}

/** Returns the signs of a set of keys, such as `⇧K`, `⌘K` or `g f`. */
export function showKeys(keys: string): string {
  return keys
    .split(' ')
    .map((key) =>
      key
        .split('+')
        .map((part) => NAMES[part] ?? (key.startsWith('Mod') ? part.toUpperCase() : part))
        .join(''),
    )
    .join(' ')
}
