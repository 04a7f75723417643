import { createRouter, Router, type Routes, searchParams } from 'sv-router'
import { BASE_PATH } from './api/client.ts'

/** The component that shows the screen of the URL. */
export { Router }

let router: ReturnType<typeof createRouter>

/** Sets the screens by their paths. */
export function setRoutes(routes: Routes): void {
  router = createRouter(routes)
}

/** Parameters of the URL that stay while people move between screens. */
const KEPT = ['project']

type Search = Readonly<Record<string, string | undefined>>

/** Returns the URL of a path of the app, such as `/flags`, with search parameters. */
export function href(path: string, search: Search = {}): string {
  const text = new URLSearchParams(searchOf(search)).toString()
  return BASE_PATH + path + (text && `?${text}`)
}

/** Opens a path of the app. */
export function go(path: string, search: Search = {}): void {
  void router.navigate(path as '/', { search: searchOf(search) })
}

/** Loads the code of a screen, so that it opens at once. */
export function preload(path: string): Promise<void> {
  return router.preload(path as '/')
}

/** Opens a path in place of the current one, so that Back does not return here. */
export function redirect(path: string, search: Search = {}): void {
  void router.navigate(path as '/', { search: searchOf(search), replace: true })
}

/** Returns the path of the screen, without the path of the server. */
export function currentPath(): string {
  // Read for its signal; without the path of the server only once the router is on the page.
  void router.route.pathname
  return location.pathname.slice(BASE_PATH.length) || '/'
}

/** Returns a part of the path, such as `flag` of `/flags/:flag`. Read it through `$derived`. */
export function pathParameter(name: string): string {
  const params: Readonly<Record<string, string | undefined>> = router.route.params
  return decodeURIComponent(params[name] ?? '')
}

/** Returns a search parameter of the URL. Read it through `$derived`. */
export function searchParameter(name: string): string | undefined {
  // `get` would turn a flag with the key `10` into a number.
  return searchParams.toURLSearchParams().get(name) ?? undefined
}

/** Sets or removes search parameters, without a new entry of the history. */
export function setSearch(changes: Search): void {
  for (const [name, value] of Object.entries(changes))
    if (value) searchParams.set(name, value, { replace: true })
    else searchParams.delete(name, undefined, { replace: true })
}

function searchOf(search: Search): Record<string, string> {
  const kept = KEPT.map((name) => [name, searchParameter(name)] as const)
  const wanted = [...kept, ...Object.entries(search)]
  return Object.fromEntries(wanted.filter((entry): entry is [string, string] => !!entry[1]))
}
