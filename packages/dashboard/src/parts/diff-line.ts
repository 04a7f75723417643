/** A member that a change sets, in words; without a side if it has no value there. */
export interface DiffLine {
  readonly member: string
  readonly before?: string
  readonly after?: string
}
