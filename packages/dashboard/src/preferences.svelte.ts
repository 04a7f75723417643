import { setTimeZone } from './parts/time-zone.ts'

type Theme = 'system' | 'light' | 'dark'
type Density = 'normal' | 'dense'

interface Preferences {
  theme: Theme
  density: Density
  /** Act on keys without ⌘ or Ctrl; WCAG 2.1.4 demands that people can turn them off. */
  singleKeys: boolean
  /** Name of the time zone of instants; empty for that of the browser. */
  timeZone: string
}

const STORAGE_KEY = 'flaghoist-preferences'
const DEFAULTS: Preferences = {
  theme: 'system',
  density: 'normal',
  singleKeys: true,
  timeZone: '',
}

/** Preferences of this browser. */
export const preferences: Preferences = $state({ ...DEFAULTS, ...stored() })

setTimeZone(preferences.timeZone)

/** Applies the preferences to the page, and stores each change. For the root component. */
export function applyPreferences(): void {
  $effect(() => {
    const { dataset } = document.documentElement
    dataset.theme = preferences.theme
    dataset.density = preferences.density
    setTimeZone(preferences.timeZone)
    try {
      localStorage.setItem(STORAGE_KEY, JSON.stringify(preferences))
    } catch {
      // The browser stores nothing: the preferences last as long as the page.
    }
  })
}

const THEMES: readonly Theme[] = ['system', 'light', 'dark']

export function nextTheme(): Theme {
  const next = THEMES[(THEMES.indexOf(preferences.theme) + 1) % THEMES.length]!
  preferences.theme = next
  return next
}

function stored(): Partial<Preferences> {
  try {
    return JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '{}')
  } catch {
    return {}
  }
}
