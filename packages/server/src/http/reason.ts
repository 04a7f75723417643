import { strict } from '@flaghoist/core/schema'
import { z } from 'zod'

/** The maximum length of a reason, in UTF-16 code units. */
export const REASON_LENGTH = 1_000

/** Characters that no display shows: control characters except line breaks, and lone surrogates. */
export const CONTROL_CHARACTERS = /[\p{Surrogate}\u007f]|(?![\t\n\r])\p{Cc}/gu

export const Reason = z
  .string()
  .trim()
  .min(1)
  .max(REASON_LENGTH)
  .refine((text) => text.search(CONTROL_CHARACTERS) === -1, {
    message: 'A reason is text without control characters. Remove them.',
  })
  .optional()
  .meta({
    description: `Reason of the change, 1 to ${REASON_LENGTH} characters; shown in the change log`,
    example: 'Start of the rollout',
  })

/** The query of a write that every policy lets pass: the one documented place of its reason. */
export const ReasonQuery = strict({ reason: Reason })

/** The query of a write that policies may refuse. */
export const WriteQuery = ReasonQuery.extend({
  override: z.literal('freeze').optional().meta({
    description:
      '`freeze` stores the write although a freeze is in force; needs `reason`, and shows in the change log',
  }),
})

/** The query of a write that can be tried first. */
export const DryRunQuery = WriteQuery.extend({
  dryRun: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .meta({ description: '`true` answers as if the request had been made, and changes nothing' }),
})

/** A reason in the body, as kills took it before the query did. */
export const BodyReason = Reason.meta({
  description: 'Reason of the change; the query member `reason` replaces it',
  deprecated: true,
})

/** The body of a write that needs none. */
export const ReasonBody = strict({ reason: BodyReason })
  .meta({ id: 'ReasonBody', description: 'Reason of the change; may be left out', example: {} })
  .nullish()
