/** The introduction of the API reference, in Markdown. */
export const INTRODUCTION = `
Flaghoist serves feature flags for one product with many customers.

**The model.** A *project* holds flags, *environments* (\`production\`, \`staging\`) and *instances*, one
for each customer's deployment (\`acme\`). A *scope* is an environment or an instance in it:
\`production\`, \`production/acme\`. A flag has a *layer* for each scope that sets something; a more
specific layer overrides a more general one (\`*\` → \`production\` → \`production/acme\`).

**Evaluation.** A flag that is off or killed serves its *off variant*. Otherwise the first matching
*rule* decides, then the percentage *rollout*, then the *fallthrough*. A unit keeps its bucket (one of
100,000), so units stay in a growing rollout.

**Three APIs**

| path | for | key |
|---|---|---|
| \`/api/v1\` | administration: flags, kill switch, keys, change log | \`admin\` |
| \`/sdk/v1\` | SDKs: ruleset, stream, events | \`server\` or \`client\` |
| \`/ofrep/v1\` | remote evaluation for every OpenFeature SDK | \`server\` or \`client\` |

**Authentication.** Send the key as \`Authorization: Bearer <key>\`. The first start of the server prints
an admin key; enter it under *Authentication* to send test requests from this page.

**Writes.** A response carries the entity's version as \`ETag\`; send it as \`If-Match\` to fail with 409
instead of overwriting a newer change. Send an \`Idempotency-Key\` to retry safely. Every write is one
change in the project's change log, and can be reverted.

**Errors** are problems after RFC 9457, with a stable \`code\` and a \`hint\`; \`/errors\` lists all codes.
`.trim()

/** The groups of operations, in the order of the reference. */
export const TAGS = [
  { name: 'Flags', description: 'Flags: their type, variants and metadata.' },
  { name: 'Layers', description: "A flag's settings in each scope, and what they resolve to." },
  { name: 'Kill switch', description: 'Turn flags off at once, ahead of every policy.' },
  { name: 'Environments', description: 'Stages, such as production and staging.' },
  { name: 'Instances', description: "Customers' deployments, with their tags." },
  { name: 'Segments', description: 'Reusable conditions for rules and rollouts.' },
  { name: 'Changes', description: 'The change log: history, audit trail and revert.' },
  { name: 'Propagation', description: 'Which SDKs hold which version.' },
  { name: 'Metrics', description: 'Exposures and outcomes that SDKs have reported.' },
  { name: 'API keys', description: 'Keys for SDKs and for this API.' },
  { name: 'Projects', description: 'Projects, and their export and import.' },
  { name: 'SDK', description: 'Distribution of rulesets to SDKs, and their reports.' },
  {
    name: 'OFREP',
    description: 'Remote evaluation by the OpenFeature Remote Evaluation Protocol.',
  },
  { name: 'Health', description: 'Probes for orchestrators and load balancers.' },
]
