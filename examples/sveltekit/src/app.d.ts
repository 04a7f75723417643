import type { User } from '#lib/users.ts'

declare global {
  namespace App {
    interface Locals {
      /** The logged-in customer. `flagHandle` adds `flaghoist` and `flags`. */
      user: User | undefined
    }
  }
}
