import type { BrowserFlags, Ruleset } from '@flaghoist/browser'
import { flushSync, mount } from 'svelte'
import Page from './Page.svelte'
import { createState } from './state.svelte.ts'

/** The content of a page, and its events. */
export interface PageState {
  context: { targetingKey: string } | undefined
  bootstrap: Ruleset | null
  visitorCookie?: string | false | undefined
  /** Flag of the boundary. */
  flag: string
  /** Rendering of the new path. */
  readonly render: () => void
  /** Rendering of the old path. */
  readonly renderOld: () => void
  /** Events in order. */
  readonly log: string[]
}

declare global {
  var page: PageState
  var made: BrowserFlags
  /** Changes what the page shows, at once. */
  var change: (parts: Partial<PageState>) => void
  var show: (first: Omit<PageState, 'render' | 'renderOld' | 'log'>, broken: string) => void
}

globalThis.show = (first, broken) => {
  const state: PageState = createState({
    ...first,
    log: [],
    render() {
      if (state.flag === broken) throw new Error('broken')
    },
    renderOld() {
      if (broken === `old ${state.flag}`) throw new Error('old is broken')
    },
  })
  globalThis.page = state
  globalThis.change = (parts) => flushSync(() => void Object.assign(state, parts))
  mount(Page, { target: document.body, props: { page: state } })
  flushSync()
}
