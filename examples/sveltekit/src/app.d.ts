import type { User } from '#lib/users.ts'

declare global {
  namespace App {
    interface Locals {
      /** Whoever has logged in; `flagHandle` adds `flags`. */
      user: User | undefined
    }
  }
}
