/**
 * Run as a program by a test: starts a control plane and an operator below the folder it is given, with the tools it is given
 * as JSON, says `started`, and stops them when it is told to by SIGINT or SIGTERM, as the command line does.
 */
import { startOperator } from '../../scripts/local/stack/start-operator.ts'
import { type LocalTools, startWithCrds } from './start-with-crds.ts'

const [parent = '', tools = ''] = process.argv.slice(2)
const found = JSON.parse(tools) as LocalTools
const interrupt = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupt.abort(new Error(name)))

try {
  await using controlPlane = await startWithCrds(found, { parent, signal: interrupt.signal })
  await using _operator = await startOperator({ binary: found.operator, controlPlane })
  process.stdout.write('started\n')
  const keepAlive = setInterval(() => undefined, 1000)
  await new Promise((resolve) => interrupt.signal.addEventListener('abort', resolve))
  clearInterval(keepAlive)
} catch (error) {
  if (!interrupt.signal.aborted) throw error
}
process.exitCode = 130
