import { setRoutes } from '../router.ts'

/** Loads each screen when it is opened. */
setRoutes({
  '/': () => import('./home/HomeScreen.svelte'),
  '/flags': () => import('./flags/FlagsScreen.svelte'),
  '/views/:view': () => import('./view/ViewScreen.svelte'),
  '/flags/:flag': () => import('./flag/FlagScreen.svelte'),
  '/rollouts': () => import('./rollouts/RolloutsScreen.svelte'),
  '/rollouts/:rollout': () => import('./rollout/RolloutScreen.svelte'),
  '/start-rollout': () => import('./start-rollout/StartRolloutScreen.svelte'),
  '/plans': () => import('./plans/PlansScreen.svelte'),
  '/plans/:plan': () => import('./plans/PlanScreen.svelte'),
  '/plans/:plan/edit': () => import('./plans/EditPlanScreen.svelte'),
  '/create-plan': () => import('./plans/CreatePlanScreen.svelte'),
  '/report': () => import('./report/ReportScreen.svelte'),
  '/instances': () => import('./instances/InstancesScreen.svelte'),
  '/instances/:instance': () => import('./instances/InstanceScreen.svelte'),
  '/drift': () => import('./drift/DriftScreen.svelte'),
  '/log': () => import('./log/LogScreen.svelte'),
  '/connections': () => import('./connections/ConnectionsScreen.svelte'),
  '/try': () => import('./try/TryScreen.svelte'),
  '/segments': () => import('./segments/SegmentsScreen.svelte'),
  '/segments/:segment': () => import('./segments/SegmentScreen.svelte'),
  // The server answers `/metrics` itself, to Prometheus.
  '/rollout-metrics': () => import('./metrics/MetricsScreen.svelte'),
  '/stale': () => import('./stale/StaleScreen.svelte'),
  '/keys': () => import('./keys/KeysScreen.svelte'),
  '/freezes': () => import('./freezes/FreezesScreen.svelte'),
  '/notifications': () => import('./notifications/NotificationsScreen.svelte'),
  '/settings': () => import('./settings/SettingsScreen.svelte'),
  '/start': () => import('./start/StartScreen.svelte'),
  '*': () => import('./NotFoundScreen.svelte'),
})
