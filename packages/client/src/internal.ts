/**
 * The parts that only the packages of Flaghoist share. They can change in any release: applications
 * use an SDK instead.
 */
export { type ApiRequests, createApiRequests } from './api-requests.ts'
export { createConnection, errorOf } from './connection.ts'
export { type ConnectionState, type RequestMode, transportOf } from './connection-state.ts'
export { randomId } from './report-queue.ts'
export { createReportSender, type Report, type ReportResult } from './report-sender.ts'
export { problemIn } from './request-end.ts'
export { type Endpoint, requestRuleset } from './ruleset-request.ts'
export { createRulesetStore, type OnRulesetChange, type RulesetStore } from './ruleset-store.ts'
export { createSleepClock, watchSleep } from './sleep.ts'
