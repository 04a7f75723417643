import { z } from 'zod'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `true` for a route whose successful response is a stream of events. */
    isStream?: true
  }
}

/** The response of a route that streams server-sent events. */
export const eventStream = {
  description: 'Event stream',
  content: {
    'text/event-stream': { schema: z.string().meta({ description: 'Server-sent events' }) },
  },
}
