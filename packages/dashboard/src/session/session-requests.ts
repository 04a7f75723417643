import { api, bodyOf, type Schema } from '../api/client.ts'

/** The caller: a key, the projects that it sees, and its session in this browser. */
export type Identity = Schema<'Identity'>

export const readSession = (): Promise<Identity> => bodyOf(api.GET('/api/v1/session', {}))

/** @param person name that stands in the change log beside that of the key; may be empty */
export const openSession = (key: string, person: string): Promise<Identity> =>
  bodyOf(api.POST('/api/v1/session', { body: { key, ...(person && { person }) } }))

export async function endSession(): Promise<void> {
  await bodyOf(api.DELETE('/api/v1/session', {}))
}
