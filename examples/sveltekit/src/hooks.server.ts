import { flagHandle } from '@flaghoist/svelte/kit'
import { type Handle, sequence } from '@sveltejs/kit/hooks'
import { flags, page } from '#lib/flags.server.ts'
import { userById } from '#lib/users.ts'

/** Finds out who has logged in. */
const login: Handle = ({ event, resolve }) => {
  event.locals.user = userById(event.cookies.get('user'))
  return resolve(event)
}

/** Once there is a ruleset, or after two seconds without: the shop opens in any case. */
export const init = async () => void (await flags.ready({ timeout: 2_000 }))

export const handle = sequence(
  login,
  flagHandle({ flags, page, context: ({ locals }) => ({ targetingKey: locals.user?.id }) }),
)
