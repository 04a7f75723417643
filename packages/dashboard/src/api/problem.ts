import type { components } from './schema.d.ts'

/** The response to a failed request. */
export type Problem = Pick<
  components['schemas']['Problem'],
  'status' | 'title' | 'detail' | 'hint' | 'code' | 'issues'
> & { readonly requestId?: string }

/** A request that failed, with the words of the server. */
export class RequestError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }
}

/** Returns the problem of a failure, also of one without a response. */
export function problemOf(error: unknown): Problem {
  return error instanceof RequestError ? error.problem : unreachable(error)
}

/** Returns the words of a failure in one line, for a message that has no room for a box. */
export function problemText(error: unknown): string {
  const { detail, hint } = problemOf(error)
  return `${detail} ${hint}`
}

/** Returns the problem of a response without a problem document, such as that of a proxy. */
export function unknownProblem({ status, statusText }: Response): Problem {
  return {
    status,
    code: 'UNKNOWN_RESPONSE',
    title: statusText || `Status ${status}`,
    detail: `The response with status ${status} is not from a Flaghoist server.`,
    hint: 'Check the proxy in front of the server.',
  }
}

export function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'hint' in body
}

function unreachable(error: unknown): Problem {
  return {
    status: 0,
    code: 'SERVER_UNREACHABLE',
    title: 'Server unreachable',
    detail: `The server did not respond: ${error instanceof Error ? error.message : String(error)}.`,
    hint: 'Check your network, then retry.',
  }
}
