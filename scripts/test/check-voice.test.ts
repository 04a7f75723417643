import { describe, expect, test } from 'vitest'
import { checkFile } from '../check-voice.mjs'

/** The rules that a source breaks, with the lines where it does. */
const faults = (content: string, path = 'src/a.ts'): string[] =>
  checkFile(path, content)
    .map((fault: string) => /^[^:]+:(\d+ [a-z]+)/.exec(fault)?.[1] ?? fault)
    .sort()

describe('checkFile', () => {
  test.for([
    { text: '/** What a key may see. */', expected: ['1 start'] },
    { text: '/** Whether a flag is on. */', expected: ['1 start'] },
    { text: '/** How long a request may take. */', expected: ['1 start'] },
    { text: '/** Gives the variant. */', expected: ['1 verb'] },
    { text: '// Code that handles errors himself.', expected: ['1 riddle'] },
    { text: '// Kept so\n// much longer.', expected: ['1 riddle'] },
    {
      text: '/**\n * The key.\n * Whoever holds it reads.\n */',
      expected: ['3 riddle', '3 start'],
    },
    { text: '// The toggle of a customer.', expected: ['1 glossary'] },
    { text: `// ${'long '.repeat(20)}`, expected: ['1 width'] },
    { text: "const e = { message: 'No one is told of it.' }", expected: ['1 riddle'] },
    { text: `const e = { hint: '${'word '.repeat(21)}' }`, expected: ['1 length'] },
    { text: "const s = { summary: 'One thing; two; three' }", expected: ['1 semicolons'] },
    { text: "schema.describe('What is stored')", expected: ['1 riddle', '1 start'] },
    { text: 'log(`The key is told.\n`)', expected: ['1 riddle'] },
  ])('reports $expected for $text', ({ text, expected }) => {
    expect(faults(text)).toEqual(expected)
  })

  test.for([
    '/** Returns the bucket of a unit. */',
    '/** When true, the flag is off. */',
    '// Why a retry waits: what happened before may happen again.',
    '/** Takes effect at once. */',
    '// Is the log current?',
    "db.exec('DELETE a; DROP b; and so on')",
    '// A feature flag, and the member `audience` or `so much` in code.',
    "import 'what is this'\nconst url = 'http://so much/'",
    '/** Adds.\n * @example\n * whoever(who)\n */',
    'const a = `// Whether`',
    'const b = /what is/',
  ])('accepts %s', (text) => {
    expect(faults(text)).toEqual([])
  })

  test('checks only the width of comments in tests', () => {
    const text = `// What is wide: ${'x'.repeat(100)}\n// What is short.`

    expect(faults(text, 'packages/core/src/a.test.ts')).toEqual(['1 width'])
  })

  test('reads scripts, comments and text of Svelte components', () => {
    const text = '<script>\n// who knows\n</script>\n<!-- so much -->\n<p>The one that we had</p>'

    expect(faults(text, 'src/A.svelte')).toEqual(['2 riddle', '4 riddle', '5 riddle'])
  })

  test('reads comments and docstrings of Python', () => {
    const text = '"""What all share."""\nx = "# what is it"  # so much\n'

    expect(faults(text, 'conformance/a.py')).toEqual(['1 start', '2 riddle'])
  })

  test('reads paragraphs, lists, headings and tables of Markdown, without code', () => {
    const text = [
      '# Who has it',
      '',
      'A key that is told `so much`.',
      'What follows',
      'ends here.',
      '',
      '- [Whoever](who.md) reads.',
      '',
      '| a | who has it |',
      '```sh',
      'whoever',
      '```',
    ].join('\n')

    expect(faults(text, 'docs/a.md')).toEqual([
      '3 riddle',
      '4 riddle',
      '4 start',
      '7 riddle',
      '7 start',
      '9 riddle',
    ])
  })
})
