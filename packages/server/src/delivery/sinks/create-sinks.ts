import type { Config } from '../../config.ts'
import type { EventSink } from './event-sink.ts'
import { createFileSink } from './file-sink.ts'
import { createOtelSink } from './otel-sink.ts'
import { createWebhookSink } from './webhook-sink.ts'

/** Creates one sink that publishes to every configured sink. */
export function createSinks(config: Config, warn: (message: string) => void): EventSink {
  const { eventsFile, eventsFileBytes, eventsWebhookUrl, eventsWebhookSecret } = config
  const warnOf = (receiver: string) => (error: unknown, dropped: number) =>
    warn(`Events cannot be written to the ${receiver}: ${error} (${dropped} batches dropped)`)
  const sinks: EventSink[] = []
  if (eventsFile !== undefined)
    sinks.push(
      createFileSink({ path: eventsFile, maxBytes: eventsFileBytes, onFailure: warnOf('file') }),
    )
  if (eventsWebhookUrl !== undefined && eventsWebhookSecret !== undefined)
    sinks.push(
      createWebhookSink({
        url: eventsWebhookUrl,
        secret: eventsWebhookSecret,
        onFailure: warnOf('webhook'),
      }),
    )
  if (config.eventsOtel) sinks.push(createOtelSink())

  return {
    publish(record) {
      for (const sink of sinks) sink.publish(record)
    },
    async close() {
      await Promise.all(sinks.map((sink) => sink.close()))
    },
  }
}
