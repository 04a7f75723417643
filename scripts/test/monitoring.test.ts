import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { startTestServer, type TestServer } from '../../packages/server/test/http-server.ts'
import { type Scrape, scrape } from '../../packages/server/test/scrape.ts'

const read = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')
const METRIC = /\b(?:flaghoist|process|nodejs)_[a-z0-9_]+/g
const SUFFIX = /_(?:bucket|sum|count)$/

interface Panel {
  readonly id: number
  readonly title: string
  readonly gridPos: {
    readonly x: number
    readonly y: number
    readonly w: number
    readonly h: number
  }
  readonly targets: readonly { readonly expr: string }[]
}

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string }
}

const { panels } = JSON.parse(read('monitoring/dashboard.json')) as { panels: readonly Panel[] }
const { groups } = parse(read('monitoring/alerts.yaml')) as { groups: [{ rules: readonly Rule[] }] }
const { rules } = groups[0]
const guide = read('guide/monitoring.md')

let server: TestServer
let found: Scrape
/** Names of the families of `/metrics`. */
let families: readonly string[]

beforeAll(async () => {
  server = await startTestServer()
  found = await scrape(server.url)
  families = [...found.text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!)
})
afterAll(() => server[Symbol.asyncDispose]())

const familyOf = (name: string) => (families.includes(name) ? name : name.replace(SUFFIX, ''))
const expressions = [
  ...rules.map(({ alert, expr }) => ({ name: alert, expr })),
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ name: title, expr }))),
]

test.for(expressions)('$name reads metrics and labels that the server has', ({ expr }) => {
  const names = expr.match(METRIC) ?? []
  for (const name of names) expect(families).toContain(familyOf(name))
  // Prometheus adds the label of the job itself.
  for (const [, name, label, value] of expr.matchAll(/(\w+)\{[^}]*?\b(?!job\b)(\w+)="(\w+)"/g))
    expect(found.value(name!, { [label!]: value! }), name).toBeDefined()
})

test('the guide describes every metric, and no other', () => {
  const described = new Set((guide.match(METRIC) ?? []).map(familyOf))
  expect([...described].sort()).toEqual(families.toSorted())
})

test('the guide explains every alert', () => {
  expect(rules.length).toBeGreaterThan(10)
  for (const { alert, labels, annotations } of rules) {
    expect(guide).toContain(`\`${alert}\``)
    expect(['critical', 'warning']).toContain(labels.severity)
    expect(annotations.summary).toMatch(/\.$/)
  }
})

test('the panels of the dashboard do not overlap', () => {
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
  )
  expect(new Set(cells).size).toBe(cells.length)
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
})
