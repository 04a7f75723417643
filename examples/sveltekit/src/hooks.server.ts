import { flagHandle } from '@flaghoist/svelte/kit'
import { type Handle, sequence } from '@sveltejs/kit/hooks'
import { flags, page } from '#lib/flags.server.ts'
import { userById } from '#lib/users.ts'

/** Reads the logged-in customer from the cookie. */
const login: Handle = ({ event, resolve }) => {
  event.locals.user = userById(event.cookies.get('user'))
  return resolve(event)
}

/** Waits for a ruleset, at most two seconds: the shop opens in any case. */
export const init = async () => void (await flags.ready({ timeout: 2_000 }))

export const handle = sequence(
  login,
  flagHandle({ flags, page, context: ({ locals }) => ({ targetingKey: locals.user?.id }) }),
)
