/**
 * A program with an SDK of some version, for `versions.test.ts`. It prints its status whenever that
 * may have changed, and closes at the end of its input. Arguments: the module of the SDK, and the
 * options as JSON.
 */
const [, , module, options] = process.argv
const { createFlags } = await import(module!)
const flags = createFlags(JSON.parse(options!))

function say(): void {
  const { state, version } = flags.status()
  const context = { targetingKey: 'ada', email: 'ada@shop.example' }
  console.log(JSON.stringify({ state, version, isOn: flags.isEnabled('new-checkout', context) }))
}

// An older server refuses the outcomes of a split: they must not cost the other reports.
const user = flags.for({ targetingKey: 'bob' })
flags.on('status', () => {
  if (flags.status().state !== 'live') return
  user.isEnabled('new-checkout')
  user.isEnabled('price')
  user.track('clicks')
})
say()
flags.on('status', say)
flags.on('change', say)
process.on('warning', ({ message }) => console.log(JSON.stringify({ warning: message })))
process.stdin.resume().on('end', () => flags.close())
