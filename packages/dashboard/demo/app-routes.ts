import { readFileSync } from 'node:fs'

const SOURCE = readFileSync(new URL('../src/screens/routes.ts', import.meta.url), 'utf8')

/** Every route of the app, such as `/flags/:flag`, from the list of its screens. */
export const APP_ROUTES: readonly string[] = Array.from(
  SOURCE.matchAll(/'(\/[^']*)': \(\) => import/g),
  ([, route = '']) => route,
)

/** Returns the path of a route. @throws {Error} if a parameter has no value */
export function pathOf(route: string, parameters: Readonly<Record<string, string>>): string {
  return route.replaceAll(/:(\w+)/g, (_, name: string) => {
    const value = parameters[name]
    if (value === undefined) throw new Error(`Name a value for :${name} of ${route}.`)
    return value
  })
}

/** Checks that a route has the screen of a URL such as `/flags/new-checkout?tab=usage`. */
export function hasScreenOf(route: string, url: string): boolean {
  const pattern = new RegExp(`^${route.replaceAll(/:\w+/g, '[^/]+')}$`)
  return pattern.test(url.replace(/\?.*/, ''))
}
