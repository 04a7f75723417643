/** The parts of an OpenAPI operation that its code samples are made of. */
export interface SampledOperation {
  parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly required?: boolean
    readonly schema?: unknown
    readonly example?: unknown
  }[]
  requestBody?: { required?: boolean; content?: Record<string, { schema?: unknown }> }
  responses?: Record<string, { content?: Record<string, unknown> }>
  security?: readonly unknown[]
  'x-codeSamples'?: readonly CodeSample[]
}

export interface CodeSample {
  readonly lang: 'Shell' | 'JavaScript'
  readonly label: string
  readonly source: string
}

export interface SampleSource {
  readonly method: string
  readonly path: string
  /** Address of the server, without a path. */
  readonly server: string
  readonly operation: SampledOperation
  /** Returns the example of a schema, also behind a reference. */
  readonly exampleOf: (schema: unknown) => unknown
}

/** A request that a sample shows. */
interface SampleRequest {
  readonly method: string
  readonly url: string
  readonly needsKey: boolean
  readonly body: unknown
  readonly reading: Reading
}

/** The way to read a response: curl's options, and code. */
interface Reading {
  readonly curl: string
  readonly code: string
}

/** Returns a curl and a JavaScript sample of an operation, filled with its examples. */
export function codeSamples(source: SampleSource): readonly CodeSample[] {
  const { method, server, operation, exampleOf } = source
  const request = {
    method: method.toUpperCase(),
    url: server + pathWith(source),
    needsKey: operation.security?.length !== 0,
    body: exampleOf(operation.requestBody?.content?.['application/json']?.schema),
    reading: readingOf(operation),
  }
  return [
    { lang: 'Shell', label: 'curl', source: curlSample(request) },
    { lang: 'JavaScript', label: 'JavaScript', source: fetchSample(request) },
  ]
}

/** Fills the parameters of a path, and the required ones of its query. */
function pathWith({ path, operation: { parameters = [] }, exampleOf }: SampleSource): string {
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

function curlSample({ method, url, needsKey, body, reading }: SampleRequest): string {
  const flags = `${reading.curl}${method === 'GET' ? '' : `-X ${method} `}`
  return [
    `curl ${flags}'${url}'`,
    ...(needsKey ? [`-H "authorization: Bearer $FLAGHOIST_KEY"`] : []),
    ...(body === undefined
      ? []
      : [`-H 'content-type: application/json'`, `-d '${shellQuoted(indented(body))}'`]),
  ].join(' \\\n  ')
}

function fetchSample({ method, url, needsKey, body, reading }: SampleRequest): string {
  const headers = [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the sample holds a template of its own
    ...(needsKey ? ['    authorization: `Bearer ${process.env.FLAGHOIST_KEY}`,'] : []),
    ...(body === undefined ? [] : [`    'content-type': 'application/json',`]),
  ]
  const members = [
    ...(method === 'GET' ? [] : [`  method: '${method}',`]),
    ...(headers.length === 0 ? [] : ['  headers: {', ...headers, '  },']),
    ...(body === undefined ? [] : [`  body: JSON.stringify(${indented(body)}),`]),
  ]
  const options = members.length === 0 ? '' : `, {\n${members.join('\n')}\n}`
  return `const response = await fetch('${url}'${options})\n${reading.code}`
}

function readingOf({ responses }: SampledOperation): Reading {
  const [type = ''] = Object.keys(responses?.[200]?.content ?? {})
  return READINGS[type] ?? READ_JSON
}

const READ_JSON: Reading = {
  curl: '',
  code: 'console.log(response.status, await response.json())',
}
const READINGS: Readonly<Record<string, Reading>> = {
  'text/event-stream': {
    curl: '--no-buffer ',
    code: `const events = response.body.pipeThrough(new TextDecoderStream())
for await (const text of events) console.log(text)`,
  },
  'text/plain': {
    curl: '',
    code: 'console.log(response.status, await response.text())',
  },
  'application/vnd.sqlite3': {
    curl: '-o flaghoist.db ',
    code: 'console.log(response.status, (await response.arrayBuffer()).byteLength)',
  },
}

const indented = (body: unknown) => JSON.stringify(body, null, 2).replaceAll('\n', '\n  ')
const shellQuoted = (text: string) => text.replaceAll("'", `'\\''`)
