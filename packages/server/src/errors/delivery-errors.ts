/** The errors of subscriptions and their deliveries. */
export const deliveryErrors = {
  SECRET_CHANGED: {
    status: 409,
    message: 'This server cannot decrypt the URL, because another secret encrypted it.',
    hint: 'Start the server with the former FLAGHOIST_SECRET, or set the "url" again.',
  },
  URL_FORBIDDEN: {
    status: 422,
    message: 'Messages cannot be sent to this URL: {problem}',
    hint: 'Use a public https:// URL, or add the host to FLAGHOIST_PRIVATE_WEBHOOK_HOSTS.',
  },
  DELIVERY_NOT_FAILED: {
    status: 409,
    message: 'The delivery "{id}" is {state}, so it cannot be sent again.',
    hint: 'Send a test message: POST …/subscriptions/{key}/test.',
  },
} as const
