import { splitErrors } from '@flaghoist/core/model'
import { serverErrors } from './errors.ts'
import { ofrepErrors } from './ofrep/errors.ts'
import sdkErrors from './sdk-errors.json' with { type: 'json' }

/** Every error of the server, and those that SDKs raise themselves, by code. */
export const errorCatalog = { ...serverErrors, ...splitErrors, ...ofrepErrors, ...sdkErrors }
