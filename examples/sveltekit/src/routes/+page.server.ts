import { redirect } from '@sveltejs/kit'
import { userById } from '#lib/users.ts'
import type { Actions } from './$types'

export const actions: Actions = {
  async login({ request, cookies }) {
    const user = userById(String((await request.formData()).get('user')))
    if (user === undefined) cookies.delete('user', { path: '/' })
    else cookies.set('user', user.id, { path: '/' })
    redirect(303, '/')
  },
}
