import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from './http-server.ts'
import {
  type ApiDocument,
  type ApiSchema,
  loadDocument,
  operationsOf,
} from './openapi-operations.ts'

describe('the texts of the API document', () => {
  let server: TestServer
  let document: ApiDocument

  beforeAll(async () => {
    server = await startTestServer()
    document = await loadDocument(server.url)
  })
  afterAll(() => server[Symbol.asyncDispose]())

  test('open with an introduction', () => {
    const { title, description } = document.info

    expect(title).toBe('Flaghoist API')
    for (const word of ['project', 'scope', 'layer', 'rollout', 'fallthrough', 'Authorization'])
      expect(description).toContain(word)
  })

  test('start each summary with a verb, and end it without a full stop', () => {
    for (const { operationId, summary } of operationsOf(document))
      expect([operationId, summary]).toEqual([
        operationId,
        expect.stringMatching(
          /^(Abort|Adopt|Advance|Archive|Check|Count|Create|Delete|End|Evaluate|Export|Finish|Get|Import|Kill|List|Pause|Preview|Quarantine|Replace|Resolve|Restore|Resume|Retry|Revert|Revoke|Roll|Send|Skip|Start|Stream|Unarchive|Update) .*[^.]$/,
        ),
      ])
  })

  test('describe every operation in whole sentences', () => {
    for (const { operationId, description = 'Absent.' } of operationsOf(document))
      expect([operationId, description]).toEqual([operationId, expect.stringMatching(/^\S.*\.$/s)])
  })

  test('describe every group of operations', () => {
    const used = new Set(operationsOf(document).flatMap(({ tags }) => tags))

    expect(document.tags.map(({ name }) => name).sort()).toEqual([...used].sort())
    for (const { name, description } of document.tags)
      expect([name, description]).toEqual([name, expect.stringMatching(/^\S.*\.$/)])
  })

  test('describe every parameter, with an example for each required one', () => {
    const parameters = operationsOf(document).flatMap(({ operationId, parameters = [] }) =>
      parameters.map((parameter) => ({ id: `${operationId}.${parameter.name}`, ...parameter })),
    )
    const undescribed = parameters.filter(({ description }) => !isDescription(description))
    const withoutExample = parameters.filter(
      ({ required, example }) => required && example === undefined,
    )

    expect(parameters.length).toBeGreaterThan(100)
    expect(undescribed.map(({ id }) => id)).toEqual([])
    expect(withoutExample.map(({ id }) => id)).toEqual([
      'streamRefetches.token', // A token is issued by a bulk evaluation and expires.
    ])
  })

  test('describe every schema and every member of requests and responses', () => {
    const roots = operationsOf(document).flatMap(({ operationId, requestBody, responses }) => [
      ...Object.values(requestBody?.content ?? {}).map(
        ({ schema }) => [`${operationId} request`, schema] as const,
      ),
      ...Object.entries(responses).flatMap(([status, { content = {} }]) =>
        Object.values(content).map(({ schema }) => [`${operationId} ${status}`, schema] as const),
      ),
    ])
    const named = Object.entries(document.components.schemas)
    const members = [...roots, ...named].flatMap(([name, schema]) => membersOf(name, schema))
    const undescribed = members.filter(([, schema]) => !isDescription(schema.description))

    expect(members.length).toBeGreaterThan(300)
    expect(named.filter(([, { description }]) => !isDescription(description))).toEqual([])
    expect(undescribed.map(([name]) => name).sort()).toEqual([])
  })

  test('give every request body an example', () => {
    const bodies = operationsOf(document).filter(({ requestBody }) => requestBody !== undefined)
    const withoutExample = bodies.filter(({ requestBody }) => {
      const { schema } = Object.values(requestBody!.content)[0]!
      const target = document.components.schemas[schema.$ref?.split('/').at(-1) ?? '']
      return (schema.example ?? target?.example) === undefined
    })

    expect(bodies.length).toBeGreaterThan(15)
    expect(withoutExample.map(({ operationId }) => operationId)).toEqual([])
  })
})

/** A noun phrase: no question word, no full stop, and not the default of a library. */
function isDescription(text: string | undefined): boolean {
  return text !== undefined && /^(?!(?:What|Who|Whether|Default Response)\b)\S.*[^.]$/s.test(text)
}

/** Every member of a schema and of the schemas in it. References lead to schemas of their own. */
function membersOf(name: string, schema: ApiSchema): readonly (readonly [string, ApiSchema])[] {
  const own = Object.entries(schema.properties ?? {}).map(
    ([key, member]) => [`${name}.${key}`, member] as const,
  )
  const { items, additionalProperties } = schema
  const parts = [
    ...(items === undefined ? [] : [items]),
    ...(typeof additionalProperties === 'object' ? [additionalProperties] : []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
    ...(schema.prefixItems ?? []),
  ]
  return [
    ...own,
    ...own.flatMap(([path, member]) => membersOf(path, member)),
    ...parts.flatMap((part) => membersOf(`${name}[]`, part)),
  ]
}
