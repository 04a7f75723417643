import { setRoutes } from '../router.ts'

/** Loads each screen when it is opened. */
setRoutes({
  '/': () => import('./home/HomeScreen.svelte'),
  '/flags': () => import('./flags/FlagsScreen.svelte'),
  '*': () => import('./NotFoundScreen.svelte'),
})
