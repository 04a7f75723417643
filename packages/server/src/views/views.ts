import { View } from '@flaghoist/core/schema'
import type { Resource } from '../resources/resource.ts'

/** Views: filters of screens that people have saved. */
export const views: Resource = {
  kind: 'view',
  plural: 'views',
  article: 'a view',
  tag: 'Views',
  description:
    'A view is a saved filter of a screen of the dashboard, for everyone in the project. A key that is bound to a scope sees none.',
  schema: View,
  examples: {
    create: { key: 'held-in-production', screen: 'flags', query: 'state:held env:production' },
    update: { name: 'Held' },
  },
  entities: ({ views }) => views,
  defaults: (key) => ({ name: key, screen: 'flags', query: '', owner: '' }),
}
