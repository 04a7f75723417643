const clause = (attribute: string, op: string, ...values: string[]) => ({ attribute, op, values })

/** A flag with three variants, whose users are chosen by rules. */
export const RANKING = {
  key: 'search-ranking',
  type: 'string',
  kind: 'experiment',
  owner: 'Dan',
  description: 'Order of search results',
  tags: { team: 'dan' },
  clientVisible: true,
  variants: [
    { key: 'classic', value: 'bm25', description: 'By the words of the query' },
    { key: 'semantic', value: 'vectors-2', description: 'By its meaning' },
    { key: 'hybrid', value: 'vectors-2+bm25' },
  ],
  layers: {
    '*': { off: 'classic', fallthrough: { variant: 'classic' } },
    production: {
      on: true,
      rules: [
        {
          id: 'staff',
          name: 'Staff first',
          when: [[clause('email', 'endsWith', '@shop.example')]],
          serve: { variant: 'hybrid' },
        },
        {
          id: 'paying',
          name: 'Paying customers',
          when: [
            [
              clause('plan', 'in', 'pro', 'enterprise'),
              { ...clause('country', 'in', 'de', 'at', 'ch'), negate: true },
            ],
          ],
          serve: { percent: { classic: 50, semantic: 30, hybrid: 20 } },
        },
        {
          id: 'new-app',
          when: [[clause('app.version', 'semverGte', '2.4.0')]],
          serve: { variant: 'semantic' },
        },
      ],
    },
    'production/acme': {
      rules: [],
      note: { reason: 'Acme compares the rankings itself until the spring', owner: 'Dan' },
    },
  },
}
