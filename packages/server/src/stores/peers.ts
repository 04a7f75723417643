/** The answers to a question, and the servers that it was sent to. */
export interface PeerAnswers {
  readonly answers: readonly string[]
  /** Number of servers on the same stores, this one included. */
  readonly servers: number
}

/** The servers on the same stores. They ask each other rarely, and rely on no answer. */
export interface Peers {
  /** Returns the number of servers that have joined and are there now. */
  count(): Promise<number>
  /** Asks all other servers, and waits for their answers for a limited time. */
  ask(question: string): Promise<PeerAnswers>
  /**
   * Joins the servers, with a function that answers the questions of the others. Until then, this
   * process is none of them: a command may read and write the same stores.
   */
  answerWith(answer: (question: string) => Promise<string>): Promise<void>
}
