import { defineErrors, type ErrorFactory } from '@flaghoist/core/internal'
import { deliveryErrors } from './errors/delivery-errors.ts'
import { projectErrors } from './errors/project-errors.ts'
import { relayErrors } from './errors/relay-errors.ts'
import { requestErrors } from './errors/request-errors.ts'
import { rolloutErrors } from './errors/rollout-errors.ts'
import { storeErrors } from './errors/store-errors.ts'

/** The errors of the server. `docs/errors.md` is generated from this table. */
export const serverErrors = {
  ...storeErrors,
  ...projectErrors,
  ...requestErrors,
  ...rolloutErrors,
  ...deliveryErrors,
  ...relayErrors,
} as const

export const problem: ErrorFactory<typeof serverErrors> = defineErrors(serverErrors)
