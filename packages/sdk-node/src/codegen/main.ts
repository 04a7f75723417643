import { isFlaghoistError } from '@flaghoist/client'
import { runCodegen } from './run.ts'

try {
  process.stdout.write(await runCodegen(process.argv.slice(2), process.env))
} catch (error) {
  const text = isFlaghoistError(error) ? `${error.code}: ${error.message}\n${error.hint}` : error
  process.stderr.write(`${String(text)}\n`)
  process.exitCode = 1
}
