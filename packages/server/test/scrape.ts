/// <reference path="./prometheus-parser.d.ts" />
import parse from 'parse-prometheus-text-format'
import { expect } from 'vitest'

/** One value of `/metrics`. */
interface Series {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** The families of one reading of `/metrics`. */
export interface Scrape {
  readonly text: string
  readonly series: readonly Series[]
  /** Returns the value of the first series with these labels; undefined without one. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined
}

/** Reads `/metrics` with a parser of the format. */
export async function scrape(url: string): Promise<Scrape> {
  const response = await fetch(`${url}/metrics`)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const text = await response.text()
  // The parser merges the labels of a histogram, so its series are read one by one.
  const families = parse(text.replaceAll(/^(# TYPE \S+) histogram$/gm, '$1 untyped'))
  const series = families.flatMap(({ name, metrics }) =>
    metrics.map(({ labels = {}, value }) => ({ name, labels, value: Number(value) })),
  )
  return {
    text,
    series,
    value: (name, labels = {}) =>
      series.find((one) => one.name === name && hasLabels(one, labels))?.value,
  }
}

function hasLabels({ labels }: Series, wanted: Series['labels']): boolean {
  return Object.entries(wanted).every(([label, value]) => labels[label] === value)
}
