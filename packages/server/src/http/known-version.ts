import type { FastifyRequest } from 'fastify'
import type { Projects } from '../projects/projects.ts'

/**
 * Creates a hook that brings a project to the version that the client knows, named in
 * `flaghoist-version`. Of several servers, another one may have sent it. While the store cannot be
 * read, the request is answered from memory.
 */
export function reachKnownVersion(
  projects: Pick<Projects, 'catchUp'>,
): (request: FastifyRequest) => Promise<void> {
  return async ({ params, headers }) => {
    const { project } = params as { project?: string }
    const known = headers['flaghoist-version']
    if (project === undefined || typeof known !== 'string' || !/^\d{1,15}$/.test(known)) return
    // The route reports a project that does not exist.
    await projects.catchUp(project, Number(known)).catch(() => undefined)
  }
}
