import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStore } from './src/store/sqlite.ts'
import { openChanges } from './src/changes/open-changes.ts'
const dir = mkdtempSync(join(process.argv[3] ?? tmpdir(), 'fh-'))
const N = Number(process.argv[2] ?? 2000)
const flagsFirst = Number(process.argv[4] ?? 10)
const opts = (store: any) => ({ store, now: Date.now, onListenerError: console.error })
let store = openSqliteStore(dir)
let changes = await openChanges(opts(store))
const intent = (action: string, plan: any) => ({ project: 'shop', authority: { actor: { kind: 'key' as const, id: 'k', name: 'k' } }, action, requestId: 'r', plan })
await changes.createProject(intent('project.create', () => [{ kind: 'project', key: 'shop', after: { key: 'shop', name: 'Shop' } }, ...['production','staging','uat'].map((key, order) => ({ kind: 'environment', key, after: { key, name: key, order, protected: false } }))]))
const def = (key: string) => ({ key, type: 'boolean', kind: 'release', variants: [{ key: 'on', value: true }, { key: 'off', value: false }], description: 'x', owner: 'me', tags: {}, clientVisible: false, permanent: false, prerequisites: [] })
let t = performance.now()
await changes.commit(intent('import', () => Array.from({ length: flagsFirst }, (_, i) => `f${i}`).flatMap((key) => [{ kind: 'flag', key, after: def(key) }, { kind: 'layer', key: `${key}@*`, after: { on: false, off: 'off', fallthrough: { variant: 'on' } } }])))
console.log('import of', flagsFirst, 'flags', (performance.now() - t).toFixed(0), 'ms')
const lat: number[] = []
t = performance.now()
for (let i = 0; i < N; i++) {
  const s = performance.now()
  await changes.commit(intent('layer.update', () => [{ kind: 'layer', key: `f${i % flagsFirst}@production`, after: { on: i % (2 * flagsFirst) < flagsFirst, note: { reason: String(i) } } }]))
  lat.push(performance.now() - s)
}
const s = (performance.now() - t) / 1000
lat.sort((a, b) => a - b)
console.log(N, 'commits', (N / s).toFixed(0), '/s median', lat[N >> 1]!.toFixed(3), 'p99', lat[Math.floor(N * 0.99)]!.toFixed(3))
await store.close()
t = performance.now()
store = openSqliteStore(dir)
changes = await openChanges(opts(store))
console.log('replay', changes.project('shop').state.version, 'in', (performance.now() - t).toFixed(0), 'ms')
await store.close()
rmSync(dir, { recursive: true })
