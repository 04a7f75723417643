/** The identity of a caller, as far as tests read it. */
export interface Identity {
  readonly key: { readonly id: string }
  readonly session: { readonly id: string }
  readonly csrfToken: string
}

/** A page in a browser that has signed in. */
export interface SignedIn {
  readonly identity: Identity
  /** The headers of its requests. */
  readonly headers: Readonly<Record<'cookie' | 'flaghoist-csrf', string>>
}

export async function signIn(url: string, key: string, person?: string): Promise<SignedIn> {
  const response = await fetch(`${url}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ key, person }),
  })
  const text = await response.text()
  if (response.status !== 201) throw new Error(text)
  const identity = JSON.parse(text) as Identity
  const [cookie] = response.headers.get('set-cookie')!.split(';')
  return { identity, headers: { cookie: cookie!, 'flaghoist-csrf': identity.csrfToken } }
}
