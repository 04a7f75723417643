declare module 'parse-prometheus-text-format' {
  /** Parses families of metrics. Values are texts as they were written. */
  const parse: (text: string) => {
    readonly name: string
    readonly metrics: readonly {
      readonly value: string
      readonly labels?: Readonly<Record<string, string>>
    }[]
  }[]
  export = parse
}
