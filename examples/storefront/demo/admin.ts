/** A client for the part of the admin API that the demo uses. */
export function adminClient(server: string, key: string) {
  const base = `${server}/api/v1/projects/default`
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(base + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const answer = (await response.json()) as T & { detail?: string; hint?: string }
    if (!response.ok) throw new Error(`${method} ${path}: ${answer.detail} ${answer.hint}`)
    return answer
  }

  return {
    createInstance: (instance: string) => call('POST', '/instances', { key: instance }),
    createFlag: (flag: string) => call('POST', '/flags', { key: flag }),
    createServerKey: async (instance: string) => {
      const scope = `production/${instance}`
      const { secret } = await call<{ secret: string }>('POST', '/keys', {
        name: `${instance} shop`,
        kind: 'server',
        scope,
      })
      return secret
    },
    rollOut: (flag: string, instance: string, percent: number) =>
      call('PUT', `/flags/${flag}/layers/production/${instance}`, {
        on: true,
        rollout: { percent },
      }),
    kill: (flag: string, instance: string, reason: string) =>
      call<{ version: number }>(
        'POST',
        `/flags/${flag}/kill?reason=${encodeURIComponent(reason)}`,
        { scopes: [`production/${instance}`] },
      ),
    version: async () => (await call<{ version: number }>('GET', '')).version,
    propagation: (version: number) => call<Propagation>('GET', `/propagation?seq=${version}`),
  }
}

export type AdminClient = ReturnType<typeof adminClient>

export interface Propagation {
  readonly connected: number
  readonly confirmed: number
  readonly p50Ms?: number
  readonly maxMs?: number
}
