/** A flag of the sample project. */
export interface SampleFlag {
  readonly key: string
  readonly owner: string
  readonly description: string
  readonly kind?: 'release' | 'experiment' | 'ops' | 'permission' | 'config'
  /**
   * Scopes with a layer: `production` is on there, `-production/acme` off, `production:25` on for a
   * share in percent, and `production?plan=pro` on for contexts with this attribute.
   */
  readonly scopes: string
}

const EARLY = 'dev test'
const LATE = `${EARLY} uat staging`
const ALL = `${LATE} production`

type Row = readonly [key: string, owner: string, description: string, scopes: string]

const of = (kind: SampleFlag['kind'], rows: readonly Row[]): readonly SampleFlag[] =>
  rows.map(([key, owner, description, scopes]) => ({
    key,
    owner,
    description,
    scopes,
    ...(kind && { kind }),
  }))

/** Boolean flags of the sample project, by kind. */
export const FLAGS: readonly SampleFlag[] = [
  ...of('release', [
    ['new-checkout', 'Ada', 'Checkout on one page', LATE],
    ['fast-search', 'Dan', 'Search from the new index', LATE],
    [
      'ledger-2',
      'Bob',
      'Second generation of the ledger',
      `${LATE} production:40 production/acme -production/hooli`,
    ],
    [
      'tax-engine-v3',
      'Bob',
      'Tax rules by country and date',
      `${LATE} production/acme production/globex production:10`,
    ],
    ['dark-theme', 'Cy', 'Dark theme of the shop', ALL],
    ['pdf-export', 'Eve', 'Invoices as PDF', EARLY],
    ['bulk-import', 'Eve', 'Import of orders from files', `${ALL} -production/soylent`],
    ['address-check', 'Ada', 'Check of addresses while people type', LATE],
    ['apple-pay', 'Ada', 'Payment with Apple Pay', `${LATE} production:25`],
    ['gift-cards', 'Ada', 'Gift cards as a payment', `${LATE} production/umbrella`],
    ['guest-checkout', 'Ada', 'Orders without an account', ALL],
    ['one-click-reorder', 'Ada', 'Repeat an order from the history', EARLY],
    ['partial-refunds', 'Bob', 'Refunds of single positions', `${ALL} -production/stark`],
    ['invoice-batches', 'Bob', 'Invoices of a month in one run', LATE],
    ['sepa-direct-debit', 'Bob', 'Payment by SEPA direct debit', `${LATE} production?country=de`],
    ['multi-currency', 'Bob', 'Prices in the currency of the buyer', `${EARLY} uat`],
    ['price-history', 'Cy', 'Lowest price of the last 30 days', ALL],
    ['product-compare', 'Cy', 'Comparison of up to four products', `${LATE} production:50`],
    ['image-zoom', 'Cy', 'Zoom into pictures of products', ALL],
    ['video-reviews', 'Cy', 'Reviews with a video', EARLY],
    [
      'saved-carts',
      'Cy',
      'Carts that wait on every device',
      `${LATE} production/acme production/wayne`,
    ],
    ['search-synonyms', 'Dan', 'Synonyms of the search', ALL],
    ['search-by-image', 'Dan', 'Search with a photograph', 'dev'],
    ['stock-by-shelf', 'Dan', 'Stock of each shelf', `${LATE} production:5`],
    ['pick-routes', 'Dan', 'Shortest route of a picker', `${EARLY} uat`],
    ['label-printing-v2', 'Dan', 'Labels from the browser', `${ALL} -production/hooli`],
    ['return-portal', 'Eve', 'Returns that buyers begin themselves', `${LATE} production:75`],
    ['delivery-slots', 'Eve', 'Choice of a delivery slot', LATE],
    ['carbon-footprint', 'Eve', 'Footprint of a delivery', 'dev'],
    ['audit-export', 'Eve', 'Export of the audit log', ALL],
    [
      'sso-login',
      'Eve',
      'Sign-in by the identity provider of a customer',
      `${LATE} production/acme production/initech production/umbrella`,
    ],
    ['webhooks-v2', 'Eve', 'Signed webhooks with retries', `${LATE} production:60`],
    ['order-timeline', 'Cy', 'Timeline of an order', ALL],
    ['loyalty-points', 'Ada', 'Points for orders', EARLY],
    ['dynamic-shipping', 'Dan', 'Shipping costs by distance', `${LATE} -production`],
    ['supplier-portal', 'Eve', 'Orders of suppliers', `${EARLY} uat`],
  ]),
  ...of('experiment', [
    ['checkout-button-colour', 'Ada', 'Button of the checkout', `${LATE} production:50`],
    ['free-shipping-hint', 'Cy', 'Hint to the limit of free shipping', `${LATE} production:50`],
    ['short-sign-up', 'Cy', 'Sign-up with three fields', `${LATE} production:50`],
    ['newsletter-popup', 'Cy', 'Window for the newsletter', `${LATE} -production`],
    ['recommendation-model', 'Dan', 'Model of the recommendations', `${LATE} production:30`],
  ]),
  ...of('ops', [
    ['slow-import-guard', 'Ops', 'Stops imports that lock the database', ALL],
    ['read-from-replica', 'Ops', 'Reports read from the replica', ALL],
    ['queue-batching', 'Ops', 'Batches of the queue', `${LATE} production/acme`],
    ['verbose-payment-log', 'Ops', 'Log of every payment step', 'dev'],
    ['cdn-images', 'Ops', 'Pictures from the CDN', ALL],
    ['cache-prices', 'Ops', 'Cache of prices for a minute', `${ALL} -production/globex`],
    ['rate-limit-search', 'Ops', 'Limit of searches per minute', ALL],
    ['new-mail-relay', 'Ops', 'Mail by the new relay', `${LATE} production:10`],
  ]),
  ...of('permission', [
    ['beta-reports', 'Eve', 'Reports for pilot customers', `${LATE} production?plan=enterprise`],
    ['api-write-access', 'Eve', 'Writing by the API', `${LATE} production?plan=enterprise`],
    ['custom-roles', 'Eve', 'Roles that customers define', `${LATE} production?plan=enterprise`],
    [
      'white-label',
      'Cy',
      'Logo and colours of the customer',
      `${LATE} production/umbrella production/stark`,
    ],
    ['export-raw-data', 'Bob', 'Export of raw data', `${LATE} production/acme`],
  ]),
  ...of('config', [
    ['support-chat', 'Eve', 'Chat with the support', ALL],
    ['holiday-banner', 'Cy', 'Banner of the season', `${LATE} production:100`],
    ['strict-passwords', 'Ops', 'Passwords with twelve characters', ALL],
    ['new-invoice-layout', 'Bob', 'Layout of invoices', `${LATE} production/initech`],
    ['weekly-digest', 'Cy', 'Mail with the week of an account', ALL],
  ]),
]

/** Flags of the sample project that browsers evaluate. */
export const CLIENT_VISIBLE: ReadonlySet<string> = new Set([
  'new-checkout',
  'fast-search',
  'delivery-slots',
])

/** Flags of the sample project whose removal is overdue, with the days since. */
export const OVERDUE = [
  ['search-synonyms', 41],
  ['dark-theme', 12],
  ['guest-checkout', 3],
] as const
