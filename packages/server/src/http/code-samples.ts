/** The parts of an OpenAPI operation that its code samples are made of. */
export interface SampledOperation {
  parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly required?: boolean
    readonly schema?: unknown
    readonly example?: unknown
  }[]
  requestBody?: { content?: Record<string, { schema?: unknown }> }
  security?: readonly unknown[]
  'x-codeSamples'?: readonly CodeSample[]
}

export interface CodeSample {
  readonly lang: 'Shell' | 'JavaScript'
  readonly label: string
  readonly source: string
}

/** A request that a sample shows. */
interface SampleRequest {
  readonly method: string
  readonly url: string
  readonly needsKey: boolean
  readonly body: unknown
}

/** The address of a server with its default settings. */
const SERVER = 'http://127.0.0.1:4400'

/**
 * Returns a curl and a JavaScript sample of an operation, filled with its examples.
 * @param examplesOf returns the example of a schema, also behind a reference
 */
export function codeSamples(
  [method, path]: readonly [method: string, path: string],
  operation: SampledOperation,
  exampleOf: (schema: unknown) => unknown,
): readonly CodeSample[] {
  const request = {
    method: method.toUpperCase(),
    url: SERVER + pathWith(path, operation, exampleOf),
    needsKey: operation.security?.length !== 0,
    body: exampleOf(operation.requestBody?.content?.['application/json']?.schema),
  }
  return [
    { lang: 'Shell', label: 'curl', source: curlSample(request) },
    { lang: 'JavaScript', label: 'JavaScript', source: fetchSample(request) },
  ]
}

/** Fills the parameters of a path, and the required ones of its query. */
function pathWith(
  path: string,
  { parameters = [] }: SampledOperation,
  exampleOf: (schema: unknown) => unknown,
): string {
  const textOf = (name: string) => {
    const parameter = parameters.find((one) => one.name === name)
    return String(parameter?.example ?? exampleOf(parameter?.schema) ?? `<${name}>`)
  }
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => textOf(name))
  const query = parameters
    .filter(({ in: place, required }) => place === 'query' && required)
    .map(({ name }) => `${name}=${encodeURIComponent(textOf(name))}`)
  return query.length === 0 ? filled : `${filled}?${query.join('&')}`
}

function curlSample({ method, url, needsKey, body }: SampleRequest): string {
  return [
    `curl ${method === 'GET' ? '' : `-X ${method} `}'${url}'`,
    ...(needsKey ? [`-H "authorization: Bearer $FLAGHOIST_KEY"`] : []),
    ...(body === undefined
      ? []
      : [`-H 'content-type: application/json'`, `-d '${JSON.stringify(body)}'`]),
  ].join(' \\\n  ')
}

function fetchSample({ method, url, needsKey, body }: SampleRequest): string {
  const headers = [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the sample holds a template of its own
    ...(needsKey ? ['    authorization: `Bearer ${process.env.FLAGHOIST_KEY}`,'] : []),
    ...(body === undefined ? [] : [`    'content-type': 'application/json',`]),
  ]
  const members = [
    ...(method === 'GET' ? [] : [`  method: '${method}',`]),
    ...(headers.length === 0 ? [] : ['  headers: {', ...headers, '  },']),
    ...(body === undefined ? [] : [`  body: JSON.stringify(${JSON.stringify(body)}),`]),
  ]
  const options = members.length === 0 ? '' : `, {\n${members.join('\n')}\n}`
  return `const response = await fetch('${url}'${options})\nconsole.log(response.status, await response.json())`
}
