import { Key } from '@flaghoist/core/schema'
import { ProjectParams } from '../http/request-schemas.ts'

export const FlagParams = ProjectParams.extend({
  flag: Key.meta({ description: 'Key of the flag', example: 'new-checkout' }),
})
