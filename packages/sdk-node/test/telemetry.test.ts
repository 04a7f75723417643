import { AsyncLocalStorage } from 'node:async_hooks'
import { trace } from '@opentelemetry/api'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createFlags } from '../src/index.ts'
import { ruleset } from './fixtures.ts'

describe('telemetry', () => {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const active = new AsyncLocalStorage<ReturnType<typeof startSpan>>()
  const startSpan = () => provider.getTracer('test').startSpan('request')
  const telemetry = { getActiveSpan: () => active.getStore() }
  const options = { url: 'http://127.0.0.1:9', key: 'k', bootstrap: ruleset(4, true) }
  beforeEach(() => {
    // There is neither a server nor every flag, and both are told to the developer.
    vi.spyOn(process, 'emitWarning').mockReturnValue(undefined)
  })
  afterEach(() => {
    exporter.reset()
    vi.restoreAllMocks()
  })

  const eventsOf = (work: () => unknown) => {
    const span = startSpan()
    active.run(span, work)
    span.end()
    return exporter
      .getFinishedSpans()
      .at(-1)!
      .events.map(({ name, attributes }) => ({ name, attributes }))
  }

  test('records each evaluation as an event of the active span', async () => {
    const flags = createFlags({ ...options, telemetry })

    const events = eventsOf(() => {
      expect(flags.isEnabled('new-checkout', { targetingKey: 'ada' })).toBe(true)
      expect(flags.for({ targetingKey: 'bob' }).value('nope', 'light')).toBe('light')
    })
    const guarded = eventsOf(() => {
      const mine = flags.for({ targetingKey: 'ada' })
      expect(
        mine.guard(
          'new-checkout',
          () => 'new',
          () => 'old',
        ),
      ).toBe('new')
    })

    expect(guarded).toEqual(events.slice(0, 1))
    expect(events).toEqual([
      {
        name: 'feature_flag.evaluation',
        attributes: {
          'feature_flag.key': 'new-checkout',
          'feature_flag.provider.name': 'flaghoist',
          'feature_flag.result.variant': 'on',
          'feature_flag.result.reason': 'static',
          'feature_flag.context.id': 'ada',
          'feature_flag.set.id': 'shop/production/acme',
          'feature_flag.version': '4',
        },
      },
      {
        name: 'feature_flag.evaluation',
        attributes: {
          'feature_flag.key': 'nope',
          'feature_flag.provider.name': 'flaghoist',
          'feature_flag.result.value': 'light',
          'feature_flag.result.reason': 'error',
          'feature_flag.context.id': 'bob',
          'feature_flag.set.id': 'shop/production/acme',
          'feature_flag.version': '4',
          'error.type': 'flag_not_found',
          'feature_flag.error.message': 'Flag "nope" does not exist in production/acme.',
        },
      },
    ])
    await flags.close()
  })

  test('records nothing unless it is asked to, and nothing outside a span', async () => {
    const silent = createFlags(options)
    const asked = createFlags({ ...options, telemetry })

    expect(eventsOf(() => silent.isEnabled('new-checkout'))).toEqual([])
    expect(asked.isEnabled('new-checkout')).toBe(true)
    await Promise.all([silent.close(), asked.close()])
  })

  test('that fails takes no answer away', async () => {
    const failing = {
      getActiveSpan: () => {
        throw new Error('mine')
      },
    }
    const flags = createFlags({ ...options, telemetry: failing })

    expect(flags.isEnabled('new-checkout')).toBe(true)
    await flags.close()
  })

  test('takes the API of OpenTelemetry as it is', async () => {
    const flags = createFlags({ ...options, telemetry: trace })
    expect(flags.isEnabled('new-checkout')).toBe(true)
    await flags.close()
  })
})
