/** A customer. */
export interface User {
  readonly id: string
  readonly name: string
  /** Earlier orders, the latest first. */
  readonly orders: readonly string[]
}

/** All customers: a small shop knows them by name. */
export const USERS: readonly User[] = [
  { id: 'ada', name: 'Ada', orders: ['Espresso beans', 'Filter papers'] },
  { id: 'bob', name: 'Bob', orders: ['Green tea'] },
  { id: 'cy', name: 'Cy', orders: [] },
  { id: 'dee', name: 'Dee', orders: [] },
]

export const userById = (id: string | undefined): User | undefined =>
  USERS.find((user) => user.id === id)
