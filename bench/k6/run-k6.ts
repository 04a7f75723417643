import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Target } from './requests.ts'

/** The result of one scenario with one server. */
export interface Load {
  readonly requests: number
  /** Requests with an unexpected status. */
  readonly failed: number
  /** CPU time of the server, s. */
  readonly cpu: number
  /** 95th percentile of the response times, ms. */
  readonly p95: number
}

interface Summary {
  readonly metrics: {
    readonly http_reqs: { readonly count: number }
    readonly checks: { readonly fails: number }
    readonly http_req_duration: { readonly 'p(95)': number }
  }
}

/** The exit code of k6 for a failed threshold. */
const THRESHOLD_FAILED = 99

/** Runs a script of `scripts/` against a server. */
export async function runK6(
  k6: string,
  script: string,
  seconds: number,
  { requests, cpuSeconds }: Target,
): Promise<Load> {
  const file = join(tmpdir(), `flaghoist-k6-${process.pid}.json`)
  const path = fileURLToPath(new URL(`scripts/${script}.ts`, import.meta.url))
  const before = cpuSeconds()
  const child = spawn(
    k6,
    ['run', '--quiet', '--no-usage-report', '--address', '', '--summary-export', file, path],
    {
      env: { ...process.env, REQUESTS: JSON.stringify(requests), SECONDS: `${seconds}` },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  const [code] = (await once(child, 'exit')) as [number]
  if (code !== 0 && code !== THRESHOLD_FAILED) throw new Error(`k6 ended with ${code}.`)
  const cpu = cpuSeconds() - before
  const { metrics } = JSON.parse(readFileSync(file, 'utf8')) as Summary
  rmSync(file)
  return {
    requests: metrics.http_reqs.count,
    failed: metrics.checks.fails,
    cpu,
    p95: metrics.http_req_duration['p(95)'],
  }
}
