/** The parts of the API document that tests read. */
export interface ApiDocument {
  readonly openapi: string
  readonly info: { readonly title: string; readonly description: string }
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: Record<string, Record<string, Omit<ApiOperation, 'path' | 'method'>>>
  readonly components: { readonly schemas: Record<string, ApiSchema> }
}

export interface ApiOperation {
  readonly path: string
  readonly method: string
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly tags: readonly string[]
  readonly parameters?: readonly ApiParameter[]
  readonly requestBody?: { readonly content: Record<string, { readonly schema: ApiSchema }> }
  readonly responses: Record<
    string,
    { readonly description: string; readonly content?: Record<string, { schema: ApiSchema }> }
  >
  readonly 'x-codeSamples': readonly { readonly label: string; readonly source: string }[]
}

export interface ApiParameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly description?: string
  readonly example?: unknown
  readonly schema: ApiSchema
}

export interface ApiSchema {
  readonly $ref?: string
  readonly const?: unknown
  readonly description?: string
  readonly example?: unknown
  readonly properties?: Record<string, ApiSchema>
  readonly items?: ApiSchema
  readonly additionalProperties?: ApiSchema | boolean
  readonly anyOf?: readonly ApiSchema[]
  readonly oneOf?: readonly ApiSchema[]
  readonly prefixItems?: readonly ApiSchema[]
}

export async function loadDocument(url: string): Promise<ApiDocument> {
  const response = await fetch(`${url}/openapi.json`)
  return (await response.json()) as ApiDocument
}

export function operationsOf({ paths }: ApiDocument): readonly ApiOperation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  )
}
