import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { problem } from '../errors.ts'
import { equalsInConstantTime } from '../http/constant-time.ts'
import { problems } from '../http/problem.ts'
import type { Services } from '../services.ts'
import { createProcessMetrics } from './process-metrics.ts'
import { PROMETHEUS_TYPE, prometheusText } from './prometheus-text.ts'

interface MetricsOptions {
  readonly services: Pick<Services, 'telemetry' | 'limits' | 'config'>
}

/** `GET /metrics`, for Prometheus. */
export const metricsRoute: FastifyPluginAsyncZod<MetricsOptions> = async (
  app,
  { services: { telemetry, limits, config } },
) => {
  const ofProcess = createProcessMetrics()
  app.addHook('onClose', async () => ofProcess.close())
  app.get(
    '/metrics',
    {
      schema: {
        operationId: 'getMetrics',
        summary: 'Get the metrics of the server',
        description:
          'Returns counters and gauges in the text format of Prometheus. Their labels name no project, flag, instance or key. With `FLAGHOIST_METRICS_TOKEN`, the request must send it as a bearer token.',
        tags: ['Health'],
        security: [],
        response: {
          200: {
            description: 'Metrics',
            content: { 'text/plain': { schema: z.string().meta({ description: 'Metrics' }) } },
          },
          ...problems(401, 429),
        },
      },
      async onRequest(request, reply) {
        limits.require(request, reply)
        requireToken(request, config.metricsToken)
      },
    },
    async (_request, reply) => {
      const text = await prometheusText([...telemetry.instruments, ...ofProcess.instruments])
      return reply.type(PROMETHEUS_TYPE).send(text)
    },
  )
}

/** @throws {FlaghoistError} `METRICS_TOKEN_REQUIRED` */
function requireToken({ headers }: FastifyRequest, token: string | undefined): void {
  if (token === undefined) return
  if (!equalsInConstantTime(headers.authorization ?? '', `Bearer ${token}`))
    throw problem('METRICS_TOKEN_REQUIRED', {})
}
