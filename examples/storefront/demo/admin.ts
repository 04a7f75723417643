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
    createInstance: (instance: string, tags: Record<string, string> = {}) =>
      call('POST', '/instances', { key: instance, tags }),
    createSegment: (segment: string, include: readonly string[]) =>
      call('POST', '/segments', { key: segment, include }),
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
    subscribe: (url: string, events: readonly string[]) =>
      call('POST', '/subscriptions', { key: 'demo', channel: 'webhook', url, events }),
    startRollout: (rollout: object) => call<Rollout>('POST', '/rollouts', rollout),
    rollout: (key: string) => call<Rollout>('GET', `/rollouts/${key}`),
    timeline: async (key: string) =>
      (await call<{ items: Decision[] }>('GET', `/rollouts/${key}/timeline`)).items.reverse(),
    version: async () => (await call<{ version: number }>('GET', '')).version,
    propagation: (version: number) => call<Propagation>('GET', `/propagation?seq=${version}`),
  }
}

export type AdminClient = ReturnType<typeof adminClient>

/** A rollout, as far as the demo reads it. */
export interface Rollout {
  readonly key: string
  readonly status: string
  readonly runs: readonly {
    readonly scope: string
    readonly state: string
    readonly owner?: string
  }[]
}

/** A decision about a rollout. */
export interface Decision {
  readonly at: string
  readonly action: string
  readonly scope?: string
  readonly state?: string
  readonly reason?: string
}

export interface Propagation {
  readonly connected: number
  readonly confirmed: number
  readonly p50Ms?: number
  readonly maxMs?: number
}
