/** The flag and the scope that the dialog begins with. */
export interface KillTarget {
  readonly flag?: string | undefined
  readonly scope?: string | undefined
}

let focused = $state.raw<KillTarget>({})
let current = $state.raw<KillTarget>()

export const killTarget = {
  /** Target of the open dialog; undefined while it is closed. */
  get current() {
    return current
  },
}

/** Notes the flag and scope that a person looks at, so that ⇧K begins with them. */
export function focusKill(target: KillTarget): void {
  focused = target
}

/** Opens the dialog for a target, by default the focused one. */
export function openKill(target: KillTarget = focused): void {
  current = target
}

export function closeKill(): void {
  current = undefined
}
