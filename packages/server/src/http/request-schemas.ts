import { Key } from '@flaghoist/core/schema'
import { z } from 'zod'

export const ProjectParams = z.object({
  project: Key.meta({ description: 'Key of the project', example: 'default' }),
})

/** An instant in a query. It has no example, because the API reference would send it. */
export const InstantQuery = z.iso.datetime().optional()

/** Headers of writes that can be retried safely. */
export const RetryHeaders = z.looseObject({
  'idempotency-key': z.string().min(1).max(200).optional().meta({
    description:
      'Random text of the caller; a retry with the same value returns the first response',
  }),
})

/** Headers of reads whose responses have an ETag. */
export const ConditionalHeaders = z.looseObject({
  'if-none-match': z.string().optional().meta({ description: 'ETag of the held response' }),
})

const ifMatch = z.string().optional().meta({
  description:
    'ETag of the entity as read, or `"0"` for a new one; the request fails with 409 if it has changed since',
})

/** Headers of a preview of a write to one entity. */
export const IfMatchHeaders = z.looseObject({ 'if-match': ifMatch })

/** Headers of writes to one entity. */
export const WriteHeaders = RetryHeaders.extend({ 'if-match': ifMatch })
