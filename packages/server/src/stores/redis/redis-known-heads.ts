import type { LogHead, LogNews } from '../change-log.ts'
import { headOfDeleted } from '../log-rules.ts'

/** The latest heads of one shard that were announced: none is announced twice. */
export interface KnownHeads {
  /** Returns the head of a project that was announced last. */
  find(project: string): LogHead | undefined
  /** The logs that were missing without a deletion when the heads were compared last. */
  readonly lost: readonly LogHead[]
  /** Announces a head that is news. */
  tell(news: LogNews): void
  /**
   * Announces what present heads show. A log that is missing without a deletion was lost by Redis:
   * it is not announced, so that the servers serve what they have.
   */
  compare(present: readonly LogNews[], isDeleted: (log: LogHead) => Promise<boolean>): Promise<void>
}

export function createKnownHeads(announce: (news: LogNews) => void): KnownHeads {
  const heads = new Map<string, LogHead>()
  let lost: readonly LogHead[] = []

  const tell = (news: LogNews) => {
    const { project, epoch, version } = news
    const known = heads.get(project)
    if (epoch === '') heads.delete(project)
    else heads.set(project, { project, epoch, version })
    const isSameLog = known?.epoch === epoch
    if (isSameLog && known.version > version) announce({ ...news, mayHaveLost: true })
    else if (!isSameLog || known.version < version || news.mayHaveLost) announce(news)
  }
  return {
    find: (project) => heads.get(project),
    get lost() {
      return lost
    },
    tell,
    async compare(present, isDeleted) {
      const epochs = new Map(present.map(({ project, epoch }) => [project, epoch]))
      const missing: LogHead[] = []
      for (const known of heads.values()) {
        if (epochs.get(known.project) === known.epoch) continue
        if (await isDeleted(known)) tell(headOfDeleted(known))
        else if (!epochs.has(known.project)) missing.push(known)
      }
      lost = missing
      // The creation of a log is no news: its first change is.
      for (const head of present) if (head.version > 0) tell(head)
    },
  }
}
