import { z } from 'zod'

/** The response of a route that streams server-sent events. */
export const eventStream = {
  description: 'Event stream',
  content: {
    'text/event-stream': { schema: z.string().meta({ description: 'Server-sent events' }) },
  },
}
