import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { errorCatalog } from '../../src/error-catalog.ts'
import { operationFinder } from '../declared-answers.ts'
import type { ApiDocument, ApiOperation } from '../openapi-operations.ts'
import type { RawAnswer } from './raw-connection.ts'
import type { FuzzRequest } from './requests.ts'

/** Returns the reason why a response breaks the promises of the API document; undefined if none. */
export type CheckAnswer = (request: FuzzRequest, answer: RawAnswer) => string | undefined

const PROBLEM = 'application/problem+json'
/** Failures of requests that reach no operation. */
const UNROUTED = ['HTTP_INVALID', 'HEADERS_TOO_LARGE', 'METHOD_NOT_ALLOWED', 'ROUTE_NOT_FOUND']

export function createAnswerCheck(document: ApiDocument): CheckAnswer {
  const operationOf = operationFinder(document)
  const schemaFault = createSchemaCheck(document)

  return (request, answer) => {
    const { status, body } = answer
    if (status >= 500) return `The status is ${status}.`
    if (request.method === 'HEAD')
      return body.length > 0 ? 'The response to HEAD has a body.' : undefined
    // The router refuses other paths before it looks for their operation.
    const operation = isDecodable(request) ? operationOf(request.method, request.path) : undefined
    const problem =
      status < 400 || isOfrepFailure(request, answer) ? undefined : readProblem(answer)
    if (typeof problem === 'string') return problem
    if (operation === undefined || UNROUTED.includes(problem?.code ?? '')) return undefined
    return schemaFault(operation, answer)
  }
}

function isDecodable({ path }: FuzzRequest): boolean {
  try {
    decodeURIComponent(path.split('?')[0]!)
    return true
  } catch {
    return false
  }
}

/** Failures of the operations of OFREP have the format of OFREP. */
const isOfrepFailure = ({ path }: FuzzRequest, { headers }: RawAnswer) =>
  path.startsWith('/ofrep/') && headers['content-type']?.startsWith('application/json')

/** Reads a failure, which has a known code and a hint; otherwise returns what it lacks. */
function readProblem({ status, headers, body }: RawAnswer): { code: string } | string {
  if (!headers['content-type']?.startsWith(PROBLEM)) return `The failure is not ${PROBLEM}.`
  const problem = JSON.parse(body.toString())
  if (!Object.hasOwn(errorCatalog, problem.code)) return `${problem.code} is not a known code.`
  if (problem.status !== status)
    return `The problem has the status ${problem.status}, and the response ${status}.`
  return problem.hint.length > 0 && problem.detail.length > 0
    ? problem
    : 'The problem lacks a hint or a detail.'
}

type SchemaCheck = (operation: ApiOperation, answer: RawAnswer) => string | undefined

/** Validates bodies by the schemas of the document itself. */
function createSchemaCheck(document: ApiDocument): SchemaCheck {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, inlineRefs: false })
  ajv.addSchema(document, 'api')
  const known = new Map<string, ValidateFunction>()
  const validatorOf = (operation: ApiOperation, status: number, type: string) => {
    const schema = operation.responses[status]?.content?.[type]?.schema
    if (schema === undefined) return undefined
    const pointer = schema.$ref ?? pointerTo(operation, status, type)
    if (!known.has(pointer)) known.set(pointer, ajv.compile({ $ref: `api${pointer}` }))
    return known.get(pointer)
  }

  return (operation, { status, headers, body }) => {
    const type = headers['content-type']?.split(';')[0] ?? ''
    if (!(status in operation.responses))
      return `${operation.operationId} does not declare ${status}.`
    const declared = operation.responses[status]!.content
    if (declared === undefined || body.length === 0) return undefined
    if (!(type in declared))
      return `${operation.operationId} does not declare ${type} for ${status}.`
    if (!type.endsWith('json') || headers['content-encoding'] !== undefined) return undefined
    const validator = validatorOf(operation, status, type)
    if (validator === undefined || validator(JSON.parse(body.toString()))) return undefined
    return `The body does not match the schema: ${ajv.errorsText(validator.errors)}`
  }
}

function pointerTo({ path, method }: ApiOperation, status: number, type: string): string {
  const inPaths = [
    path,
    method.toLowerCase(),
    'responses',
    String(status),
    'content',
    type,
    'schema',
  ]
  const parts = ['paths', ...inPaths].map((part) =>
    part.replaceAll('~', '~0').replaceAll('/', '~1'),
  )
  return `#/${parts.map(encodeURIComponent).join('/')}`
}
