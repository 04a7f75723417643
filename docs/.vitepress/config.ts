import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DefaultTheme, defineConfig } from 'vitepress'
import { slugOf } from '../../scripts/links/links.mjs'
import { addressOf, linkedFiles, pageOf, ROOT } from './pages.ts'

/** VitePress checks the links of pages, but not those of its menus. */
function page(text: string, path: string) {
  if (!existsSync(join(ROOT, path))) throw new Error(`The menu names a missing document: ${path}`)
  return { text, link: `/${pageOf(path).slice(0, -'.md'.length)}` }
}

const sidebar: DefaultTheme.SidebarItem[] = [
  {
    text: 'Start',
    items: [
      { text: 'Flaghoist', link: '/' },
      page('Concepts', 'docs/concepts.md'),
      page('Adopt in an afternoon', 'docs/guide/adopt.md'),
      page('Trunk-based development', 'docs/guide/trunk-based-development.md'),
    ],
  },
  {
    text: 'Use',
    items: [
      page('The dashboard in five minutes', 'docs/guide/dashboard.md'),
      page('Your first rollout', 'docs/guide/rollouts.md'),
      page('Metrics', 'docs/guide/metrics.md'),
      page('Kill switch', 'docs/guide/kill-switch.md'),
      page('Freezes', 'docs/guide/freezes.md'),
      page('Notifications', 'docs/guide/notifications.md'),
      page('Exposures and outcomes', 'docs/guide/outcomes.md'),
      page('Verdicts on rollouts', 'docs/guide/how-verdicts-are-made.md'),
      page('OpenFeature', 'docs/guide/openfeature.md'),
      page('OFREP', 'docs/ofrep.md'),
      page('Serverless functions', 'docs/guide/serverless.md'),
      page('Identifiers in browsers', 'docs/guide/browsers.md'),
      page('Overrides in one browser', 'docs/guide/overrides.md'),
      page('SvelteKit example', 'examples/sveltekit/README.md'),
    ],
  },
  {
    text: 'Operate',
    items: [
      page('Running a server', 'docs/guide/operating.md'),
      page('Monitoring', 'docs/guide/monitoring.md'),
      page('Scale', 'docs/scale.md'),
      ...optional('Deployment', 'docs/guide/deploy.md'),
      page('Several servers with Redis', 'docs/guide/redis.md'),
      page('Relays', 'docs/guide/relay.md'),
      page('Errors', 'docs/errors.md'),
    ],
  },
  {
    text: 'SDKs',
    items: [
      page('Node', 'packages/sdk-node/README.md'),
      page('Browser', 'packages/sdk-browser/README.md'),
      page('Svelte', 'packages/sdk-svelte/README.md'),
      page('OpenFeature', 'packages/openfeature/README.md'),
      page('Client', 'packages/client/README.md'),
      page('Core', 'packages/core/README.md'),
      page('Health', 'packages/health/README.md'),
      page('Server', 'packages/server/README.md'),
      { text: 'API of the packages', link: '/api/' },
    ],
  },
  {
    text: 'Reference',
    items: [
      page('Glossary', 'docs/reference/glossary.md'),
      page('Specification', 'docs/spec.md'),
      page('Conformance cases', 'conformance/README.md'),
      page('Benchmarks', 'docs/reference/benchmarks.md'),
    ],
  },
  {
    text: 'Project',
    items: [
      page('Architecture', 'docs/architecture.md'),
      page('Contributing', 'CONTRIBUTING.md'),
      ...optional('Changelog', 'CHANGELOG.md'),
      ...optional('Security', 'SECURITY.md'),
      { text: 'Decisions', collapsed: true, items: decisions() },
    ],
  },
]

function decisions() {
  return readdirSync(join(ROOT, 'docs/decisions')).map((name) => {
    const path = `docs/decisions/${name}`
    const title = readFileSync(join(ROOT, path), 'utf8').split('\n')[0]!
    return page(title.slice('# '.length), path)
  })
}

function optional(text: string, path: string) {
  return existsSync(join(ROOT, path)) ? [page(text, path)] : []
}

export default defineConfig({
  title: 'Flaghoist',
  description: 'Feature flags for teams that run one product for many customers',
  srcDir: '..',
  srcExclude: ['packages/*/CHANGELOG.md', 'packages/*/test/**', 'data/**', 'coverage/**'],
  rewrites: pageOf,
  cleanUrls: true,
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  // The search index is one chunk, loaded on the first search.
  vite: { build: { chunkSizeWarningLimit: 2_000 } },
  markdown: {
    anchor: { slugify: slugOf },
    config(md) {
      md.core.ruler.push('repository-links', ({ tokens, env }) => {
        for (const { children } of tokens)
          for (const token of children ?? []) {
            const href = token.type === 'link_open' ? token.attrGet('href') : null
            if (href !== null) token.attrSet('href', addressOf(env.realPath ?? env.path, href))
          }
      })
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    sidebar,
    nav: [
      page('Concepts', 'docs/concepts.md'),
      page('Guide', 'docs/guide/adopt.md'),
      page('Glossary', 'docs/reference/glossary.md'),
      { text: 'API', link: '/api/' },
    ],
  },
  buildEnd({ outDir }) {
    for (const [path, place] of linkedFiles) cpSync(join(ROOT, path), join(outDir, place))
  },
})
