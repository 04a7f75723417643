import type { Ending } from './ending.ts'
import type { RulesetHolder } from './holder.ts'
import type { HttpRequest, Platform } from './platform.ts'
import { createWatch, type Watch } from './watch.ts'

/** What the requests of one client have in common. */
export interface Endpoint {
  readonly platform: Platform
  readonly holder: RulesetHolder
  readonly request: (path: string) => HttpRequest
}

export interface AttemptHandlers {
  /** Something usable came: the connection works. */
  onHeard(): void
  /** Called once, unless the attempt was given up. */
  onEnd(ending: Ending): void
}

/** One request for rulesets, from its start to its only end. */
export interface Attempt {
  readonly watch: Watch
  readonly isOver: boolean
  /** What has to be aborted when it ends. */
  use(abort: () => void): void
  end(ending: Ending): void
  giveUp(): void
}

/** Until a response, or the first event of a stream, has come. */
export const FIRST_FRAME_MS = 5_000
/** Without a byte, where some have come or a whole ruleset is fetched. */
export const SILENCE_MS = 20_000

export function createAttempt(platform: Platform, onEnd: (ending: Ending) => void): Attempt {
  const watch = createWatch(platform)
  let isOver = false
  let abort = () => {}
  const giveUp = () => {
    isOver = true
    watch.stop()
    abort()
  }

  return {
    watch,
    get isOver() {
      return isOver
    },
    use(next) {
      abort = next
    },
    end(ending) {
      if (isOver) return
      giveUp()
      onEnd(ending)
    },
    giveUp,
  }
}
