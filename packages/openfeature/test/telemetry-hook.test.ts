import { OpenFeature } from '@openfeature/server-sdk'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { expect, onTestFinished, test } from 'vitest'
import { createTelemetryHook, FlaghoistProvider } from '../src/server.ts'
import { startShop } from './shop.ts'

test('the hook records evaluations as events of the active span, and nothing without one', async () => {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const span = provider.getTracer('test').startSpan('request')
  let active: typeof span | undefined
  const telemetry = { getActiveSpan: () => active }
  const shop = await startShop()
  const flags = new FlaghoistProvider({
    url: shop.url,
    key: await shop.makeKey('server', 'production'),
  })
  await OpenFeature.setProviderAndWait(flags)
  onTestFinished(() => OpenFeature.close())
  const client = OpenFeature.getClient().addHooks(createTelemetryHook(telemetry))

  await client.getBooleanValue('boolean-on', false)
  active = span
  await client.getBooleanValue('boolean-on', false, { targetingKey: 'ada' })
  await client.getStringValue('missing', 'x')
  span.end()

  const [found] = exporter.getFinishedSpans()
  expect(found!.events.map(({ name, attributes }) => ({ name, attributes }))).toMatchObject([
    {
      name: 'feature_flag.evaluation',
      attributes: {
        'feature_flag.key': 'boolean-on',
        'feature_flag.result.variant': 'on',
        'feature_flag.result.reason': 'static',
        'feature_flag.provider.name': 'flaghoist',
        'feature_flag.context.id': 'ada',
      },
    },
    {
      name: 'feature_flag.evaluation',
      attributes: {
        'feature_flag.key': 'missing',
        'feature_flag.result.reason': 'error',
        'error.type': 'flag_not_found',
      },
    },
  ])
})
