/** The introduction of the API reference, in Markdown. */
export const INTRODUCTION = `
Flaghoist serves feature flags for one product with many customers.

## Model

A *project* holds flags, *environments* (\`production\`, \`staging\`) and *instances*. An instance is the
deployment of one customer (\`acme\`). A *scope* is an environment, or an instance in an environment:
\`production\`, \`production/acme\`. A *layer* holds the settings of a flag in one scope. A more
specific layer overrides a more general one: \`*\` → \`production\` → \`production/acme\`.

## Evaluation

A flag that is off or killed serves its *off variant*, or the caller's fallback without one. Otherwise
the first matching *rule* determines the variant, then the percentage *rollout*, then the
*fallthrough*. Without a fallthrough, a boolean flag without rules and rollout serves its on variant,
and every other flag its off variant. A unit keeps its bucket, one of 100,000. A growing rollout
therefore never removes a unit.

## Routes and keys

- \`/api/v1\`: administration of flags, kill switch, keys and change log. Key: \`admin\`
- \`/sdk/v1\`: rulesets, streams and events for SDKs. Key: \`server\` or \`client\`
- \`/ofrep/v1\`: remote evaluation for every OpenFeature SDK. Key: \`server\` or \`client\`

Send the key as \`Authorization: Bearer <key>\`. The first start of the server prints an admin key.
Pages in a browser can exchange an admin key for a *session* with \`POST /api/v1/session\`.

## Test requests

Enter the admin key under *Authentication*, then press *Test Request* beside an operation and
*Send* in its dialog. The kill switch really kills; *Restore a killed flag* ends it. The examples
build on each other: create the instance \`acme\` and the flag \`new-checkout\` first. For the SDK and
OFREP operations, create an API key of kind \`client\`, and enter it as \`sdkKey\`.

## Writes

A response carries the version of the entity as \`ETag\`. Send it as \`If-Match\`: the write then fails
with 409 instead of overwriting a newer change. Send an \`Idempotency-Key\` to retry safely. Every write
is one change in the change log of the project. The response names its number in \`flaghoist-change\`,
unless nothing changed. A revert restores the values before it; only changes of API keys and rollouts
have no revert. Behind a balancer of several servers, send the \`flaghoist-version\` of that response as a
header of the next request: whichever server responds has read the change. Add \`?reason=…\` to any write, and the log keeps the reason.

## Errors

Errors are problems after RFC 9457, with a stable \`code\` and a \`hint\`. [All error codes](/errors)
`.trim()

const GROUPS = {
  Flags: 'Flags: their type, variants and metadata.',
  Layers: 'Settings of a flag in each scope, and their resolution.',
  'Kill switch': 'Immediate kill of flags, ahead of every policy.',
  Environments: 'Stages, such as production and staging.',
  Instances: 'Deployments of customers, with their tags.',
  Segments: 'Reusable conditions for rules and rollouts.',
  Changes: 'The change log: history, audit trail and revert.',
  Rollouts: 'Progressive rollouts: their runs, decisions and actions, and the readiness of a flag.',
  Plans: 'Waves and steps of rollouts.',
  Freezes: 'Windows of time in which ordinary changes are refused, and the calendar of a scope.',
  Views: 'Saved filters of screens of the dashboard.',
  Subscriptions: 'Messages to chats and webhooks, and their deliveries.',
  Propagation: 'Versions that SDKs hold, and the time until they confirmed them.',
  Reports: 'Reports of a project, and release notes of an instance.',
  Metrics: 'Outcomes that judge rollouts, and the counts that SDKs reported.',
  'API keys': 'Keys for SDKs and for this API.',
  Sessions: 'Sessions of people who use the admin API from a browser.',
  Projects: 'Projects, and their export and import.',
  Backup: 'A copy of the whole server, made while it runs.',
  SDK: 'Distribution of rulesets to SDKs, and their reports.',
  OFREP: 'Remote evaluation by the OpenFeature Remote Evaluation Protocol.',
  Health: 'Probes for orchestrators and load balancers.',
}

/** The groups of operations, in the order of the reference. */
export const TAGS = Object.entries(GROUPS).map(([name, description]) => ({ name, description }))
