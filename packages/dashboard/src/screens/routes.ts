import { setRoutes } from '../router.ts'

/** Loads each screen when it is opened. */
setRoutes({
  '/': () => import('./home/HomeScreen.svelte'),
  '/flags': () => import('./flags/FlagsScreen.svelte'),
  '/flags/:flag': () => import('./flag/FlagScreen.svelte'),
  '/start': () => import('./start/StartScreen.svelte'),
  '*': () => import('./NotFoundScreen.svelte'),
})
