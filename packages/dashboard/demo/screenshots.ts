import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { launchChromium } from '../../../test-support/chromium.ts'
import { createFlags } from '../../sdk-node/src/index.ts'
import { ADMIN_KEY, startTestServer } from '../../server/test/http-server.ts'
import { INSTANCES } from '../src/sample/customers.ts'
import { createAsk } from './api.ts'
import { readPng, toPalettePng } from './palette-png.ts'
import { startPast } from './past.ts'
import { DOCUMENT_PICTURES, PICTURES, type Picture, SIGN_IN, unpictured } from './pictures.ts'
import { seed } from './seed.ts'
import { seedRare } from './seed-rare.ts'

/** A browser as pictures need it. */
interface Screen {
  readonly size: { readonly width: number; readonly height: number }
  readonly theme: 'light' | 'dark'
  readonly isSignedOut?: true
}

const SIZES = { desktop: { width: 1440, height: 860 }, phone: { width: 390, height: 844 } }
const DOCUMENTS = new URL('../../../docs/pictures', import.meta.url).pathname

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { docs: { type: 'boolean', default: false } },
})
const folder = values.docs ? DOCUMENTS : (positionals[0] ?? 'screenshots')
const missing = unpictured(PICTURES)
if (missing.length > 0) throw new Error(`Add a picture of ${missing.join(', ')} to PICTURES.`)

mkdirSync(folder, { recursive: true })
// Each of the six reports of the sample takes an hour.
const past = startPast(6)
const server = await startTestServer({ FLAGHOIST_PROJECT: 'shop' })
await seed({ url: server.url, key: ADMIN_KEY, project: 'shop', through: past.spread })
past.end()
/** Key of the person in the pictures. */
const key = await makeKey({ name: 'Shop team', kind: 'admin', allProjects: true })
const programs = await connectPrograms()
const browser = await launchChromium()
await (values.docs ? takeDocumentPictures() : takeAllPictures())
await browser.close()
await Promise.all(programs.map((flags) => flags.close()))
await server.server.close()
console.log(`The pictures of ${values.docs ? 'the documents' : 'every screen'} are in ${folder}.`)

async function takeDocumentPictures(): Promise<void> {
  for (const { size, ...picture } of DOCUMENT_PICTURES)
    await takePictures([picture], { size, theme: 'light' }, ({ name }, png) =>
      write(`${name}.png`, toPalettePng(readPng(png))),
    )
}

async function takeAllPictures(): Promise<void> {
  await seedRare(createAsk({ url: server.url, key: ADMIN_KEY, base: '/api/v1/projects/shop' }))
  for (const theme of ['light', 'dark'] as const)
    for (const [device, size] of Object.entries(SIZES)) {
      const save = ({ name }: Picture, png: Buffer) => write(`${name}-${device}-${theme}.png`, png)
      await takePictures([SIGN_IN], { size, theme, isSignedOut: true }, save)
      await takePictures(PICTURES, { size, theme }, save)
    }
}

function write(file: string, png: Buffer): void {
  writeFileSync(join(folder, file), png)
}

async function makeKey(key: object): Promise<string> {
  const { body } = await server.ask<{ secret: string }>('POST', '/api/v1/projects/shop/keys', {
    body: key,
  })
  return body.secret
}

/** Connects two programs of each instance, and evaluates a flag in them. */
async function connectPrograms() {
  const secret = await makeKey({ name: 'Shops', kind: 'server', scope: 'production' })
  const all = INSTANCES.flatMap(({ key: instance }) =>
    [1, 2].map(() => createFlags({ url: server.url, key: secret, instance })),
  )
  await Promise.all(
    all.map(async (flags, i) => {
      await flags.ready()
      for (let user = 0; user < 40 + 10 * i; user += 1)
        flags.isEnabled('new-checkout', { targetingKey: `user-${user}` })
      await flags.flush()
    }),
  )
  return all
}

/** Saves pictures of a new browser profile. */
async function takePictures(
  pictures: readonly Picture[],
  { size, theme, isSignedOut }: Screen,
  save: (picture: Picture, png: Buffer) => void,
): Promise<void> {
  const context = await browser.newContext({
    baseURL: server.url,
    viewport: size,
    colorScheme: theme,
    reducedMotion: 'reduce',
  })
  if (!isSignedOut) await context.request.post('/api/v1/session', { data: { key, person: 'Ada' } })
  const page = await context.newPage()
  for (const picture of pictures) {
    await page.goto(picture.url)
    await page.getByText(picture.text).first().waitFor()
    await picture.act?.(page)
    await page.waitForLoadState('networkidle')
    save(picture, await page.screenshot())
  }
  await context.close()
}
