import { createRequire } from 'node:module'
import type { KnownBlock } from '@slack/types'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import {
  type Message,
  messageOf,
  summaryOf,
  testMessage,
} from '../src/delivery/channels/message.ts'
import { sendMessage } from '../src/delivery/channels/send-message.ts'
import type { Notice } from '../src/delivery/notices/notice.ts'
import { startNoticeReceiver } from './notice-receiver.ts'

const NOTICE: Notice = {
  event: 'rolled-back',
  severity: 'critical',
  project: 'shop',
  change: 812,
  at: '2026-11-20T08:00:00.000Z',
  flags: ['new-checkout'],
  rollout: 'new-checkout-2026-11',
  scopes: ['production/acme'],
  what: 'Flaghoist rolled back "new-checkout" in production/acme.',
  reason: 'acme: new-checkout fails for 4.1% of users against 0.9% on the old path.',
  done: 'All users there get what they got before the rollout.',
  todo: 'You need to do nothing now. Use "retry" after a fix.',
}
const URL_OF_SERVER = 'https://flags.example'
const messages: Readonly<Record<string, Message>> = {
  'a notice': messageOf('msg_1', NOTICE, URL_OF_SERVER),
  'a notice without a link or a reason': messageOf(
    'msg_1',
    { ...NOTICE, reason: undefined },
    undefined,
  ),
  'a very long notice': messageOf(
    'msg_1',
    { ...NOTICE, what: '👋'.repeat(9_000), reason: '👋'.repeat(9_000) },
    URL_OF_SERVER,
  ),
  'a summary': summaryOf(
    'msg_1-40',
    Array.from({ length: 40 }, () => NOTICE),
    URL_OF_SERVER,
  ),
  'a test': testMessage('msg_2', 'shop', NOTICE.at),
}
const CASES = Object.entries(messages)

/** Sends a message to a real receiver, and returns what arrives. */
async function received(
  channel: 'slack' | 'teams' | 'mattermost' | 'webhook',
  message: Message,
): Promise<string> {
  await using receiver = await startNoticeReceiver()
  const secret = `whsec_${Buffer.alloc(32).toString('base64')}`
  const options = { isTrustedHost: () => true, signal: new AbortController().signal }
  await sendMessage({ channel, url: receiver.url, secret }, message, options)
  expect(receiver.got[0]!.headers['content-type']).toBe('application/json')
  return receiver.got[0]!.body
}

describe('a message for Slack', () => {
  // From https://docs.slack.dev/reference/block-kit/blocks, as far as the blocks are used.
  const text = (type: string, maxLength: number) => ({
    type: 'object',
    required: ['type', 'text'],
    additionalProperties: false,
    properties: {
      type: { const: type },
      text: { type: 'string', minLength: 1, maxLength },
      ...(type === 'plain_text' && { emoji: { type: 'boolean' } }),
    },
  })
  const block = (type: string, properties: object) => ({
    type: 'object',
    required: ['type', ...Object.keys(properties)],
    additionalProperties: false,
    properties: { type: { const: type }, ...properties },
  })
  const isValid = new Ajv({ strict: true, strictTypes: false, strictRequired: false }).compile({
    type: 'object',
    required: ['text', 'blocks'],
    additionalProperties: false,
    properties: {
      text: { type: 'string', minLength: 1, maxLength: 40_000 },
      blocks: {
        type: 'array',
        maxItems: 50,
        items: {
          oneOf: [
            block('header', { text: text('plain_text', 150) }),
            block('section', { text: text('plain_text', 3_000) }),
            block('context', {
              elements: {
                type: 'array',
                maxItems: 10,
                items: { oneOf: [text('plain_text', 3_000), text('mrkdwn', 3_000)] },
              },
            }),
          ],
        },
      },
    },
  })

  test.for(CASES)('%s has the documented form', async ([, message]) => {
    const body = JSON.parse(await received('slack', message))

    expect(isValid(body), JSON.stringify(isValid.errors)).toBe(true)
  })

  test('shows what happened, why, the result and the next step', async () => {
    const { blocks } = JSON.parse(await received('slack', messages['a notice']!))
    const plain = (one: string) => ({ type: 'plain_text' as const, text: one, emoji: false })
    const expected: KnownBlock[] = [
      { type: 'header', text: plain(NOTICE.what) },
      { type: 'section', text: plain(`Reason: ${NOTICE.reason}`) },
      { type: 'section', text: plain(`Result: ${NOTICE.done}`) },
      { type: 'section', text: plain(`Next step: ${NOTICE.todo}`) },
      {
        type: 'context',
        elements: [
          plain('Flaghoist · project shop · change 812 · 2026-11-20T08:00:00.000Z'),
          {
            type: 'mrkdwn',
            text: '<https://flags.example/api/v1/projects/shop/rollouts/new-checkout-2026-11|Open>',
          },
        ],
      },
    ]

    expect(blocks).toEqual(expected)
  })

  test('mentions nobody, whatever people write', async () => {
    const message = messageOf('m', { ...NOTICE, what: '<!channel> <@U1>' }, undefined)
    const body = JSON.parse(await received('slack', message))

    expect(body.text).toBe('&lt;!channel&gt; &lt;@U1&gt;')
    expect(JSON.stringify(body.blocks)).not.toContain('mrkdwn')
  })
})

describe('a message for Microsoft Teams', () => {
  /** The parser of the official renderer; its ES modules do not load in Node.js. */
  const cards = createRequire(import.meta.url)(
    'adaptivecards/dist/adaptivecards.js',
  ) as typeof import('adaptivecards')

  const problemsOf = (content: object) => {
    const context = new cards.SerializationContext()
    const card = new cards.AdaptiveCard()
    card.parse(content, context)
    const events = Array.from({ length: context.eventCount }, (_, i) => context.getEventAt(i))
    const { validationEvents } = card.validateProperties()
    return [...events, ...validationEvents].map((event) => event.message)
  }

  test.for(CASES)('%s is a valid adaptive card below 28 KB', async ([, message]) => {
    const text = await received('teams', message)
    const { type, attachments } = JSON.parse(text)
    const [{ contentType, content }] = attachments

    expect([type, attachments.length, contentType]).toEqual([
      'message',
      1,
      'application/vnd.microsoft.card.adaptive',
    ])
    expect(problemsOf(content)).toEqual([])
    expect(Buffer.byteLength(text)).toBeLessThan(28_000)
  })

  test('an invalid card would be noticed', () => {
    const inlines = [{ type: 'TextRun', text: 'x', size: 'Huge' }]
    const body = [{ type: 'RichTextBlock', inlines }]

    expect(problemsOf({ type: 'AdaptiveCard', version: '1.4', body })).toHaveLength(1)
  })
})

describe('a message for Mattermost', () => {
  // From https://developers.mattermost.com/integrate/reference/message-attachments/.
  const isValid = new Ajv({ strict: true, strictRequired: false }).compile({
    type: 'object',
    required: ['attachments'],
    additionalProperties: false,
    properties: {
      attachments: {
        type: 'array',
        items: {
          type: 'object',
          required: ['fallback', 'title'],
          additionalProperties: false,
          properties: {
            fallback: { type: 'string', minLength: 1 },
            color: { type: 'string', pattern: '^#[0-9a-f]{6}$' },
            title: { type: 'string', minLength: 1 },
            title_link: { type: 'string' },
            footer: { type: 'string' },
            fields: {
              type: 'array',
              items: {
                type: 'object',
                required: ['title', 'value', 'short'],
                additionalProperties: false,
                properties: {
                  title: { type: 'string' },
                  value: { type: 'string' },
                  short: { type: 'boolean' },
                },
              },
            },
          },
        },
      },
    },
  })

  test.for(CASES)('%s has the documented form', async ([, message]) => {
    const text = await received('mattermost', message)

    expect(isValid(JSON.parse(text)), JSON.stringify(isValid.errors)).toBe(true)
    expect(text.length).toBeLessThan(16_383)
  })

  test('mentions nobody and formats nothing, whatever people write', async () => {
    const message = messageOf(
      'm',
      { ...NOTICE, reason: '@channel [x](https://e.example)' },
      undefined,
    )
    const { attachments } = JSON.parse(await received('mattermost', message))

    expect(attachments[0].fields[0].value).toBe('@\u200bchannel \\[x\\]\\(https://e.example\\)')
  })
})

describe('a webhook', () => {
  const short = CASES.filter(([name]) => !name.includes('long'))

  test.for(short)('%s is as short as Standard Webhooks recommend', async ([, message]) => {
    const text = await received('webhook', message)
    const { type, data } = JSON.parse(text)

    expect(type).toMatch(/^notice\./)
    expect(data).toBeTypeOf('object')
    expect(Buffer.byteLength(text)).toBeLessThan(20_000)
  })
})
