import { searchParameter } from '../router.ts'
import type { View } from './view-requests.ts'

/** Screen whose views the dashboard saves. */
export const VIEW_SCREEN = 'flags'

/** The part of a view that the URL of its screen holds. */
export type ViewState = Pick<View, 'query'> & { readonly parameters: Record<string, string> }

/** Search parameters of the flags that a view keeps, beside the query. */
const PARAMETERS = ['open', 'columns', 'instances'] as const

/** Returns the state of the URL, which a view can keep. */
export function viewState(): ViewState {
  const present = PARAMETERS.flatMap((name) => {
    const value = searchParameter(name)
    return value === undefined ? [] : [[name, value] as const]
  })
  return { query: searchParameter('q') ?? '', parameters: Object.fromEntries(present) }
}

/** Checks that the URL has the state of a view. */
export function showsView({ query, parameters = {} }: View, state: ViewState): boolean {
  return (
    query === state.query && PARAMETERS.every((name) => parameters[name] === state.parameters[name])
  )
}

/** Returns the path of the screen of a view, and the search parameters that show it there. */
export function placeOfView({ key, screen, query, parameters }: View) {
  return { path: `/${screen}`, search: { ...parameters, q: query, view: key } }
}

/** Path that always opens a view as it is stored. */
export const viewPath = (key: string): string => `/views/${key}`
