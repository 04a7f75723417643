import { FlagKey } from '@flaghoist/core/schema'
import { ProjectParams } from '../http/request-schemas.ts'

export const FlagParams = ProjectParams.extend({
  flag: FlagKey.meta({ description: 'Key of the flag', example: 'new-checkout' }),
})
