import { setRoutes } from '../router.ts'

/** Loads each screen when it is opened. */
setRoutes({
  '/': () => import('./home/HomeScreen.svelte'),
  '/flags': () => import('./flags/FlagsScreen.svelte'),
  '/flags/:flag': () => import('./flag/FlagScreen.svelte'),
  '/rollouts': () => import('./rollouts/RolloutsScreen.svelte'),
  '/rollouts/:rollout': () => import('./rollout/RolloutScreen.svelte'),
  '/start-rollout': () => import('./start-rollout/StartRolloutScreen.svelte'),
  '/report': () => import('./report/ReportScreen.svelte'),
  '/start': () => import('./start/StartScreen.svelte'),
  '*': () => import('./NotFoundScreen.svelte'),
})
